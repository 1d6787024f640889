import { open } from 'node:fs/promises';
import path from 'node:path';
import type { TargetAddress } from './address.ts';
import { AsnNames, GrowingNumbers, lastNotAbove } from './asn-names.ts';

/** Who announces an address. */
export interface AsnFact {
  readonly number: number;
  readonly name: string | null;
  /** The network that was announced, where the range is exactly one. */
  readonly route: string | null;
}

/** The autonomous systems of all announced addresses. */
export interface AsnRanges {
  find(address: TargetAddress): AsnFact | undefined;
  /** Memory of the tables, in bytes. */
  readonly bytes: number;
}

const COMMA = 44;
const QUOTE = 34;
const NEWLINE = 10;
const COLON = 58;
const ZERO = 48;
const LOWER_A = 97;
const LARGEST_WORD = 0xffff_ffff;
/** A piece of this size is read in about a millisecond; between two of them requests are served. */
const PIECE_BYTES = 64 * 1024;

/** A line is bytes from `start` to before `end`, good only until the call returns. */
type TakeLine = (bytes: Buffer, start: number, end: number) => void;

/** Calls `take` with each line of a file. One buffer serves for all of it: the files are large, and garbage stays. */
async function eachLine(file: string, take: TakeLine): Promise<void> {
  const bytes = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const handle = await open(file);
  try {
    let kept = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, kept, bytes.length - kept);
      const length = kept + bytesRead;
      let start = 0;
      for (let at = kept; at < length; at++) {
        if (bytes[at] !== NEWLINE) continue;
        take(bytes, start, at);
        start = at + 1;
      }
      kept = length - start;
      // A line longer than the buffer is none of this file's.
      if (bytesRead === 0 || kept === bytes.length) {
        if (kept > 0) take(bytes, start, length);
        return;
      }
      bytes.copyWithin(0, start, length);
    }
  } finally {
    await handle.close();
  }
}

function commaAfter(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === COMMA) return at;
  return -1;
}

function numberIn(line: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + (line[at] ?? ZERO) - ZERO;
  return number;
}

function nameIn(line: Buffer, start: number, end: number): string {
  const text = line.toString('utf8', start, end).trimEnd();
  return line[start] === QUOTE ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** Where in the bytes a line's first bound begins, where the commas are around its second. */
type ReadBounds = (bytes: Buffer, start: number, first: number, second: number) => boolean;

/** The lines of one file as ranges without overlaps; what lies between them is a range of number 0. */
async function readRanges(
  file: string,
  names: AsnNames,
  readBounds: ReadBounds,
  add: (asn: number) => void,
): Promise<void> {
  await eachLine(file, (bytes, start, end) => {
    const first = commaAfter(bytes, start, end);
    const second = first < 0 ? -1 : commaAfter(bytes, first + 1, end);
    const third = second < 0 ? -1 : commaAfter(bytes, second + 1, end);
    if (third < 0 || !readBounds(bytes, start, first, second)) return;
    const asn = numberIn(bytes, second + 1, third);
    if (names.meet(asn)) names.add(asn, nameIn(bytes, third + 1, end));
    add(asn);
  });
}

/** Reads the IPv4 addresses' file, whose bounds are decimal numbers. */
async function readIpv4(file: string, names: AsnNames) {
  const starts = new GrowingNumbers();
  const numbers = new GrowingNumbers();
  let [start, end, next] = [0, 0, 0];
  const push = (from: number, asn: number) => {
    starts.push(from);
    numbers.push(asn);
  };
  await readRanges(
    file,
    names,
    (line, from, first, second) => {
      start = numberIn(line, from, first);
      end = numberIn(line, first + 1, second);
      return start >= next && end >= start;
    },
    (asn) => {
      if (start > next) push(next, 0);
      push(start, asn);
      next = end + 1;
    },
  );
  if (next <= LARGEST_WORD) push(next, 0);
  return { starts: starts.done(), numbers: numbers.done() };
}

const groups = new Uint16Array(8);

/** Reads an IPv6 address into `groups`. The file has no IPv4 endings. */
function readGroups(line: Buffer, start: number, end: number): void {
  groups.fill(0);
  let group = 0;
  let value = 0;
  let digits = 0;
  let gapAt = -1;
  for (let at = start; at < end; at++) {
    const byte = line[at] ?? 0;
    if (byte !== COLON) {
      value = value * 16 + (byte >= LOWER_A ? byte - LOWER_A + 10 : byte - ZERO);
      digits++;
      continue;
    }
    if (digits > 0) groups[group++] = value;
    else if (at > start) gapAt = group;
    [value, digits] = [0, 0];
  }
  if (digits > 0) groups[group++] = value;
  if (gapAt >= 0) {
    groups.copyWithin(8 - (group - gapAt), gapAt, group);
    groups.fill(0, gapAt, 8 - (group - gapAt));
  }
}

const wordAt = (group: number) => (groups[group] ?? 0) * 65_536 + (groups[group + 1] ?? 0);

/**
 * Reads the IPv6 addresses' file. Kept are the upper 64 bits: nobody announces less than that to the world. Of the
 * few ranges that begin or end within such a network the whole networks count.
 */
async function readIpv6(file: string, names: AsnNames) {
  const highs = new GrowingNumbers();
  const lows = new GrowingNumbers();
  const numbers = new GrowingNumbers();
  let start = 0n;
  let end = 0n;
  let next = 0n;
  const push = (from: bigint, asn: number) => {
    highs.push(Number(from >> 32n));
    lows.push(Number(from & 0xffff_ffffn));
    numbers.push(asn);
  };
  const upper = () => (BigInt(wordAt(0)) << 32n) | BigInt(wordAt(2));
  await readRanges(
    file,
    names,
    (line, from, first, second) => {
      readGroups(line, from, first);
      start = upper() + (wordAt(4) === 0 && wordAt(6) === 0 ? 0n : 1n);
      readGroups(line, first + 1, second);
      end = upper() - (wordAt(4) === LARGEST_WORD && wordAt(6) === LARGEST_WORD ? 0n : 1n);
      return start >= next && end >= start;
    },
    (asn) => {
      if (start > next) push(next, 0);
      push(start, asn);
      next = end + 1n;
    },
  );
  push(next, 0);
  return { highs: highs.done(), lows: lows.done(), numbers: numbers.done() };
}

/** @returns the length of the prefix that is exactly this many addresses from here, or undefined. */
function exactPrefix(start: bigint, count: bigint, bits: number): number | undefined {
  if (count <= 0n || (count & (count - 1n)) !== 0n || (start & (count - 1n)) !== 0n) return undefined;
  return bits - (count.toString(2).length - 1);
}

function ipv4Text(start: number): string {
  return [24, 16, 8, 0].map((shift) => (start >>> shift) & 255).join('.');
}

function ipv6Text(high: number, low: number): string {
  const texts = [high >>> 16, high & 65_535, low >>> 16, low & 65_535].map((group) => group.toString(16));
  while (texts.at(-1) === '0') texts.pop();
  return `${texts.join(':')}::`;
}

/**
 * Reads the CSV files of the package @ip-location-db/asn into typed arrays, a piece at a time: no request waits
 * for it.
 *
 * @param folder that of the package.
 */
export async function loadAsnRanges(folder: string): Promise<AsnRanges> {
  const names = new AsnNames();
  const four = await readIpv4(path.join(folder, 'asn-ipv4-num.csv'), names);
  const six = await readIpv6(path.join(folder, 'asn-ipv6.csv'), names);
  names.pack();

  const findIpv4 = (word: number): AsnFact | undefined => {
    const at = lastNotAbove(four.starts.length, (i) => (four.starts[i] ?? 0) - word);
    const number = four.numbers[at] ?? 0;
    if (number === 0) return undefined;
    const start = four.starts[at] ?? 0;
    const prefix = exactPrefix(BigInt(start), BigInt((four.starts[at + 1] ?? 0) - start), 32);
    return { number, name: names.find(number), route: prefix ? `${ipv4Text(start)}/${prefix}` : null };
  };
  const findIpv6 = (high: number, low: number): AsnFact | undefined => {
    const { highs, lows, numbers } = six;
    const at = lastNotAbove(highs.length, (i) => (highs[i] ?? 0) - high || (lows[i] ?? 0) - low);
    const number = numbers[at] ?? 0;
    if (number === 0) return undefined;
    const boundAt = (i: number) => (BigInt(highs[i] ?? 0) << 32n) | BigInt(lows[i] ?? 0);
    const prefix = exactPrefix(boundAt(at), boundAt(at + 1) - boundAt(at), 64);
    const route = prefix ? `${ipv6Text(highs[at] ?? 0, lows[at] ?? 0)}/${prefix}` : null;
    return { number, name: names.find(number), route };
  };
  return {
    find({ words: [first = 0, second = 0, ...rest] }) {
      return rest.length === 0 ? findIpv4(first) : findIpv6(first, second);
    },
    bytes:
      names.byteLength +
      [four.starts, four.numbers, six.highs, six.lows, six.numbers].reduce(
        (sum, { byteLength }) => sum + byteLength,
        0,
      ),
  };
}
