import { InvalidArgumentError } from 'commander';
import { MAX_AMOUNT, type Micro } from '../ledger/amount.ts';
import { parseLengthOfTime } from '../operations/length-of-time.ts';

const MICRO_PLACES = 6;
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Reads an exact decimal, as the API does: never through a float, at most six places, none rounded away. */
export function readAmount(text: string): Micro {
  const [, sign, whole, places = ''] = DECIMAL.exec(text.trim()) ?? [];
  if (whole === undefined) throw new InvalidArgumentError('It must be a number, such as 100 or 0.25.');
  const significant = places.replace(/0+$/, '');
  if (significant.length > MICRO_PLACES) {
    throw new InvalidArgumentError(`It must have at most ${MICRO_PLACES} decimal places.`);
  }
  const micro = BigInt(whole + significant.padEnd(MICRO_PLACES, '0'));
  if (micro > BigInt(MAX_AMOUNT) * 1_000_000n) {
    throw new InvalidArgumentError(`It must be at most ${MAX_AMOUNT.toLocaleString('en')}.`);
  }
  return sign === '-' ? -micro : micro;
}

/** Reads a length of time such as 7d or 12h, in milliseconds. */
export function readDuration(text: string): number {
  const durationMs = parseLengthOfTime(text);
  if (durationMs === undefined) {
    throw new InvalidArgumentError('It must be a length of time, such as 7d, 12h or 1d12h.');
  }
  return durationMs;
}

/** Reads when a key ends: a length of time from now; a date or an instant is left to the operation. */
export function readEnd(text: string): Date | string {
  const durationMs = parseLengthOfTime(text);
  return durationMs === undefined ? text.trim() : new Date(Date.now() + durationMs);
}

/** Reads a whole number from 0 to 100. */
export function readPriority(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 100.');
}

/** Reads a whole number above 0. */
export function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number greater than 0.');
}

/** Reads 1 to 255 visible characters. */
export function readIdempotencyKey(text: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 255 visible ASCII characters.');
}

/** Adds one `--scope`, which may be a list, to those already given. */
export function collectScopes(text: string, before: readonly string[] = []): string[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  if (scopes.includes('')) throw new InvalidArgumentError('It must be scopes, separated by commas.');
  return [...before, ...scopes];
}

/**
 * Adds one of an option that may be given several times. Where another option negates it, the value before may be
 * the other's.
 */
export function collect(text: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? before : []), text];
}
