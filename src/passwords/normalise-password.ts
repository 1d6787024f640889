import type { Fault } from '../refusals.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';

const SHORTEST = 8;
const LONGEST = 200;

/**
 * Gives the one form in which a password is hashed: letters with marks are the same however a keyboard composes
 * them (NFC). Nothing is trimmed.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/** @returns why this cannot become somebody's password, or undefined where it can. Nothing is asked of its composition. */
export function passwordFault(password: string, pointer = '/password'): Fault | undefined {
  if (password.includes('\u0000') || !password.isWellFormed()) {
    return { pointer, message: 'must be well-formed text without U+0000' };
  }
  const { length } = [...normalisePassword(password)];
  if (length < SHORTEST) return { pointer, message: `must have at least ${SHORTEST} characters` };
  if (length > LONGEST) return { pointer, message: `must have at most ${LONGEST} characters` };
  if (COMMON_PASSWORDS.has(password.toLowerCase())) {
    return { pointer, message: 'must not be one of the passwords that are tried first' };
  }
  return undefined;
}
