import type pg from 'pg';
import type { Account } from '../ledger/account.ts';
import type { Micro } from '../ledger/amount.ts';
import type { Lot } from '../ledger/lot.ts';
import { booleanArray, numberArray } from './array-literal.ts';

/** What an account's row says: its figures, the lot that burns first, and when something falls due. */
export interface AccountRow {
  readonly account: Account;
  readonly ledgerId: number;
  /** The open lot that burns first, with its true figures; its own row is stale while it is the cursor. */
  readonly cursor: Lot | undefined;
  readonly nextDueMs: number | null;
}

/** Rows of accounts, and the database's time in Unix milliseconds, read after the rows were locked. */
export interface LockedAccounts {
  readonly rows: readonly AccountRow[];
  readonly clockMs: number;
}

/**
 * Locks the rows of these accounts, in the order of their numbers, so that two batches never wait for each
 * other. It returns nothing of the rows: what a row said before the wait is old, so it is read by another
 * statement.
 *
 * @param ids an array literal of account ids.
 */
export async function lockAccounts(client: pg.ClientBase, ids: string): Promise<void> {
  await client.query({
    name: 'lock-accounts',
    text: `
      SELECT count(*) FROM (
        SELECT FROM accounts WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE
      ) AS locked`,
    values: [ids],
  });
}

/** Like lockAccounts, but waits for nobody. @returns the accounts that it could lock. */
export async function lockFreeAccounts(client: pg.ClientBase, ids: string): Promise<number[]> {
  const { rows } = await client.query<[string]>({
    name: 'lock-free-accounts',
    text: `
      SELECT account_id FROM accounts
      WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE SKIP LOCKED`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(([id]) => Number(id));
}

type Nullable<T> = T | null;
type AccountColumns = [
  ...[id: string, ledgerId: string, version: string, lastSeq: number, lastAtMs: string, lastLot: number],
  ...[balance: string, balanceMoney: string, held: string, debt: string, debtLimit: string, banned: boolean],
  ...[nextDueMs: Nullable<string>, cursorLot: Nullable<number>, cursorPriority: Nullable<number>],
  ...[cursorExpiresAtMs: Nullable<string>, remaining: string, money: string, cursorHeld: string],
  clockMs: string,
];

/** Reads the rows of these accounts and the database's time. */
export async function readAccounts(client: pg.ClientBase, ids: string): Promise<LockedAccounts> {
  const { rows } = await client.query<AccountColumns>({
    name: 'read-accounts',
    text: `
      SELECT account_id, ledger_id, version, last_seq, last_at_ms, last_lot,
        balance, balance_money, held, debt, debt_limit, banned,
        next_due_ms, cursor_lot, cursor_priority,
        cursor_expires_at_ms, cursor_remaining, cursor_money, cursor_held,
        (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      FROM accounts WHERE account_id = ANY($1::bigint[])`,
    values: [ids],
    rowMode: 'array',
  });
  return { rows: rows.map(toAccountRow), clockMs: Number(rows[0]?.[19] ?? 0) };
}

function toAccountRow(columns: AccountColumns): AccountRow {
  const [id, ledgerId, version, lastSeq, lastAtMs, lastLot] = columns;
  const [, , , , , , balance, balanceMoney, held, debt, debtLimit, banned] = columns;
  const [nextDueMs, cursorLot, cursorPriority, cursorExpiresAtMs, remaining, money, cursorHeld] =
    columns.slice(12) as unknown as [
      ...[string | null, number | null, number | null, string | null],
      ...[string, string, string],
    ];
  return {
    account: {
      accountId: Number(id),
      version: Number(version),
      lastSeq,
      lastAtMs: Number(lastAtMs),
      lastLot,
      balance: BigInt(balance),
      balanceMoney: BigInt(balanceMoney),
      held: BigInt(held),
      debt: BigInt(debt),
      debtLimit: BigInt(debtLimit),
      banned,
    },
    ledgerId: Number(ledgerId),
    cursor:
      cursorLot === null
        ? undefined
        : {
            lot: cursorLot,
            priority: cursorPriority ?? 0,
            expiresAtMs: cursorExpiresAtMs === null ? null : Number(cursorExpiresAtMs),
            remaining: BigInt(remaining),
            remainingMoney: BigInt(money),
            held: BigInt(cursorHeld),
          },
    nextDueMs: nextDueMs === null ? null : Number(nextDueMs),
  };
}

/** An account after its commands. */
export interface AccountUpdate {
  readonly account: Readonly<Account>;
  readonly cursor: Readonly<Lot> | undefined;
  readonly nextDueMs: number | null;
}

/** Writes these accounts; their rows must be locked. */
export async function updateAccounts(
  client: pg.ClientBase,
  updates: readonly AccountUpdate[],
): Promise<void> {
  const figure = (pick: (account: Readonly<Account>) => number | Micro) =>
    numberArray(updates.map(({ account }) => pick(account)));
  const cursor = (pick: (lot: Readonly<Lot>) => number | Micro | null) =>
    numberArray(updates.map((update) => (update.cursor ? pick(update.cursor) : null)));
  await client.query({
    name: 'update-accounts',
    text: `
      UPDATE accounts AS a SET
        version = n.version, last_seq = n.last_seq, last_at_ms = n.last_at_ms, last_lot = n.last_lot,
        balance = n.balance, balance_money = n.balance_money, held = n.held, debt = n.debt,
        debt_limit = n.debt_limit, banned = n.banned, next_due_ms = n.next_due_ms,
        cursor_lot = n.cursor_lot, cursor_priority = n.cursor_priority,
        cursor_expires_at_ms = n.cursor_expires_at_ms, cursor_remaining = n.cursor_remaining,
        cursor_money = n.cursor_money, cursor_held = n.cursor_held
      FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[], $5::integer[],
        $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::boolean[], $12::bigint[],
        $13::integer[], $14::smallint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[]
      ) AS n (account_id, version, last_seq, last_at_ms, last_lot,
        balance, balance_money, held, debt, debt_limit, banned, next_due_ms,
        cursor_lot, cursor_priority, cursor_expires_at_ms, cursor_remaining, cursor_money, cursor_held)
      WHERE a.account_id = n.account_id AND a.account_id = ANY($1::bigint[])`,
    values: [
      figure((account) => account.accountId),
      figure((account) => account.version),
      figure((account) => account.lastSeq),
      figure((account) => account.lastAtMs),
      figure((account) => account.lastLot),
      figure((account) => account.balance),
      figure((account) => account.balanceMoney),
      figure((account) => account.held),
      figure((account) => account.debt),
      figure((account) => account.debtLimit),
      booleanArray(updates.map(({ account }) => account.banned)),
      numberArray(updates.map(({ nextDueMs }) => nextDueMs)),
      cursor((lot) => lot.lot),
      cursor((lot) => lot.priority),
      cursor((lot) => lot.expiresAtMs),
      cursor((lot) => lot.remaining),
      cursor((lot) => lot.remainingMoney),
      cursor((lot) => lot.held),
    ],
  });
}
