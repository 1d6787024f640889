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

function writeHeader(buffer: Buffer, oid: number, length: number): void {
  buffer.writeInt32BE(length > 0 ? 1 : 0, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
}

/** A column of whole numbers that fit their type; null and undefined are NULL. */
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
    if (bytes === 8) at = buffer.writeBigInt64BE(BigInt(value), at);
    else at = buffer.writeIntBE(Number(value), at, bytes);
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
