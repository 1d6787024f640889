import { hash } from 'node:crypto';
import type { Idempotency } from '../writer/job.ts';
import type { RequestContext } from './services.ts';

/**
 * Hashes an Idempotency-Key and the request it came with, 128 bits each.
 *
 * @param request the operation's name and the decoded values of its members, defaults filled in. How the
 *   customer was named is not among them (contract.md, Idempotency).
 * @returns undefined for a request without a key.
 */
export function hashIdempotency(
  { idempotencyKey }: RequestContext,
  request: readonly (string | number | bigint | boolean | null | undefined)[],
): Idempotency | undefined {
  if (idempotencyKey === undefined) return undefined;
  const values = request.map((value) => (typeof value === 'bigint' ? value.toString() : (value ?? null)));
  return { keyHash: hashIdempotencyKey(idempotencyKey), requestHash: hash128(JSON.stringify(values)) };
}

/** @returns the hash under which an Idempotency-Key is kept. */
export function hashIdempotencyKey(idempotencyKey: string): string {
  return hash128(idempotencyKey);
}

function hash128(text: string): string {
  const hex = hash('sha256', text, 'hex');
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}
