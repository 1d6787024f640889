import { type ListedSession, listLivingSessions } from '../store/sessions.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';

/** A living session as a customer or an operator sees it. */
export interface SessionItem {
  /** Its public id, with which nobody can log in. */
  readonly sessionId: string;
  readonly createdAt: string;
  readonly createdFrom: string | null;
  /** Noted once a day. */
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

const MOST_SESSIONS = 1_000;

/**
 * Lists the living sessions of the customer who asks, the last used first.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED
 */
export async function listOwnSessions(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  request: { readonly identityId: string },
): Promise<{ items: (SessionItem & { readonly current: boolean })[] }> {
  const { accountId, sessionId } = await nameCustomerForReading(services, caller, request);
  const sessions = await listLivingSessions(services.database.pool, accountId, MOST_SESSIONS);
  return {
    items: sessions.map((session) => ({ ...toItem(session), current: session.sessionId === sessionId })),
  };
}

/**
 * Lists the living sessions of a customer for an operator.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND
 */
export async function listSessionsOf(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  customer: CustomerName,
): Promise<{ items: SessionItem[] }> {
  const { accountId } = await nameCustomer(services, caller, customer);
  const sessions = await listLivingSessions(services.database.pool, accountId, MOST_SESSIONS);
  return { items: sessions.map(toItem) };
}

function toItem({ publicId, createdAt, createdFrom, lastUsedAt, expiresAt }: ListedSession): SessionItem {
  return {
    sessionId: publicId,
    createdAt: createdAt.toISOString(),
    createdFrom,
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
