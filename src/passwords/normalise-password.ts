import type { Fault } from '../refusals.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';

const SHORTEST = 8;
const MOST_BYTES = 1_024;

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
  const normalised = normalisePassword(password);
  if ([...normalised].length < SHORTEST)
    return { pointer, message: `must have at least ${SHORTEST} characters` };
  if (Buffer.byteLength(normalised) > MOST_BYTES) {
    return { pointer, message: `must have at most ${MOST_BYTES} bytes in UTF-8` };
  }
  if (COMMON_PASSWORDS.has(password.toLowerCase())) {
    return { pointer, message: 'must not be one of the passwords that are tried first' };
  }
  return undefined;
}
