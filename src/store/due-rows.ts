import type { Queryable } from './database.ts';

/** An account that the sweeper has work with. */
export interface WaitingAccount {
  readonly accountId: number;
  readonly ledgerId: number;
  /** Since when, in milliseconds; 0 of what only is to be told. */
  readonly overdueMs: number;
}

/** Credit that expires within this time is told of, once (ledger.md and issue 3: seven days). */
const TELL_BEFORE_MS = 7 * 24 * 60 * 60 * 1000;

const CLOCK =
  'clock AS MATERIALIZED (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + $1::bigint AS ms)';

// While a lot is the account's cursor its own row is stale, and the account knows whether any of it is free.
const IS_FREE = '(a.cursor_lot IS DISTINCT FROM l.lot OR a.cursor_remaining > a.cursor_held)';

interface Columns {
  readonly accountId: string;
  readonly ledgerId: string;
  readonly overdueMs: string;
}

async function readWaiting(
  queryable: Queryable,
  name: string,
  text: string,
  values: readonly number[],
): Promise<WaitingAccount[]> {
  const { rows } = await queryable.query<Columns>({ name, text, values: [...values] });
  return rows.map(toWaitingAccount);
}

function toWaitingAccount({ accountId, ledgerId, overdueMs }: Columns): WaitingAccount {
  return { accountId: Number(accountId), ledgerId: Number(ledgerId), overdueMs: Number(overdueMs) };
}

/**
 * Reads up to `limit` accounts of all ledgers where a lot or a hold has fallen due, the longest overdue first. What
 * seems said twice of a lot and of a hold opens the sweeper's own indexes (migration 0007).
 *
 * @param clockOffsetMs what the clock is ahead of the database's.
 */
export async function readDueAccounts(
  queryable: Queryable,
  clockOffsetMs: number,
  limit: number,
): Promise<WaitingAccount[]> {
  const text = `
      WITH ${CLOCK}
      SELECT account_id AS "accountId", ledger_id AS "ledgerId", max(clock.ms - at_ms) AS "overdueMs"
      FROM clock, (
        (SELECT l.account_id, a.ledger_id, l.expires_at_ms AS at_ms
         FROM lots l JOIN accounts a ON a.account_id = l.account_id
         WHERE l.remaining > l.held AND l.expires_at_ms IS NOT NULL AND l.amount > 0
           AND l.expires_at_ms <= (SELECT ms FROM clock) AND ${IS_FREE}
         ORDER BY l.expires_at_ms LIMIT $2)
        UNION ALL
        (SELECT h.account_id, a.ledger_id, h.expires_at_ms
         FROM holds h JOIN accounts a ON a.account_id = h.account_id
         WHERE h.ended_at_ms IS NULL AND h.ended_by IS NULL AND h.expires_at_ms <= (SELECT ms FROM clock)
         ORDER BY h.expires_at_ms LIMIT $2)
      ) AS due
      GROUP BY account_id, ledger_id ORDER BY 3 DESC LIMIT $2`;
  return readWaiting(queryable, 'read-due-accounts', text, [clockOffsetMs, limit]);
}

/**
 * The same for one ledger whose clock is ahead of the others'. The order of time would lead through the lots of
 * every other ledger first, so this one looks at the ledger's customers, all of them.
 */
export async function readDueAccountsOfLedger(
  queryable: Queryable,
  ledgerId: number,
  clockOffsetMs: number,
  limit: number,
): Promise<WaitingAccount[]> {
  const text = `
      WITH ${CLOCK}
      SELECT a.account_id AS "accountId", a.ledger_id AS "ledgerId",
        clock.ms - least(a.next_due_ms, a.hold_due_ms) AS "overdueMs"
      FROM clock, customers c JOIN accounts a ON a.account_id = c.account_id
      WHERE c.ledger_id = $3 AND (a.next_due_ms <= clock.ms OR a.hold_due_ms <= clock.ms)
      ORDER BY 3 DESC LIMIT $2`;
  return readWaiting(queryable, 'read-due-accounts-of-ledger', text, [clockOffsetMs, limit, ledgerId]);
}

/** Reads up to `limit` accounts of all ledgers with credit that expires within seven days and was not told of. */
export async function readAccountsToNote(
  queryable: Queryable,
  clockOffsetMs: number,
  limit: number,
): Promise<WaitingAccount[]> {
  const text = `
      WITH ${CLOCK}
      SELECT DISTINCT account_id AS "accountId", ledger_id AS "ledgerId", 0 AS "overdueMs"
      FROM (
        SELECT l.account_id, a.ledger_id FROM lots l JOIN accounts a ON a.account_id = l.account_id
        WHERE l.remaining > l.held AND l.expires_at_ms IS NOT NULL AND NOT l.expiry_noted
          AND l.expires_at_ms <= (SELECT ms + ${TELL_BEFORE_MS} FROM clock) AND ${IS_FREE}
        ORDER BY l.expires_at_ms LIMIT $2
      ) AS soon`;
  return readWaiting(queryable, 'read-accounts-to-note', text, [clockOffsetMs, limit]);
}

/** The same for one ledger whose clock is ahead of the others'. */
export async function readAccountsToNoteOfLedger(
  queryable: Queryable,
  ledgerId: number,
  clockOffsetMs: number,
  limit: number,
): Promise<WaitingAccount[]> {
  const text = `
      WITH ${CLOCK}
      SELECT DISTINCT a.account_id AS "accountId", a.ledger_id AS "ledgerId", 0 AS "overdueMs"
      FROM clock, customers c
      JOIN accounts a ON a.account_id = c.account_id
      JOIN lots l ON l.account_id = c.account_id
      WHERE c.ledger_id = $3 AND l.remaining > l.held AND l.expires_at_ms IS NOT NULL AND NOT l.expiry_noted
        AND l.expires_at_ms <= clock.ms + ${TELL_BEFORE_MS} AND ${IS_FREE}
      LIMIT $2`;
  return readWaiting(queryable, 'read-accounts-to-note-of-ledger', text, [clockOffsetMs, limit, ledgerId]);
}
