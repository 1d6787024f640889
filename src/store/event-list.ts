import type { LedgerEvent } from '../ledger/account.ts';
import type { Queryable } from './database.ts';

/** An event as it is kept, with the customer it is about. */
export interface EventRow {
  readonly eventId: number;
  readonly accountId: number;
  readonly kind: LedgerEvent['kind'];
  readonly cuRefNo: string;
  /** Unix milliseconds of the ledger's clock. */
  readonly atMs: number;
  readonly details: LedgerEvent['details'];
}

/** Reads up to `limit` events of a ledger with ids below `beforeId`, newest first. */
export async function readEvents(
  queryable: Queryable,
  ledgerId: number,
  beforeId: number,
  limit: number,
): Promise<EventRow[]> {
  type Numbers = 'eventId' | 'accountId' | 'atMs';
  const { rows } = await queryable.query<Omit<EventRow, Numbers> & Record<Numbers, string>>({
    name: 'read-events',
    text: `
      SELECT e.event_id AS "eventId", e.account_id AS "accountId", e.kind, c.cu_ref_no AS "cuRefNo", e.at_ms AS "atMs", e.details
      FROM events e JOIN customers c ON c.account_id = e.account_id
      WHERE e.ledger_id = $1 AND e.event_id < $2 ORDER BY e.event_id DESC LIMIT $3`,
    values: [ledgerId, beforeId, limit],
  });
  return rows.map((row) => ({
    ...row,
    eventId: Number(row.eventId),
    accountId: Number(row.accountId),
    atMs: Number(row.atMs),
  }));
}

/** Forgets events that were written more than `days` ago, in real time. @returns how many. */
export async function deleteOldEvents(queryable: Queryable, days: number): Promise<number> {
  const { rowCount } = await queryable.query({
    name: 'delete-old-events',
    text: 'DELETE FROM events WHERE written_at < clock_timestamp() - make_interval(days => $1)',
    values: [days],
  });
  return rowCount ?? 0;
}
