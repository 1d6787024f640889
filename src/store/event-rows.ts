import type pg from 'pg';
import type { LedgerEvent } from '../ledger/account.ts';
import { numberArray, textArray } from './array-parameter.ts';

/** An event and whose it is. */
export interface EventRow {
  readonly accountId: number;
  readonly ledgerId: number;
  readonly event: LedgerEvent;
}

/** Adds events of what was crossed in this batch. */
export async function insertEvents(client: pg.ClientBase, rows: readonly EventRow[]): Promise<void> {
  await client.query({
    name: 'insert-events',
    text: `
      INSERT INTO events (account_id, ledger_id, kind, at_ms, details)
      SELECT n.account_id, n.ledger_id, n.kind, n.at_ms, n.details::jsonb
      FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[])
        AS n (account_id, ledger_id, kind, at_ms, details)`,
    values: [
      numberArray(rows.map(({ accountId }) => accountId)),
      numberArray(rows.map(({ ledgerId }) => ledgerId)),
      textArray(rows.map(({ event }) => event.kind)),
      numberArray(rows.map(({ event }) => event.atMs)),
      textArray(rows.map(({ event }) => JSON.stringify(event.details))),
    ],
  });
}
