import { InvalidArgumentError } from 'commander';
import { MAX_AMOUNT, type Micro } from '../ledger/amount.ts';

const MICRO_PLACES = 6;
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;
const DURATION_UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

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
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    throw new InvalidArgumentError('It must be a length of time, such as 7d, 12h or 30m.');
  }
  return durationMs;
}

function parseDuration(text: string): number | undefined {
  if (text.trim() === '0') return 0;
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text.trim()) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * DURATION_UNIT_MS[unit as keyof typeof DURATION_UNIT_MS];
}

/** Reads when a key ends: a length of time from now; a date or an instant is left to the operation. */
export function readEnd(text: string): Date | string {
  const durationMs = parseDuration(text);
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
