import { hashSecret, randomAlphanumerics } from '../ids.ts';
import type { Transaction } from '../store/database.ts';
import { insertSession } from '../store/sessions.ts';

/** Whose session it is. */
export interface SessionRequest {
  readonly accountId: number;
  readonly ledgerId: number;
  /** The customer's address, normalised. */
  readonly customerRealIp?: string | undefined;
  /** An identity that is already known, for the throw-away demo alone. */
  readonly identity?: string | undefined;
}

/**
 * Opens a session that ends three months after its last use.
 *
 * @returns the identity, 32 alphanumerics, of which only the SHA-256 is kept.
 */
export async function createSession(
  tx: Transaction,
  request: SessionRequest,
): Promise<{ identityId: string }> {
  const { accountId, ledgerId, customerRealIp, identity = randomAlphanumerics(32) } = request;
  const identityHash = hashSecret(identity);
  await insertSession(tx, { identityHash, accountId, ledgerId, createdFrom: customerRealIp });
  return { identityId: identity };
}
