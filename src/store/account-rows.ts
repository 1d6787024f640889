import type pg from 'pg';
import type { Account } from '../ledger/account.ts';
import type { Micro } from '../ledger/amount.ts';
import type { Lot } from '../ledger/lot.ts';
import { type NumberType, numberArray } from './array-parameter.ts';

/** What an account's row says: its figures, the lot that burns first, and when something falls due. */
export interface AccountRow {
  readonly account: Account;
  /** The open lot that burns first, with its true figures; its own row is stale while it is the cursor. */
  readonly cursor: Lot | undefined;
  readonly nextDueMs: number | null;
}

/**
 * Locks the rows of these accounts, in the order of their numbers, so that two batches never wait for each other,
 * and returns them. After a wait PostgreSQL reads the locked row itself again, so it is the newest; anything else
 * (lots, debts, keys, the time) would be from before the wait and is for later statements to read.
 *
 * @param ids an array parameter of account ids.
 */
export async function lockAccounts(client: pg.ClientBase, ids: Buffer): Promise<AccountRow[]> {
  const { rows } = await client.query<AccountColumns>({
    name: 'lock-accounts',
    text: `
      SELECT account_id, version, last_seq, last_at_ms, last_lot,
        balance, balance_money, held, debt, debt_limit, banned,
        next_due_ms, cursor_lot, cursor_priority,
        cursor_expires_at_ms, cursor_remaining, cursor_money, cursor_held
      FROM accounts WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(toAccountRow);
}

/** Reads the database's time, in Unix milliseconds; only true for a batch once its accounts are locked (rule 10). */
export async function readClock(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<[string]>({
    name: 'read-clock',
    text: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
    rowMode: 'array',
  });
  return Number(rows[0]?.[0]);
}

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

type AccountColumns = [
  ...[id: string, version: string, lastSeq: number, lastAtMs: string, lastLot: number],
  ...[balance: string, balanceMoney: string, held: string, debt: string, debtLimit: string, banned: boolean],
  nextDueMs: string | null,
  ...[cursorLot: number | null, cursorPriority: number, cursorExpiresAtMs: string | null],
  ...[cursorRemaining: string, cursorMoney: string, cursorHeld: string],
];

function toAccountRow(columns: AccountColumns): AccountRow {
  const [id, version, lastSeq, lastAtMs, lastLot, balance, balanceMoney, held, debt, debtLimit, banned] =
    columns;
  const nextDueMs = columns[11];
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
    cursor: toCursor(columns),
    nextDueMs: nextDueMs === null ? null : Number(nextDueMs),
  };
}

function toCursor(columns: AccountColumns): Lot | undefined {
  const lot = columns[12];
  if (lot === null) return undefined;
  const expiresAtMs = columns[14];
  return {
    lot,
    priority: columns[13],
    expiresAtMs: expiresAtMs === null ? null : Number(expiresAtMs),
    remaining: BigInt(columns[15]),
    remainingMoney: BigInt(columns[16]),
    held: BigInt(columns[17]),
  };
}

/** An account after its commands. */
export interface AccountUpdate {
  readonly account: Readonly<Account>;
  readonly cursor: Readonly<Lot> | undefined;
  readonly nextDueMs: number | null;
  /** Whether nothing changed but what spends out of the cursor's lot change, which is the usual case. */
  readonly onlyBurnt: boolean;
}

type Column = readonly [
  name: string,
  type: NumberType,
  pick: (update: AccountUpdate) => number | Micro | null,
];

/** Columns that a spend out of the cursor's lot moves. */
const BURNT_COLUMNS: readonly Column[] = [
  ['version', 'bigint', ({ account }) => account.version],
  ['last_seq', 'integer', ({ account }) => account.lastSeq],
  ['last_at_ms', 'bigint', ({ account }) => account.lastAtMs],
  ['balance', 'bigint', ({ account }) => account.balance],
  ['balance_money', 'bigint', ({ account }) => account.balanceMoney],
  ['cursor_remaining', 'bigint', ({ cursor }) => cursor?.remaining ?? null],
  ['cursor_money', 'bigint', ({ cursor }) => cursor?.remainingMoney ?? null],
];

const ALL_COLUMNS: readonly Column[] = [
  ...BURNT_COLUMNS,
  ['last_lot', 'integer', ({ account }) => account.lastLot],
  ['held', 'bigint', ({ account }) => account.held],
  ['debt', 'bigint', ({ account }) => account.debt],
  ['debt_limit', 'bigint', ({ account }) => account.debtLimit],
  ['banned', 'boolean', ({ account }) => Number(account.banned)],
  ['next_due_ms', 'bigint', ({ nextDueMs }) => nextDueMs],
  ['cursor_lot', 'integer', ({ cursor }) => cursor?.lot ?? null],
  ['cursor_priority', 'smallint', ({ cursor }) => cursor?.priority ?? null],
  ['cursor_expires_at_ms', 'bigint', ({ cursor }) => cursor?.expiresAtMs ?? null],
  ['cursor_held', 'bigint', ({ cursor }) => cursor?.held ?? null],
];

function updateStatement(columns: readonly Column[]): string {
  const names = columns.map(([name]) => name);
  const arrays = columns.map(([, type], i) => `$${i + 2}::${type}[]`);
  return `
    UPDATE accounts AS a SET ${names.map((name) => `${name} = n.${name}`).join(', ')}
    FROM unnest($1::bigint[], ${arrays.join(', ')}) AS n (account_id, ${names.join(', ')})
    WHERE a.account_id = n.account_id AND a.account_id = ANY($1::bigint[])`;
}

const UPDATE_BURNT = updateStatement(BURNT_COLUMNS);
const UPDATE_ALL = updateStatement(ALL_COLUMNS);

/** Writes these accounts; their rows must be locked. Most were only burnt from, and those cost half as much. */
export async function updateAccounts(
  client: pg.ClientBase,
  updates: readonly AccountUpdate[],
): Promise<void> {
  const write = async (name: string, text: string, columns: readonly Column[], rows: AccountUpdate[]) => {
    if (rows.length === 0) return;
    const ids = numberArray(rows.map(({ account }) => account.accountId));
    const values = columns.map(([, type, pick]) => numberArray(rows.map(pick), type));
    await client.query({ name, text, values: [ids, ...values] });
  };
  const burnt = updates.filter(({ onlyBurnt }) => onlyBurnt);
  const others = updates.filter(({ onlyBurnt }) => !onlyBurnt);
  await Promise.all([
    write('update-burnt-accounts', UPDATE_BURNT, BURNT_COLUMNS, burnt),
    write('update-accounts', UPDATE_ALL, ALL_COLUMNS, others),
  ]);
}
