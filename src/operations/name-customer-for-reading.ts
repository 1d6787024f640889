import { hashSecret } from '../ids.ts';
import { Refusal } from '../refusals.ts';
import { noteSessionUse } from '../store/session-use.ts';
import { readSession } from '../store/sessions.ts';
import { type CustomerName, type NamedCustomer, nameCustomer } from './name-customer.ts';
import type { Caller, Services } from './services.ts';

/**
 * Finds a customer for a read: a session must live now, since no batch will judge it.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND.
 */
export async function nameCustomerForReading(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  name: CustomerName,
): Promise<NamedCustomer> {
  if (!('identityId' in name)) return nameCustomer(services, caller, name);
  const session = await readSession(services.database.pool, hashSecret(name.identityId));
  if (!session?.living || session.ledgerId !== caller.ledgerId) {
    throw new Refusal('INTERNAL_USER_MUST_BE_AUTHORIZED');
  }
  noteSessionUse(services, session.sessionId, session.lastUsedAt);
  return session;
}
