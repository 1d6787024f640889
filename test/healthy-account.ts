import type {
  AuditedChange,
  AuditedEntry,
  AuditedHold,
  AuditedLimits,
  AuditedLot,
  AuditedRows,
} from '../src/ledger/audit-words.ts';
import type { Queryable } from '../src/store/database.ts';

/** Rows that a test may change. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** A slice as it stands in the JSON of an entry. */
export interface SliceRow {
  lot?: number;
  debt?: number;
  amount: number;
  money: number;
  opens?: boolean;
  undoes?: { entry: number; slice: number };
}
/** Everything about one account, to be corrupted. */
export interface Rows extends Omit<Writable<AuditedRows>, 'account' | 'lots' | 'debts' | 'limits'> {
  account: Writable<AuditedRows['account']>;
  lots: Writable<AuditedLot>[];
  debts: Writable<AuditedRows['debts'][number]>[];
  entries: (Omit<Writable<AuditedEntry>, 'slices'> & { slices: SliceRow[] })[];
  changes: Writable<AuditedChange>[];
  holds: (Omit<Writable<AuditedHold>, 'pins'> & { pins: PinRow[] })[];
  limits: Writable<AuditedLimits> | null;
}
/** A pin as it stands in the JSON of a hold. */
export interface PinRow {
  lot: number;
  amount: number;
}

/** [version, atMs, kind, slices, debt limit] of a history in which everything happens that can. */
const HISTORY: readonly [number, number, string, SliceRow[], bigint][] = [
  [1, 1000, 'grant', [{ lot: 1, amount: 100, money: 90, opens: true }], 0n],
  [2, 1000, 'grant', [{ lot: 2, amount: 50, money: 50, opens: true }], 0n],
  [
    4,
    1100,
    'spend',
    [
      { lot: 2, amount: -50, money: -50 },
      { lot: 1, amount: -10, money: -9 },
    ],
    30n,
  ],
  [5, 5000, 'expiry', [{ lot: 1, amount: -90, money: -81 }], 30n],
  [6, 5100, 'spend', [{ debt: 5, amount: -20, money: 0 }], 30n],
  [7, 5200, 'adjustment', [{ debt: 6, amount: -7, money: 0 }], 30n],
  [9, 6000, 'grant', [{ lot: 3, amount: 100, money: 10, opens: true }], 30n],
  [
    10,
    6000,
    'settlement',
    [
      { lot: 3, amount: -20, money: -2 },
      { debt: 5, amount: 20, money: 0 },
      { lot: 3, amount: -7, money: -1 },
      { debt: 6, amount: 7, money: 0 },
    ],
    30n,
  ],
  [12, 6100, 'adjustment', [{ lot: 4, amount: 40, money: 0, opens: true }], 30n],
  [13, 6200, 'spend', [{ lot: 4, amount: -5, money: 0 }], 30n],
];

/** What entries say that are no captures, refunds or voids, and were asked for without a key. */
export const NO_RELATION = {
  ...{ hasKey: false, hold: null, captured: null, remaining: null, undoes: null, refundable: null },
} as const;

function sum(slices: readonly SliceRow[], of: 'amount' | 'money'): bigint {
  return slices.reduce((total, slice) => total + BigInt(slice[of]), 0n);
}

function entryRows(): Rows['entries'] {
  let balance = 0n;
  let balanceMoney = 0n;
  return HISTORY.map(([version, atMs, kind, slices, debtLimit], index) => {
    const amount = sum(slices, 'amount');
    const amountMoney = sum(slices, 'money');
    balance += amount;
    balanceMoney += amountMoney;
    const figures = { amount, amountMoney, balance, balanceMoney, held: 0n };
    const own = slices.map((slice) => ({ ...slice }));
    const limits = { debtLimit, softLimit: 0n, hardLimit: 0n };
    return {
      ...{ seq: index + 1, version, atMs, kind, ...figures, ...limits, slices: own, author: 'cli' },
      ...NO_RELATION,
    };
  });
}

/** @returns a lot with nothing left in it. */
export function lotRow(
  lot: number,
  openedBySeq: number,
  amount: bigint,
  money: bigint,
): Writable<AuditedLot> {
  const place = { priority: 50, expiresAtMs: null };
  const use = { remaining: 0n, remainingMoney: 0n, held: 0n, writtenOff: 0n, writtenOffAtMs: null };
  return { lot, openedBySeq, amount, money, ...place, ...use };
}

/** @returns an account to which everything has happened. Lot 4 is the cursor, so its own row is late. */
export function healthyAccount(): Rows {
  const entries = entryRows();
  const change = (version: number, atMs: number, kind: string) => ({
    ...{ version, atMs, kind, held: 0n, debtLimit: 30n, softLimit: 0n, hardLimit: 0n, author: 'cli' },
    ...{ hasKey: false, hold: null, attempt: null, reserved: null, expiresAtMs: null, pins: null },
    balance: null,
  });
  return {
    account: {
      ...{ accountId: 7, ledgerId: 2, version: 13, lastSeq: 10, lastAtMs: 6200, lastLot: 4 },
      ...{ balance: 108n, balanceMoney: 7n, held: 0n, debt: 0n, debtLimit: 30n, banned: false },
      ...{ nextDueMs: 9000, holdDueMs: null, lastHold: 0 },
      cursor: { lot: 4, priority: 50, expiresAtMs: 9000, remaining: 35n, money: 0n, held: 0n },
    },
    lots: [
      { ...lotRow(1, 1, 100n, 90n), expiresAtMs: 5000, writtenOff: 90n, writtenOffAtMs: 5000 },
      { ...lotRow(2, 2, 50n, 50n), priority: 10 },
      { ...lotRow(3, 7, 100n, 10n), remaining: 73n, remainingMoney: 7n },
      { ...lotRow(4, 9, 40n, 0n), expiresAtMs: 9000, remaining: 40n },
    ],
    debts: [
      { seq: 5, amount: 20n, open: 0n },
      { seq: 6, amount: 7n, open: 0n },
    ],
    keyClashes: [],
    references: [{ what: 'its customer', ledgerId: 2 }],
    entries,
    changes: [change(3, 1050, 'debt-limit'), change(8, 5300, 'ban'), change(11, 6050, 'unban')],
    holds: [],
    limits: null,
    timeZone: 'UTC',
    undone: new Set(),
  };
}

/** Puts an account with its customer and a session into the ledger of these rows, as they are. */
export async function storeAccount(queryable: Queryable, rows: Rows): Promise<void> {
  const { account } = rows;
  const { accountId, ledgerId, cursor } = account;
  const insert = async (table: string, columns: Record<string, unknown>) => {
    const names = Object.keys(columns);
    const places = names.map((_, index) => `$${index + 1}`);
    await queryable.query(
      `INSERT INTO ${table} (${names.join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${places.join(', ')})`,
      Object.values(columns),
    );
  };
  const own = { account_id: accountId };
  const email = `customer${accountId}@example.com`;
  const cuRefNo = String(accountId).padStart(16, '0');
  await insert('customers', { ...own, ledger_id: ledgerId, cu_ref_no: cuRefNo, email });
  const inThreeMonths = new Date(Date.now() + 90 * 86_400_000);
  const hash = Buffer.alloc(32, String(accountId));
  await insert('sessions', { ...own, ledger_id: ledgerId, identity_hash: hash, expires_at: inThreeMonths });
  const { version, lastSeq, lastAtMs, lastLot, balance, balanceMoney, held, debt, debtLimit, banned } =
    account;
  await insert('accounts', {
    ...{ ...own, ledger_id: ledgerId, version, last_seq: lastSeq, last_at_ms: lastAtMs, last_lot: lastLot },
    ...{ last_hold: account.lastHold, hold_due_ms: account.holdDueMs },
    ...{ balance, balance_money: balanceMoney, held, debt, debt_limit: debtLimit, banned },
    ...{ next_due_ms: account.nextDueMs, cursor_lot: cursor?.lot, cursor_priority: cursor?.priority },
    ...{ cursor_expires_at_ms: cursor?.expiresAtMs, cursor_remaining: cursor?.remaining },
    ...{ cursor_money: cursor?.money, cursor_held: cursor?.held },
  });
  for (const lot of rows.lots) {
    await insert('lots', {
      ...{ ...own, lot: lot.lot, opened_by_seq: lot.openedBySeq, amount: lot.amount, money: lot.money },
      ...{ priority: lot.priority, expires_at_ms: lot.expiresAtMs, remaining: lot.remaining },
      ...{ remaining_money: lot.remainingMoney, held: lot.held, written_off: lot.writtenOff },
      written_off_at_ms: lot.writtenOffAtMs,
    });
  }
  for (const { seq, amount, open } of rows.debts) await insert('debts', { ...own, seq, amount, open });
  for (const entry of rows.entries) {
    await insert('entries', {
      ...{ ...own, seq: entry.seq, version: entry.version, attempt: 0, at_ms: entry.atMs, kind: entry.kind },
      ...{ amount: entry.amount, amount_money: entry.amountMoney, balance: entry.balance },
      ...{ balance_money: entry.balanceMoney, held: entry.held, debt_limit: entry.debtLimit },
      ...{ slices: JSON.stringify(entry.slices), author: entry.author },
      ...{ soft_limit: entry.softLimit, hard_limit: entry.hardLimit, hold: entry.hold, undoes: entry.undoes },
      ...{ captured: entry.captured, remaining: entry.remaining, refundable: entry.refundable },
      ...(entry.hasKey ? key(entry.version) : {}),
    });
  }
  for (const change of rows.changes) {
    await insert('account_changes', {
      ...{ ...own, version: change.version, at_ms: change.atMs, kind: change.kind, author: change.author },
      ...{ held: change.held, debt_limit: change.debtLimit, soft_limit: change.softLimit },
      ...{
        hard_limit: change.hardLimit,
        hold: change.hold,
        attempt: change.attempt,
        reserved: change.reserved,
      },
      ...{ expires_at_ms: change.expiresAtMs, balance: change.balance },
      pins: change.pins && JSON.stringify(change.pins),
      ...(change.hasKey ? key(change.version) : {}),
    });
  }
  for (const hold of rows.holds) {
    await insert('holds', {
      ...{ ...own, hold: hold.hold, attempt: hold.attempt, created_at_ms: hold.createdAtMs },
      ...{ expires_at_ms: hold.expiresAtMs, reserved: hold.reserved, unpinned: hold.unpinned },
      ...{ captured: hold.captured, pins: JSON.stringify(hold.pins), ended_by: hold.endedBy },
      ended_at_ms: hold.endedAtMs,
    });
  }
  if (!rows.limits) return;
  const { softLimit, hardLimit, monthFromMs, monthToMs, monthUsed } = rows.limits;
  await insert('account_limits', {
    ...{ ...own, soft_limit: softLimit, hard_limit: hardLimit, month_from_ms: monthFromMs },
    ...{ month_to_ms: monthToMs, month_used: monthUsed },
  });
}

/** @returns the columns of an idempotency key that no other version has. */
function key(version: number): Record<string, string> {
  const digits = String(version).padStart(12, '0');
  return { key_hash: `00000000-0000-0000-0000-${digits}`, request_hash: `00000000-0000-0000-0001-${digits}` };
}
