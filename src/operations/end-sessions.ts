import { Refusal, validationFailed } from '../refusals.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { endSessionByPublicId, endSessionsOf } from '../store/sessions.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';

/** How many sessions have ended by a request. */
export interface SessionsEnded {
  readonly success: true;
  readonly ended: number;
}

/** Which sessions of the customer who asks are to end: one, or all. */
export interface EndSessionsRequest {
  readonly identityId: string;
  /** The public id of one. */
  readonly sessionId?: string | undefined;
  readonly all?: boolean | undefined;
  /** Of all, whether the one that asks stays. */
  readonly exceptCurrent?: boolean | undefined;
}

/**
 * Ends all living sessions of an account, for every request that starts after the commit, on every process.
 *
 * @param options.except the session that stays.
 * @returns how many have ended.
 */
export function endSessions(
  tx: Transaction,
  accountId: number,
  { except }: { readonly except?: number | undefined } = {},
): Promise<number> {
  return endSessionsOf(tx, accountId, { except });
}

/**
 * Ends one session of the customer who asks, or all of them.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED unless it is one or all, INTERNAL_USER_MUST_BE_AUTHORIZED,
 *   INTERNAL_RESOURCE_NOT_FOUND: the customer has no such session.
 */
export async function endOwnSessions(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  { identityId, sessionId: publicId, all = false, exceptCurrent = false }: EndSessionsRequest,
): Promise<SessionsEnded> {
  if (all === (publicId !== undefined)) {
    throw validationFailed([{ pointer: '', message: 'must have either sessionId or all: true' }]);
  }
  const { accountId, sessionId } = await nameCustomerForReading(services, caller, { identityId });
  const except = exceptCurrent ? sessionId : undefined;
  return { success: true, ended: await end(services, accountId, { publicId, except }) };
}

/**
 * Ends one session of a customer, or all of them, for an operator.
 *
 * @param request.sessionId the public id of one; all without it.
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: no such customer, or it has no such session.
 */
export async function endSessionsOfCustomer(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  request: { readonly customer: CustomerName; readonly sessionId?: string | undefined },
): Promise<SessionsEnded> {
  const { accountId } = await nameCustomer(services, caller, request.customer);
  return { success: true, ended: await end(services, accountId, { publicId: request.sessionId }) };
}

async function end(
  { database }: Pick<Services, 'database'>,
  accountId: number,
  which: { readonly publicId: string | undefined; readonly except?: number | undefined },
): Promise<number> {
  const { publicId, except } = which;
  if (publicId === undefined) return inTransaction(database, (tx) => endSessions(tx, accountId, { except }));
  const ended = await endSessionByPublicId(database.pool, accountId, publicId);
  if (ended === undefined) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return ended;
}
