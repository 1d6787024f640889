import type { Fault } from '../refusals.ts';

/** What is said of a text that is no address. */
export const EMAIL_FAULT: Fault = { pointer: '/email', message: 'must be an e-mail address' };

const PRINTABLE_ASCII = /^[\x21-\x7e]*$/;
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Placeholders of customers who were erased: nobody is reached there, and nobody is named so. */
const ERASED = '@erased.invalid';
const MAX_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;

/**
 * Gives the one form in which an address is stored and looked up: trimmed, lower case. The form is that of HTML's
 * e-mail input, with a dot in the domain; letters beyond ASCII are refused, for they have look-alikes and lower
 * cases that differ between systems.
 *
 * @returns the address, or undefined where the text is none.
 */
export function normaliseEmail(text: string): string | undefined {
  const trimmed = text.trim();
  // Before the lower case, for some letters beyond ASCII have one within it.
  if (!PRINTABLE_ASCII.test(trimmed)) return undefined;
  const email = trimmed.toLowerCase();
  const at = email.lastIndexOf('@');
  if (email.endsWith(ERASED)) return undefined;
  if (email.length > MAX_LENGTH || at < 1 || at > MAX_LOCAL_LENGTH) return undefined;
  const labels = email.slice(at + 1).split('.');
  // Addresses of machines, such as 127.0.0.1, are no domains: the last label has a letter and a second character.
  const topLevel = labels.at(-1) ?? '';
  const domainIsValid =
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    /[a-z]/.test(topLevel) &&
    topLevel.length > 1;
  return domainIsValid && LOCAL_PART.test(email.slice(0, at)) ? email : undefined;
}
