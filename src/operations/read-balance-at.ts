import { fromMicro } from '../ledger/amount.ts';
import { validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { findPosition, readStateAt } from '../store/instant-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { bookWhatIsDue, lookAtFigures, readBooked } from './book-what-is-due.ts';
import { parseInstant } from './expiration-date.ts';
import { toDate } from './log-item.ts';
import type { SpenderName } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';

/** A customer's credit at an instant, as JSON numbers. */
export interface BalanceAt {
  /** UTC, three decimals. */
  readonly at: string;
  readonly creditBalance: number;
  readonly creditMoneyBalance: number;
  readonly currency: string;
  readonly held: number;
  readonly available: number;
  readonly debtLimit: number;
}

/** Longer than any commit is on its way: what is dated before this has been written. */
const SETTLED_MS = 60_000;

/**
 * Reads the balance after all that is dated up to an instant of the ledger's time. The answer for an instant stays the
 * same for ever: what is due is booked first, and for the last minute a commit on its way is waited for.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED for no instant or one in the future, INTERNAL_USER_MUST_BE_AUTHORIZED,
 *   INTERNAL_RESOURCE_NOT_FOUND, and what the writer throws.
 */
export async function readBalanceAt(
  services: Services,
  caller: Caller,
  request: SpenderName & { readonly at: string },
): Promise<BalanceAt> {
  const atMs = readInstant(request.at);
  const { accountId, ledgerId } = await nameCustomerForReading(services, caller, request);
  const { database } = services;
  const { figures } = await readBooked(services, accountId, () =>
    lookAtFigures(services, database.pool, accountId),
  );
  if (atMs > figures.clockMs) {
    const message = `must not be in the future; it is ${toDate(figures.clockMs)}`;
    throw validationFailed([{ pointer: '/at', message }]);
  }
  if (atMs > figures.clockMs - SETTLED_MS) await bookWhatIsDue(services, accountId, ledgerId);
  const state = await inTransaction(
    database,
    async (tx) => readStateAt(tx, accountId, await findPosition(tx, accountId, atMs)),
    'snapshot',
  );
  const organisation = await findOrganisationOfLedger(database.pool, caller.ledgerId);
  const { balance, balanceMoney, held, debtLimit } = state;
  return {
    at: toDate(atMs),
    creditBalance: fromMicro(balance),
    creditMoneyBalance: fromMicro(balanceMoney),
    currency: organisation?.currency ?? '',
    held: fromMicro(held),
    available: fromMicro(balance - held + debtLimit),
    debtLimit: fromMicro(debtLimit),
  };
}

function readInstant(text: string): number {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  const message = 'must be an instant with an offset such as 2030-12-31T12:00:00Z';
  throw validationFailed([{ pointer: '/at', message }]);
}
