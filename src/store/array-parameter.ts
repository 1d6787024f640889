/**
 * Arrays as PostgreSQL's binary parameters. The driver would write each as a text with every element tested for
 * its type, escaped, and parsed again on the other side; columns of ours have one type, known here, and a batch
 * is mostly the passing of columns.
 */

const HEADER_BYTES = 20;

const NUMBER_TYPES = {
  boolean: { oid: 16, bytes: 1 },
  bigint: { oid: 20, bytes: 8 },
  smallint: { oid: 21, bytes: 2 },
  integer: { oid: 23, bytes: 4 },
} as const;

/** The types of numberArray; booleans are 1 and 0. */
export type NumberType = keyof typeof NUMBER_TYPES;

type Nullable<T> = T | null | undefined;

const ZERO = 48;
const MINUS = 45;
const COMMA = 44;

/**
 * Reads whole numbers below 2^53 that are parted by commas, where nothing between two of them is NULL. So many rows
 * of many columns come as one text, row by row.
 *
 * @param text null: there is not a single row, as an aggregate over none says.
 */
export function readNumberRows(text: string | null): (number | null)[] {
  const numbers: (number | null)[] = [];
  if (text === null) return numbers;
  let number = 0;
  let isNegative = false;
  let isNull = true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COMMA) {
      numbers.push(isNull ? null : isNegative ? -number : number);
      number = 0;
      isNegative = false;
      isNull = true;
    } else if (code === MINUS) {
      isNegative = true;
    } else {
      number = number * 10 + (code - ZERO);
      isNull = false;
    }
  }
  numbers.push(isNull ? null : isNegative ? -number : number);
  return numbers;
}

function writeHeader(buffer: Buffer, oid: number, length: number): void {
  buffer.writeInt32BE(length > 0 ? 1 : 0, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
}

/**
 * A column of whole numbers that fit their type; null and undefined are NULL.
 *
 * @throws RangeError beyond 2^53, where two numbers share a double; no figure of ours is that large.
 */
export function numberArray(
  values: readonly Nullable<number | bigint>[],
  type: NumberType = 'bigint',
): Buffer {
  const { oid, bytes } = NUMBER_TYPES[type];
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * (4 + bytes));
  writeHeader(buffer, oid, values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (value === null || value === undefined) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    at = buffer.writeInt32BE(bytes, at);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError('a number is too large for a column');
    if (bytes === 8) {
      // Whole numbers below 2^53 in two halves: the buffer's own way goes through a bigint and is slow.
      buffer.writeInt32BE(Math.floor(number / 2 ** 32), at);
      at = buffer.writeUInt32BE(number >>> 0, at + 4);
    } else at = buffer.writeIntBE(number, at, bytes);
  }
  return values.length > 0 ? buffer.subarray(0, at) : buffer.subarray(0, 12);
}

/** A column of texts of any content but U+0000; null and undefined are NULL. */
export function textArray(values: readonly Nullable<string>[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 4 + (typeof value === 'string' ? Buffer.byteLength(value) : 0);
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  writeHeader(buffer, 25, values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (typeof value !== 'string') {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const written = buffer.write(value, at + 4);
    buffer.writeInt32BE(written, at);
    at += 4 + written;
  }
  return values.length > 0 ? buffer : buffer.subarray(0, 12);
}

/** A column of UUIDs in their usual form; null and undefined are NULL. */
export function uuidArray(values: readonly Nullable<string>[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 20);
  writeHeader(buffer, 2950, values.length);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (typeof value !== 'string') {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    at = buffer.writeInt32BE(16, at);
    at += buffer.write(value.replaceAll('-', ''), at, 'hex');
  }
  return values.length > 0 ? buffer.subarray(0, at) : buffer.subarray(0, 12);
}
