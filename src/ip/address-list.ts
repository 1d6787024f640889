import { readFile } from 'node:fs/promises';
import { describeAddress, type TargetAddress } from './address.ts';

/** Addresses that an operator has named. */
export interface AddressList {
  has(address: TargetAddress): boolean;
  /** Ranges, once those that touch are one. */
  readonly size: number;
}

/** A file that is no list; the message names the first line that was not understood. */
export class AddressListError extends Error {
  override readonly name = 'AddressListError';
}

interface Range {
  readonly bits: number;
  readonly first: bigint;
  readonly last: bigint;
}

function toNumber(words: readonly number[]): bigint {
  return words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
}

/** An address as a number; one that carries another one stands for that. */
function readAddress(text: string): { bits: number; number: bigint } | undefined {
  const known = describeAddress(text);
  return known && { bits: known.target.words.length * 32, number: toNumber(known.target.words) };
}

/** Reads `192.0.2.1`, `192.0.2.0/24` or `192.0.2.1-192.0.2.9`, of either version. */
function readRange(text: string): Range | undefined {
  const [from = '', to, ...more] = text.split('-').map((part) => part.trim());
  const [address = '', prefix, ...rest] = from.split('/');
  const first = readAddress(address);
  if (!first || more.length > 0 || rest.length > 0) return undefined;
  const { bits, number } = first;
  if (prefix === undefined) {
    const last = to === undefined ? first : readAddress(to);
    return last?.bits === bits && last.number >= number
      ? { bits, first: number, last: last.number }
      : undefined;
  }
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : bits + 1;
  if (length > bits || to !== undefined) return undefined;
  const size = 1n << BigInt(bits - length);
  const start = number - (number % size);
  return { bits, first: start, last: start + size - 1n };
}

function merge(ranges: readonly Range[], bits: number): Range[] {
  const merged: Range[] = [];
  const ordered = ranges
    .filter((range) => range.bits === bits)
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const range of ordered) {
    const before = merged.at(-1);
    if (!before || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last };
  }
  return merged;
}

function holds(ranges: readonly Range[], number: bigint): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.first ?? 0n) <= number) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && number <= range.last;
}

/**
 * Reads a list: one address, network or range a line; what follows a # or ; is a comment.
 *
 * @throws AddressListError at the first line that is none of these: half a list would call the rest harmless.
 */
export function parseAddressList(text: string): AddressList {
  const ranges: Range[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const entry = line.replace(/[#;].*$/, '').trim();
    if (entry === '') continue;
    const range = readRange(entry);
    if (!range) throw new AddressListError(`Line ${i + 1} is no address, network or range.`);
    ranges.push(range);
  }
  const four = merge(ranges, 32);
  const six = merge(ranges, 128);
  return {
    has: ({ words }) => holds(words.length === 1 ? four : six, toNumber(words)),
    size: four.length + six.length,
  };
}

/** Reads a file as parseAddressList does. */
export async function loadAddressList(file: string): Promise<AddressList> {
  return parseAddressList(await readFile(file, 'utf8'));
}
