import type { LedgerEvent } from '../ledger/account.ts';
import { type EventRow, readEvents } from '../store/event-list.ts';
import { type NamedLot, readLotOpeners } from '../store/lot-openers.ts';
import type { Caller, Services } from './services.ts';

/** What an operator may want to hear of; `details` are credits as JSON numbers, instants and ids. */
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
  { database, ids }: Pick<Services, 'database' | 'ids'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<EventPage> {
  const { limit = DEFAULT_LIMIT, cursor } = request;
  const beforeId = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor);
  const rows = await readEvents(database.pool, ledgerId, beforeId, limit + 1);
  const page = rows.slice(0, limit);
  const openers = await readLotOpeners(database.pool, page.flatMap(lotOf));
  const items = page.map((row): ListedEvent => {
    const { eventId, kind, cuRefNo, atMs, details } = row;
    const [named] = lotOf(row);
    const opener =
      named && openers.find(({ accountId, lot }) => accountId === named.accountId && lot === named.lot);
    const { lot: _, ...figures } = details;
    return {
      ...{ id: String(eventId), kind, customerId: cuRefNo, at: new Date(atMs).toISOString() },
      details: opener ? { transactionId: ids.encode(opener.openedBy), ...figures } : figures,
    };
  });
  const last = items.at(-1);
  return { items, ...(last && rows.length > limit && { nextCursor: last.id }) };
}

/** @returns the lot that an event is about; its number means nothing outside, the entry that opened it does. */
function lotOf({ accountId, details: { lot } }: EventRow): NamedLot[] {
  return typeof lot === 'number' ? [{ accountId, lot }] : [];
}
