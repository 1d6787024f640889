import type pg from 'pg';
import type { Account } from '../ledger/account.ts';
import type { Micro } from '../ledger/amount.ts';
import type { Lot } from '../ledger/lot.ts';
import { numberArray, readNumberRows } from './array-parameter.ts';
import { arrayParameter, arraysOf, type Column, columnsOf, namesOf } from './columns.ts';
import type { Transaction } from './database.ts';

/** What an account's row says: its figures, the lot that burns first, and when something falls due. */
export interface AccountRow {
  readonly account: Account;
  /** The open lot that burns first, with its true figures; its own row is stale while it is the cursor. */
  readonly cursor: Lot | undefined;
  /** The earliest instant at which free credit falls due. */
  readonly nextDueMs: number | null;
  /** The earliest end of an open hold. */
  readonly holdDueMs: number | null;
}

/**
 * Locks the rows of these accounts, in the order of their numbers, so that two batches never wait for each other,
 * and returns them. After a wait PostgreSQL reads the locked row itself again, so it is the newest; anything else
 * (lots, debts, keys, the time) would be from before the wait and is for later statements to read.
 *
 * @param ids an array parameter of account ids.
 */
export async function lockAccounts(client: pg.ClientBase, ids: Buffer): Promise<AccountRow[]> {
  const { rows } = await client.query<[string | null]>({
    name: 'lock-accounts',
    text: `
      SELECT ${ROWS_AS_TEXT}
      FROM (
        SELECT * FROM accounts WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE
      ) AS locked`,
    values: [ids],
    rowMode: 'array',
  });
  return toAccountRows(readNumberRows(rows[0]?.[0] ?? null));
}

/** Reads the same of one account without a lock, in a snapshot of the caller's. */
export async function readAccountRow(tx: Transaction, accountId: number): Promise<AccountRow | undefined> {
  const { rows } = await tx.query<[string | null]>({
    name: 'read-account-row',
    text: `SELECT ${ROWS_AS_TEXT} FROM accounts WHERE account_id = $1`,
    values: [accountId],
    rowMode: 'array',
  });
  return toAccountRows(readNumberRows(rows[0]?.[0] ?? null))[0];
}

/** Columns of the rows in the order in which toAccountRow takes them. */
const COLUMNS = [
  'account_id version last_seq last_at_ms last_lot balance balance_money held debt debt_limit banned::int',
  'next_due_ms cursor_lot cursor_priority cursor_expires_at_ms cursor_remaining cursor_money cursor_held',
  'last_hold hold_due_ms',
]
  .join(' ')
  .split(' ');

// All rows as one text: a value of its own for every column of every row costs the driver several times more.
const ROWS_AS_TEXT = `string_agg(concat(${COLUMNS.join(`, ',', `)}), ',')`;

/** Like lockAccounts, but waits for nobody. @returns the accounts that it could lock. */
export async function lockFreeAccounts(client: pg.ClientBase, ids: Buffer): Promise<number[]> {
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

function toAccountRows(numbers: readonly (number | null)[]): AccountRow[] {
  const rows: AccountRow[] = [];
  for (let at = 0; at < numbers.length; at += COLUMNS.length) rows.push(toAccountRow(numbers, at));
  return rows;
}

function toAccountRow(numbers: readonly (number | null)[], at: number): AccountRow {
  return {
    account: {
      accountId: numbers[at] ?? 0,
      version: numbers[at + 1] ?? 0,
      lastSeq: numbers[at + 2] ?? 0,
      lastAtMs: numbers[at + 3] ?? 0,
      lastLot: numbers[at + 4] ?? 0,
      balance: toMicro(numbers[at + 5]),
      balanceMoney: toMicro(numbers[at + 6]),
      held: toMicro(numbers[at + 7]),
      debt: toMicro(numbers[at + 8]),
      debtLimit: toMicro(numbers[at + 9]),
      banned: numbers[at + 10] === 1,
      lastHold: numbers[at + 18] ?? 0,
    },
    nextDueMs: numbers[at + 11] ?? null,
    cursor: toCursor(numbers, at + 12),
    holdDueMs: numbers[at + 19] ?? null,
  };
}

/** Most of these figures are 0, which need not be made anew. */
function toMicro(number: number | null | undefined): Micro {
  return number ? BigInt(number) : 0n;
}

function toCursor(numbers: readonly (number | null)[], at: number): Lot | undefined {
  const lot = numbers[at] ?? null;
  if (lot === null) return undefined;
  return {
    lot,
    priority: numbers[at + 1] ?? 0,
    expiresAtMs: numbers[at + 2] ?? null,
    remaining: toMicro(numbers[at + 3]),
    remainingMoney: toMicro(numbers[at + 4]),
    held: toMicro(numbers[at + 5]),
    expiryNoted: false,
  };
}

/** How much of an account's row a batch changed: the less, the cheaper it is to write. */
export type AccountChangeSize =
  /** What spends out of the cursor's lot change, which is the usual case. */
  | 'burnt'
  /** That, and what holds change that pin the cursor's lot. */
  | 'held'
  | 'all';

/** An account after its commands. */
export interface AccountUpdate {
  readonly account: Readonly<Account>;
  readonly cursor: Readonly<Lot> | undefined;
  readonly nextDueMs: number | null;
  readonly holdDueMs: number | null;
  readonly size: AccountChangeSize;
}

const column = columnsOf<AccountUpdate>();

const BURNT_COLUMNS = [
  column('version', 'bigint', ({ account }) => account.version),
  column('last_seq', 'integer', ({ account }) => account.lastSeq),
  column('last_at_ms', 'bigint', ({ account }) => account.lastAtMs),
  column('balance', 'bigint', ({ account }) => account.balance),
  column('balance_money', 'bigint', ({ account }) => account.balanceMoney),
  column('cursor_remaining', 'bigint', ({ cursor }) => cursor?.remaining),
  column('cursor_money', 'bigint', ({ cursor }) => cursor?.remainingMoney),
];

const HELD_COLUMNS = [
  ...BURNT_COLUMNS,
  column('held', 'bigint', ({ account }) => account.held),
  column('last_hold', 'integer', ({ account }) => account.lastHold),
  column('hold_due_ms', 'bigint', ({ holdDueMs }) => holdDueMs),
  column('cursor_held', 'bigint', ({ cursor }) => cursor?.held),
];

const ALL_COLUMNS = [
  ...HELD_COLUMNS,
  column('last_lot', 'integer', ({ account }) => account.lastLot),
  column('debt', 'bigint', ({ account }) => account.debt),
  column('debt_limit', 'bigint', ({ account }) => account.debtLimit),
  column('banned', 'boolean', ({ account }) => Number(account.banned)),
  column('next_due_ms', 'bigint', ({ nextDueMs }) => nextDueMs),
  column('cursor_lot', 'integer', ({ cursor }) => cursor?.lot),
  column('cursor_priority', 'smallint', ({ cursor }) => cursor?.priority),
  column('cursor_expires_at_ms', 'bigint', ({ cursor }) => cursor?.expiresAtMs),
];

function updateStatement(columns: readonly Column<AccountUpdate>[]): string {
  return `
    UPDATE accounts AS a SET ${columns.map(({ name }) => `${name} = n.${name}`).join(', ')}
    FROM unnest($1::bigint[], ${arraysOf(columns, 2)}) AS n (account_id, ${namesOf(columns)})
    WHERE a.account_id = n.account_id AND a.account_id = ANY($1::bigint[])`;
}

const UPDATES = {
  burnt: { columns: BURNT_COLUMNS, text: updateStatement(BURNT_COLUMNS) },
  held: { columns: HELD_COLUMNS, text: updateStatement(HELD_COLUMNS) },
  all: { columns: ALL_COLUMNS, text: updateStatement(ALL_COLUMNS) },
} as const;

/** Writes these accounts, each as much of it as was changed; their rows must be locked. */
export async function updateAccounts(
  client: pg.ClientBase,
  updates: readonly AccountUpdate[],
): Promise<void> {
  const write = async (size: AccountChangeSize) => {
    const rows = updates.filter((update) => update.size === size);
    if (rows.length === 0) return;
    const { columns, text } = UPDATES[size];
    const ids = numberArray(rows.map(({ account }) => account.accountId));
    const values = columns.map((each) => arrayParameter(each, rows));
    await client.query({ name: `update-accounts-${size}`, text, values: [ids, ...values] });
  };
  await Promise.all([write('burnt'), write('held'), write('all')]);
}
