import type { LedgerEvent } from '../ledger/account.ts';
import { readEvents } from '../store/event-list.ts';
import type { Caller, Services } from './services.ts';

/** What an operator may want to hear of; `details` are credits as JSON numbers and instants. */
export interface ListedEvent {
  readonly id: string;
  readonly kind: LedgerEvent['kind'];
  /** The customer's cuRefNo. */
  readonly customerId: string;
  readonly at: string;
  readonly details: LedgerEvent['details'];
}

/** A page of a ledger's events, newest first. */
export interface EventPage {
  readonly items: readonly ListedEvent[];
  /** Where the next page begins, when there is more; new events do not move it. */
  readonly nextCursor?: string;
}

const DEFAULT_LIMIT = 100;

/**
 * Reads a page of the events of a ledger: soft limits passed, low balances, credit about to expire, debts begun.
 *
 * @param request.limit 1-1,000.
 * @param request.cursor the nextCursor of the page before.
 */
export async function listEvents(
  { database }: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<EventPage> {
  const { limit = DEFAULT_LIMIT, cursor } = request;
  const beforeId = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  const rows = await readEvents(database.pool, ledgerId, beforeId, limit + 1);
  const items = rows.slice(0, limit).map(({ eventId, kind, cuRefNo, atMs, details }) => ({
    ...{ id: String(eventId), kind, customerId: cuRefNo },
    ...{ at: new Date(atMs).toISOString(), details },
  }));
  const last = items.at(-1);
  return { items, ...(last && rows.length > limit && { nextCursor: last.id }) };
}
