import { numberArray } from './array-parameter.ts';
import { PATIENTLY, type Queryable, type Transaction } from './database.ts';
import type { LedgerKind } from './organisations.ts';

/** A ledger and its clock. */
export interface LockedLedger {
  readonly kind: LedgerKind;
  readonly organisationSlug: string;
  /** What its clock is ahead of the database's. */
  readonly clockOffsetMs: number;
  /** The database's time, Unix milliseconds. */
  readonly realMs: number;
}

/** Locks a ledger's row, so that only one at a time moves its clock or resets it. */
export async function lockLedger(tx: Transaction, ledgerId: number): Promise<LockedLedger | undefined> {
  type Numbers = 'clockOffsetMs' | 'realMs';
  const { rows } = await tx.query<Omit<LockedLedger, Numbers> & Record<Numbers, string>>({
    name: 'lock-ledger',
    text: `
      SELECT l.kind, o.slug AS "organisationSlug", l.clock_offset_ms AS "clockOffsetMs",
        floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "realMs"
      FROM ledgers l JOIN organisations o ON o.organisation_id = l.organisation_id
      WHERE l.ledger_id = $1 FOR UPDATE OF l`,
    values: [ledgerId],
  });
  const [row] = rows;
  return row && { ...row, clockOffsetMs: Number(row.clockOffsetMs), realMs: Number(row.realMs) };
}

/** Sets what a sandbox's clock is ahead of the database's. */
export async function setClockOffset(
  tx: Transaction,
  ledgerId: number,
  clockOffsetMs: number,
): Promise<void> {
  await tx.query({
    name: 'set-clock-offset',
    text: 'UPDATE ledgers SET clock_offset_ms = $2 WHERE ledger_id = $1',
    values: [ledgerId, clockOffsetMs],
  });
}

/** A ledger whose clock is ahead. */
export interface MovedClock {
  readonly ledgerId: number;
  readonly clockOffsetMs: number;
}

/** @returns every ledger whose clock was moved. */
export async function readMovedClocks(queryable: Queryable): Promise<MovedClock[]> {
  const { rows } = await queryable.query<Record<keyof MovedClock, string>>({
    name: 'read-moved-clocks',
    text: `
      SELECT ledger_id AS "ledgerId", clock_offset_ms AS "clockOffsetMs"
      FROM ledgers WHERE clock_offset_ms > 0 ORDER BY ledger_id`,
  });
  return rows.map((row) => ({
    ledgerId: Number(row.ledgerId),
    clockOffsetMs: Number(row.clockOffsetMs),
  }));
}

/** Gives a transaction the time that a whole ledger takes; what waits for its locks meanwhile is told to wait. */
export async function allowLongWork(tx: Transaction): Promise<void> {
  await tx.query(`SET LOCAL statement_timeout = '10min'`);
  await tx.query(`SET LOCAL lock_timeout = '30s'`);
}

/** Locks all accounts of a ledger, in the order of their numbers as everybody does. @returns their ids. */
export async function lockAccountsOfLedger(tx: Transaction, ledgerId: number): Promise<number[]> {
  const { rows } = await tx.query<{ accountId: string }>({
    ...PATIENTLY,
    name: 'lock-accounts-of-ledger',
    text: `
      SELECT account_id AS "accountId" FROM accounts
      WHERE account_id IN (SELECT account_id FROM customers WHERE ledger_id = $1)
      ORDER BY account_id FOR UPDATE`,
    values: [ledgerId],
  });
  return rows.map(({ accountId }) => Number(accountId));
}

/**
 * Every table of what happened on an account; the account's own row is set back by resetAccounts. Lines and requests of
 * orders go with them: whoever works on an order locks it first, too.
 */
const HISTORY_TABLES = [
  ...['entries', 'account_changes', 'lots', 'debts', 'holds'],
  ...['account_limits', 'refused_requests', 'events', 'orders'],
];

/** Removes all that happened on these accounts, which must be locked. */
export async function deleteHistory(tx: Transaction, accountIds: readonly number[]): Promise<void> {
  for (const table of HISTORY_TABLES) {
    await tx.query({
      ...PATIENTLY,
      name: `delete-history-${table}`,
      text: `DELETE FROM ${table} WHERE account_id = ANY($1::bigint[])`,
      values: [numberArray(accountIds)],
    });
  }
}

/** Lets the numbers of a ledger's orders begin anew; its orders must be gone. */
export async function forgetOrderNumbers(tx: Transaction, ledgerId: number): Promise<void> {
  await tx.query({
    name: 'forget-order-numbers',
    text: 'DELETE FROM order_numbers WHERE ledger_id = $1',
    values: [ledgerId],
  });
}

/** Sets the rows of these accounts, which must be locked, back to those of new customers. */
export async function resetAccounts(tx: Transaction, accountIds: readonly number[]): Promise<void> {
  await tx.query({
    ...PATIENTLY,
    name: 'reset-accounts',
    text: `
      UPDATE accounts SET version = 0, last_seq = 0, last_at_ms = 0, last_lot = 0, last_hold = 0,
        balance = 0, balance_money = 0, held = 0, debt = 0, debt_limit = 0, banned = false,
        next_due_ms = NULL, hold_due_ms = NULL, cursor_lot = NULL, cursor_priority = NULL,
        cursor_expires_at_ms = NULL, cursor_remaining = NULL, cursor_money = NULL, cursor_held = NULL
      WHERE account_id = ANY($1::bigint[])`,
    values: [numberArray(accountIds)],
  });
}
