import { hashSecret, IDENTITY_PATTERN } from '../ids.ts';
import { readCustomer } from '../store/customers.ts';
import { noteSessionUse } from '../store/session-use.ts';
import { readSession } from '../store/sessions.ts';
import type { Caller, Services } from './services.ts';
import { type ToldCustomer, tellCustomer } from './told-customer.ts';

/** The published members, and `held` and `available`; what is unknown is null. */
export interface AccountInfo extends ToldCustomer {
  readonly loggedIn: true;
  readonly identityId: string;
}

/**
 * Tells who is logged in. An identity that is unknown, ended, expired or of another ledger is nobody, one answer
 * for all four; a ban is told and does not end the session.
 */
export async function getAccountInfo(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  request: { readonly identityId: string },
): Promise<AccountInfo | { readonly loggedIn: false }> {
  const { identityId } = request;
  const { pool } = services.database;
  if (!IDENTITY_PATTERN.test(identityId)) return { loggedIn: false };
  const session = await readSession(pool, hashSecret(identityId));
  if (!session?.living || session.ledgerId !== caller.ledgerId) return { loggedIn: false };
  noteSessionUse(services, session.sessionId, session.lastUsedAt);
  const customer = await readCustomer(pool, session.accountId);
  if (!customer) return { loggedIn: false };
  return { loggedIn: true, identityId, ...(await tellCustomer(services, customer)) };
}
