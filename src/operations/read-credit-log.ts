import { fromMicro } from '../ledger/amount.ts';
import { validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { readLogRows } from '../store/log-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import { type CreditLogItem, toLogItems } from './log-item.ts';
import type { SpenderName } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';

/** A page of a customer's history, newest first; credits and money as JSON numbers. */
export interface CreditLogPage {
  readonly creditBalance: number;
  readonly creditMoneyBalance: number;
  readonly currency: string;
  readonly items: readonly CreditLogItem[];
  /** Where the next page begins, when there is more; new rows do not move it. */
  readonly nextCursor?: string;
}

/** Rows of a page that asks for no limit; more than any customer of the published API is known to have. */
const DEFAULT_LIMIT = 10_000;
const FIRST_PAGE = 2 ** 31 - 1;

/**
 * Reads a page of the log. Balance and rows are one snapshot; what is due is booked first.
 *
 * @param limit 1-1,000.
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND, INTERNAL_VALIDATION_FAILED for a
 *   cursor that is not this customer's, and what the writer throws.
 */
export async function readCreditLog(
  services: Services,
  caller: Caller,
  request: SpenderName & {
    readonly limit?: number | undefined;
    readonly cursor?: string | undefined;
  },
): Promise<CreditLogPage> {
  const { accountId } = await nameCustomerForReading(services, caller, request);
  const beforeSeq = readCursor(services, accountId, request.cursor);
  const limit = request.limit ?? DEFAULT_LIMIT;
  const { database, ids } = services;
  const { figures, rows } = await readBooked(services, accountId, () =>
    inTransaction(
      database,
      async (tx) => ({
        ...(await lookAtFigures(services, tx, accountId)),
        rows: await readLogRows(tx, accountId, services.clockOffsetMs?.() ?? 0, beforeSeq, limit + 1),
      }),
      'snapshot',
    ),
  );
  const organisation = await findOrganisationOfLedger(database.pool, caller.ledgerId);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    creditBalance: fromMicro(figures.balance),
    creditMoneyBalance: fromMicro(figures.balanceMoney),
    currency: organisation?.currency ?? '',
    items: toLogItems(ids, shown),
    ...(last && rows.length > limit && { nextCursor: ids.encode(last) }),
  };
}

/** A cursor is the id of the last row shown, so it names its customer and a position that never moves. */
function readCursor({ ids }: Services, accountId: number, cursor: string | undefined): number {
  if (cursor === undefined) return FIRST_PAGE;
  const name = ids.decode(cursor);
  if (name?.accountId === accountId && !name.isHold) return name.seq;
  throw validationFailed([{ pointer: '/cursor', message: 'must be the nextCursor of this customer’s log' }]);
}
