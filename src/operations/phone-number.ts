import { callingCodeOf, leadingCallingCode } from './calling-codes.ts';

/** Written between digits by people, and after a country code the trunk zero that is not dialled then. */
const SEPARATORS = /[\s\u00ad\u2010-\u2015./()-]/gu;
const TRUNK_ZERO = /\(0\)/g;
const MIN_NATIONAL_DIGITS = 4;
const MAX_DIGITS = 15;

/** Where a number begins with its zero abroad too. */
const KEEPS_ZERO = new Set(['IT', 'VA', 'SM', 'CI', 'CG']);
/** What is dialled before a number within its own country, where that is not 0. */
const TRUNK_PREFIX: Readonly<Record<string, RegExp>> = {
  HU: /^06/,
  RU: /^8(?=\d{10}$)/,
  KZ: /^8(?=\d{10}$)/,
  BY: /^80?/,
};
const NORTH_AMERICA = '1';
/** Shorter ones without a plus can only be national; a Brazilian one may begin with 55, its own country's code. */
const MIN_DIGITS_WITH_CODE = 11;

/**
 * Gives the one form in which a phone number is stored: `+420 777123456`, a plus, the country's calling code, a
 * space and the rest without spaces (published; the digits are E.164's).
 *
 * @param country two capital letters (ISO 3166-1), for a number that names no calling code.
 * @returns the number, `no-country` where its country is not known, or undefined where the text is none.
 */
export function normalisePhone(text: string, country?: string | null): string | 'no-country' | undefined {
  const written = text.trim().replace(TRUNK_ZERO, '').replace(SEPARATORS, '').replace(/^00/, '+');
  if (!/^\+?\d+$/.test(written)) return undefined;
  if (written.startsWith('+')) return joinInternational(written.slice(1));
  const code = country ? callingCodeOf(country) : undefined;
  if (!country || code === undefined) return 'no-country';
  const namesCode = written.startsWith(code) && written.length >= MIN_DIGITS_WITH_CODE && country !== 'BR';
  if (namesCode) return joinInternational(written);
  return join(code, withoutTrunkPrefix(written, country, code));
}

function joinInternational(digits: string): string | undefined {
  const code = leadingCallingCode(digits);
  return code === undefined ? undefined : join(code, digits.slice(code.length));
}

function withoutTrunkPrefix(digits: string, country: string, code: string): string {
  if (KEEPS_ZERO.has(country)) return digits;
  if (code === NORTH_AMERICA) return digits.replace(/^1(?=\d{10}$)/, '');
  return digits.replace(TRUNK_PREFIX[country] ?? /^0/, '');
}

function join(code: string, national: string): string | undefined {
  const isPossible = national.length >= MIN_NATIONAL_DIGITS && code.length + national.length <= MAX_DIGITS;
  return isPossible ? `+${code} ${national}` : undefined;
}
