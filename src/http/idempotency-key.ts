import type { Fault } from '../refusals.ts';

const VISIBLE = /^[\x21-\x7e]{1,255}$/;
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/** What is answered for a header that is no key; the pointer names the header, for it has no place in the body. */
export const IDEMPOTENCY_KEY_FAULT: Fault = {
  pointer: '/Idempotency-Key',
  message: 'must be 1 to 255 visible ASCII characters, bare or as one quoted string',
};

/**
 * Reads the Idempotency-Key header: the RFC draft's quoted string and a bare token mean the same key.
 *
 * @returns the key without quotes, or undefined where the header is no key of 1 to 255 visible characters.
 */
export function readIdempotencyKey(header: string): string | undefined {
  const trimmed = header.trim();
  if (!trimmed.startsWith('"')) return VISIBLE.test(trimmed) ? trimmed : undefined;
  const quoted = QUOTED.exec(trimmed)?.[1]?.replace(/\\(["\\])/g, '$1');
  return quoted !== undefined && VISIBLE.test(quoted) ? quoted : undefined;
}
