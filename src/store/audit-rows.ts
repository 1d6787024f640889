import type { AuditedAccount, AuditedDebt, AuditedLimits, AuditedLot } from '../ledger/audit-words.ts';
import type { Transaction } from './database.ts';

/** Accounts `after` < id <= `upTo`: what one snapshot of `purser verify` looks at, strays without an account included. */
export interface AccountRange {
  readonly after: number;
  readonly upTo: number;
}

/** The last row that was read, to read on behind it; rows are ordered by account, then by `key`. */
export interface RowPosition {
  readonly accountId: number;
  readonly key: number;
}

/** A row with the account it says it belongs to. */
export type Of<T> = T & { readonly accountId: number };

/** A row as pg hands it out: bigint columns as text. */
export type Stored<T> = {
  readonly [K in keyof T]: T[K] extends bigint | number | null ? string | null : T[K];
};

/** @returns an instant or an id as a number. */
export function whole(value: string | null): number | null {
  return value === null ? null : Number(value);
}

/** @returns up to `limit` accounts after this one, the next in order, with the number of their entries. */
export async function readAccountSizes(
  tx: Transaction,
  after: number,
  limit: number,
): Promise<{ accountId: number; entries: number }[]> {
  const { rows } = await tx.query<{ accountId: string; entries: number }>(
    `SELECT account_id AS "accountId", last_seq AS entries FROM accounts
     WHERE account_id > $1 ORDER BY account_id LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => ({ accountId: Number(row.accountId), entries: row.entries }));
}

/** @returns the database's time in Unix milliseconds. */
export async function readClock(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ nowMs: string }>(
    `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"`,
  );
  return Number(rows[0]?.nowMs);
}

/** @returns the rows of these accounts. */
export async function readAuditedAccounts(tx: Transaction, range: AccountRange): Promise<AuditedAccount[]> {
  type Row = Stored<Omit<AuditedAccount, 'banned' | 'cursor' | 'lastSeq' | 'lastLot' | 'lastHold'>> & {
    readonly banned: boolean;
    readonly lastSeq: number;
    readonly lastLot: number;
    readonly lastHold: number;
    readonly cursorLot: number | null;
    readonly cursorPriority: number | null;
    readonly cursorExpiresAtMs: string | null;
    readonly cursorRemaining: string | null;
    readonly cursorMoney: string | null;
    readonly cursorHeld: string | null;
  };
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", ledger_id AS "ledgerId", version, last_seq AS "lastSeq",
       last_at_ms AS "lastAtMs", last_lot AS "lastLot", last_hold AS "lastHold", balance,
       balance_money AS "balanceMoney", held, debt, debt_limit AS "debtLimit", banned,
       next_due_ms AS "nextDueMs", hold_due_ms AS "holdDueMs", cursor_lot AS "cursorLot",
       cursor_priority AS "cursorPriority", cursor_expires_at_ms AS "cursorExpiresAtMs",
       cursor_remaining AS "cursorRemaining", cursor_money AS "cursorMoney", cursor_held AS "cursorHeld"
     FROM accounts WHERE account_id > $1 AND account_id <= $2 ORDER BY account_id`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    ledgerId: Number(row.ledgerId),
    version: Number(row.version),
    lastSeq: row.lastSeq,
    lastAtMs: Number(row.lastAtMs),
    lastLot: row.lastLot,
    lastHold: row.lastHold,
    balance: BigInt(row.balance ?? 0),
    balanceMoney: BigInt(row.balanceMoney ?? 0),
    held: BigInt(row.held ?? 0),
    debt: BigInt(row.debt ?? 0),
    debtLimit: BigInt(row.debtLimit ?? 0),
    banned: row.banned,
    nextDueMs: whole(row.nextDueMs),
    holdDueMs: whole(row.holdDueMs),
    cursor:
      row.cursorLot === null
        ? null
        : {
            lot: row.cursorLot,
            priority: row.cursorPriority ?? -1,
            expiresAtMs: whole(row.cursorExpiresAtMs),
            remaining: BigInt(row.cursorRemaining ?? 0),
            money: BigInt(row.cursorMoney ?? 0),
            held: BigInt(row.cursorHeld ?? 0),
          },
  }));
}

/**
 * Reads lots' own rows, not the view: its join of a range would be planned over all accounts; the audit lays
 * the cursor over them itself.
 *
 * @returns up to `limit` lots behind this position, ordered by account and lot.
 */
export async function readAuditedLots(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedLot>[]> {
  type Row = Stored<Omit<Of<AuditedLot>, 'lot' | 'openedBySeq' | 'priority'>> &
    Pick<AuditedLot, 'lot' | 'openedBySeq' | 'priority'>;
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", lot, opened_by_seq AS "openedBySeq", amount, money, priority,
       expires_at_ms AS "expiresAtMs", remaining, remaining_money AS "remainingMoney", held,
       written_off AS "writtenOff", written_off_at_ms AS "writtenOffAtMs"
     FROM lots WHERE (account_id, lot) > ($1, $2) AND account_id <= $3
     ORDER BY account_id, lot LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    lot: row.lot,
    openedBySeq: row.openedBySeq,
    amount: BigInt(row.amount ?? 0),
    money: BigInt(row.money ?? 0),
    priority: row.priority,
    expiresAtMs: whole(row.expiresAtMs),
    remaining: BigInt(row.remaining ?? 0),
    remainingMoney: BigInt(row.remainingMoney ?? 0),
    held: BigInt(row.held ?? 0),
    writtenOff: BigInt(row.writtenOff ?? 0),
    writtenOffAtMs: whole(row.writtenOffAtMs),
  }));
}

/** @returns up to `limit` debts behind this position, ordered by account and seq. */
export async function readAuditedDebts(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedDebt>[]> {
  const { rows } = await tx.query<{ accountId: string; seq: number; amount: string; open: string }>(
    `SELECT account_id AS "accountId", seq, amount, open FROM debts
     WHERE (account_id, seq) > ($1, $2) AND account_id <= $3 ORDER BY account_id, seq LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map(({ accountId, seq, amount, open }) => ({
    accountId: Number(accountId),
    seq,
    amount: BigInt(amount),
    open: BigInt(open),
  }));
}

/** @returns the monthly limits of the accounts of this range that have any. */
export async function readAuditedLimits(tx: Transaction, range: AccountRange): Promise<Of<AuditedLimits>[]> {
  const { rows } = await tx.query<Stored<Of<AuditedLimits>>>(
    `SELECT account_id AS "accountId", soft_limit AS "softLimit", hard_limit AS "hardLimit",
       month_from_ms AS "monthFromMs", month_to_ms AS "monthToMs", month_used AS "monthUsed"
     FROM account_limits WHERE account_id > $1 AND account_id <= $2`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    softLimit: BigInt(row.softLimit ?? 0),
    hardLimit: BigInt(row.hardLimit ?? 0),
    monthFromMs: Number(row.monthFromMs),
    monthToMs: Number(row.monthToMs),
    monthUsed: BigInt(row.monthUsed ?? 0),
  }));
}
