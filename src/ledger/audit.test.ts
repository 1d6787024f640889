import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Fault, findsAll, put } from '../../test/corrupt-account.ts';
import {
  healthyAccount,
  lotRow,
  type Rows,
  type SliceRow,
  type Writable,
} from '../../test/healthy-account.ts';
import { audit } from './audit.ts';
import type { AuditedRows } from './audit-words.ts';

function at<T>(rows: readonly T[], index: number): T {
  const row = rows[index];
  assert(row !== undefined, `there is no row ${index}`);
  return row;
}

function add<K extends string>(row: { [key in K]: bigint }, member: K, more: bigint): void {
  row[member] += more;
}

const FAULTS: readonly Fault[] = [
  ['I1', 'an entry is missing', (rows) => rows.entries.splice(9, 1)],
  ['I1', 'a seq is left out', (rows) => put(at(rows.entries, 9), { seq: 12 }), /follows entry 9/],
  ['I1', 'an entry stands twice', (rows) => void rows.entries.push({ ...at(rows.entries, 9) })],
  ['I1', 'a balance does not follow', (rows) => add(at(rows.entries, 4), 'balance', 1n)],
  ['I1', 'a sum of money does not follow', (rows) => add(at(rows.entries, 4), 'balanceMoney', 1n)],
  ['I1', "the account's balance is another", (rows) => add(rows.account, 'balance', 1n)],
  ['I1', "the account's money is another", (rows) => add(rows.account, 'balanceMoney', 1n)],
  ['I1', "the account's last seq is another", (rows) => put(rows.account, { lastSeq: 11 })],
  ['I1', "the account's version is another", (rows) => put(rows.account, { version: 14 })],
  ['I1', "the account's last instant is another", (rows) => put(rows.account, { lastAtMs: 6201 })],
  ['I1', "the account's ban is another", (rows) => put(rows.account, { banned: true })],
  ['I1', "the account's debt limit is another", (rows) => put(rows.account, { debtLimit: 0n })],
  ['I1', 'a version is left out', (rows) => put(at(rows.changes, 2), { version: 14 })],
  ['I1', 'a change is missing', (rows) => rows.changes.splice(1, 1)],
  ['I1', 'a change is of an unknown kind', (rows) => put(at(rows.changes, 1), { kind: 'holiday' })],
  ['I2', 'a lot has less than its slices left', (rows) => add(at(rows.lots, 2), 'remaining', -1n)],
  ['I2', 'a lot has other money', (rows) => add(at(rows.lots, 2), 'remainingMoney', 1n), /its slices leave/],
  ['I2', 'more is left than ever was', (rows) => put(at(rows.lots, 2), { remaining: 101n })],
  ['I2', 'more is held than is left', (rows) => put(at(rows.lots, 2), { held: 74n })],
  ['I2', 'less than nothing is held', (rows) => put(at(rows.lots, 2), { held: -1n })],
  ['I2', 'less than nothing is left', (rows) => put(at(rows.lots, 1), { remaining: -1n })],
  [
    'I2',
    'a lot has more money than ever',
    (rows) => add(at(rows.lots, 2), 'remainingMoney', 99n),
    /<= money/,
  ],
  ['I2', 'an empty lot has money', (rows) => put(at(rows.lots, 1), { remainingMoney: 1n }), /is empty, but/],
  ['I2', 'a lot brought another amount', (rows) => put(at(rows.lots, 1), { amount: 60n })],
  ['I2', 'a lot brought other money', (rows) => put(at(rows.lots, 1), { money: 60n })],
  ['I2', 'a lot names another entry', (rows) => put(at(rows.lots, 1), { openedBySeq: 1 })],
  ['I2', 'a lot that no entry opened', (rows) => void rows.lots.push(lotRow(5, 9, 1n, 1n)), /by no entry/],
  ['I2', 'a lot is missing', (rows) => rows.lots.splice(1, 1)],
  ['I2', "an adjustment's lot has a priority", (rows) => put(at(rows.lots, 3), { priority: 49 })],
  ['I2', 'the sum written off is another', (rows) => put(at(rows.lots, 0), { writtenOff: 89n })],
  ['I2', 'the instant of an expiry is another', (rows) => put(at(rows.lots, 0), { writtenOffAtMs: 5001 })],
  ['I2', 'the cursor has another remaining', (rows) => put(cursorOf(rows), { remaining: 34n })],
  ['I2', 'the cursor has other money', (rows) => put(cursorOf(rows), { money: 1n })],
  ['I2', 'the cursor has another priority', (rows) => put(cursorOf(rows), { priority: 49 })],
  ['I2', 'the cursor has another expiry', (rows) => put(cursorOf(rows), { expiresAtMs: null })],
  ['I9', 'the cursor holds something', (rows) => put(cursorOf(rows), { held: 1n })],
  ['I2', 'the cursor is gone', (rows) => put(rows.account, { cursor: null })],
  ['I2', 'the row of the cursor shows no free credit', (rows) => put(at(rows.lots, 3), { held: 40n })],
  ['I2', 'the cursor is not the lot that burns first', (rows) => moveCursor(rows)],
  ['I2', 'the next expiry is not known', (rows) => put(rows.account, { nextDueMs: null })],
  ['I2', 'the next expiry is expected late', (rows) => put(rows.account, { nextDueMs: 9001 })],
  ['I2', 'the last lot is another', (rows) => put(rows.account, { lastLot: 3 })],
  ['I2', 'a lot is opened twice', (rows) => put(slice(rows, 8, 0), { lot: 3 })],
  ['I2', 'a slice takes other money than its share', (rows) => otherMoney(rows)],
  ['I3', 'the balance is not what is left', (rows) => add(rows.account, 'balance', 1n)],
  ['I3', "the money is not the lots'", (rows) => add(rows.account, 'balanceMoney', 1n)],
  ['I3', "the account's debt is not its debts'", (rows) => put(rows.account, { debt: 1n }), /debts are/],
  ['I3', 'a paid debt is still open', (rows) => put(at(rows.debts, 0), { open: 20n })],
  ['I3', 'a debt has another amount', (rows) => put(at(rows.debts, 0), { amount: 21n })],
  ['I3', 'a debt is not stored', (rows) => rows.debts.splice(0, 1)],
  ['I3', 'a debt that nobody owes', (rows) => void rows.debts.push({ seq: 9, amount: 1n, open: 0n })],
  ['I3', 'a debt beside free credit', (rows) => put(slice(rows, 9, 0, { debt: 10 }), { money: 0 })],
  ['I3', 'a settlement pays too much of a debt', (rows) => swapPaid(rows, 20, 7)],
  ['I3', 'the younger debt is paid first', (rows) => swapDebts(rows)],
  ['I3', 'a debt is not settled at once', (rows) => dropSettlement(rows)],
  ['I4', 'slices are not the amount', (rows) => put(slice(rows, 2, 0), { amount: -49 })],
  ['I4', "slices are not the entry's money", (rows) => put(slice(rows, 2, 0), { money: -49 })],
  ['I4', 'an amount is not its slices', (rows) => put(at(rows.entries, 2), { amount: -61n })],
  ['I4', 'a spend without slices', (rows) => put(at(rows.entries, 2), { slices: [] })],
  ['I4', 'slices are no list', (rows) => void Object.assign(at(rows.entries, 2), { slices: { lot: 1 } })],
  ['I4', 'a slice is no whole number', (rows) => put(slice(rows, 2, 0), { amount: -49.5 })],
  ['I4', 'a slice names lot and debt', (rows) => put(slice(rows, 2, 0), { debt: 3 })],
  ['I4', 'a debt slice has money', (rows) => put(slice(rows, 4, 0), { money: -1 })],
  ['I4', 'a spend gives', (rows) => put(slice(rows, 2, 0), { amount: 50 })],
  ['I4', 'a spend owes for another entry', (rows) => put(slice(rows, 4, 0), { debt: 4 })],
  ['I4', 'a grant opens no lot', (rows) => put(slice(rows, 0, 0), { opens: false })],
  ['I4', 'half a pair of a settlement', (rows) => void at(rows.entries, 7).slices.pop()],
  ['I4', 'a settlement takes from a debt', (rows) => void slice(rows, 7, 0, { debt: 3 })],
  ['I4', 'an expiry of debt', (rows) => void slice(rows, 3, 0, { debt: 4 })],
  ['I4', 'a kind that does not exist', (rows) => put(at(rows.entries, 2), { kind: 'gift' })],
  ['I5', 'a key on two entries', (rows) => put(rows, { keyClashes: [{ keyHash: 'ab', kind: 'twice' }] })],
  ['I5', 'a refused key', (rows) => put(rows, { keyClashes: [{ keyHash: 'ab', kind: 'refused' }] })],
  ['I5', 'a key that nobody sent', (rows) => put(at(rows.entries, 3), { hasKey: true })],
  ['I6', 'a spend from a due lot', (rows) => put(at(rows.lots, 3), { expiresAtMs: 6200 })],
  ['I6', 'a spend out of the burn order', (rows) => put(at(rows.lots, 1), { priority: 51 })],
  ['I6', 'a settlement from a due lot', (rows) => put(at(rows.lots, 2), { expiresAtMs: 6000 })],
  ['I6', 'an adjustment out of the burn order', (rows) => adjustLot3(rows)],
  ['I6', 'an expiry of a lot that never expires', (rows) => put(at(rows.lots, 0), { expiresAtMs: null })],
  ['I6', 'an expiry of a lot that is not due', (rows) => put(at(rows.lots, 0), { expiresAtMs: 5001 })],
  ['I6', 'an expiry of a part', (rows) => put(slice(rows, 3, 0), { amount: -89 })],
  ['I7', 'its customer is of another ledger', (rows) => refer(rows, 3)],
  ['I7', 'its customer is not there', (rows) => refer(rows, null)],
  ['I8', 'a spend beyond the debt limit', (rows) => rows.changes.splice(0, 1)],
  ['I8', 'a debt limit that nobody set', (rows) => put(at(rows.entries, 5), { debtLimit: 31n })],
  ['I8', 'a spend that its own limit forbids', (rows) => lowerLimit(rows)],
  ['I8', 'a ban that changes the limit', (rows) => put(at(rows.changes, 1), { debtLimit: 31n })],
  ['I9', 'an entry under a hold', (rows) => put(at(rows.entries, 5), { held: 1n })],
  ['I9', 'an account with a hold', (rows) => put(rows.account, { held: 1n })],
  ['I9', 'a lot with a hold', (rows) => put(at(rows.lots, 2), { held: 1n })],
  ['I11', 'an entry before the one before', (rows) => put(at(rows.entries, 5), { atMs: 5099 })],
  ['I11', 'a change before the entry before', (rows) => put(at(rows.changes, 1), { atMs: 5199 })],
  ['I11', 'an expiry before its instant', (rows) => put(at(rows.lots, 0), { expiresAtMs: 5001 })],
  ['I11', 'an expiry after its instant', (rows) => put(at(rows.lots, 0), { expiresAtMs: 4999 })],
];

function cursorOf(rows: Rows): Writable<NonNullable<AuditedRows['account']['cursor']>> {
  assert(rows.account.cursor);
  rows.account.cursor = { ...rows.account.cursor };
  return rows.account.cursor;
}

function slice(rows: Rows, entry: number, index: number, instead?: { debt: number }): SliceRow {
  const found = at(at(rows.entries, entry).slices, index);
  if (instead) {
    delete found.lot;
    Object.assign(found, instead);
  }
  return found;
}

function moveCursor(rows: Rows): void {
  at(rows.lots, 3).remaining = 35n;
  const place = { lot: 3, priority: 50, expiresAtMs: null };
  rows.account.cursor = { ...place, remaining: 73n, money: 7n, held: 0n };
}

/** Everything but rule 5 stays right: the money adds up at each place where it stands. */
function otherMoney(rows: Rows): void {
  const entry = at(rows.entries, 7);
  slice(rows, 7, 0).money = -3;
  entry.amountMoney -= 1n;
  entry.balanceMoney -= 1n;
  for (const later of rows.entries.slice(8)) later.balanceMoney -= 1n;
  rows.account.balanceMoney -= 1n;
  at(rows.lots, 2).remainingMoney -= 1n;
}

function swapPaid(rows: Rows, first: number, second: number): void {
  for (const [index, amount] of [-second, second, -first, first].entries()) {
    slice(rows, 7, index).amount = amount;
  }
}

function swapDebts(rows: Rows): void {
  swapPaid(rows, 20, 7);
  slice(rows, 7, 1).debt = 6;
  slice(rows, 7, 3).debt = 5;
}

/** The history ends with the grant that should have been followed by a settlement; all figures agree. */
function dropSettlement(rows: Rows): void {
  rows.entries.splice(7);
  rows.changes.splice(2);
  rows.lots.splice(3);
  Object.assign(at(rows.lots, 2), { remaining: 100n, remainingMoney: 10n });
  for (const debt of rows.debts) debt.open = debt.amount;
  const figures = { version: 9, lastSeq: 7, lastAtMs: 6000, lastLot: 3, balance: 73n, balanceMoney: 10n };
  const cursor = { lot: 3, priority: 50, expiresAtMs: null, remaining: 100n, money: 10n, held: 0n };
  Object.assign(rows.account, { ...figures, debt: 27n, banned: true, nextDueMs: null, cursor });
}

/** The last entry takes from lot 3 as an operator's adjustment, while lot 4 expires and so burns first. */
function adjustLot3(rows: Rows): void {
  at(rows.entries, 9).kind = 'adjustment';
  slice(rows, 9, 0).lot = 3;
}

function refer(rows: Rows, ledgerId: number | null): void {
  rows.references = [{ what: 'its customer', ledgerId }];
}

function lowerLimit(rows: Rows): void {
  at(rows.changes, 0).debtLimit = 19n;
  for (const entry of rows.entries) if (entry.debtLimit === 30n) entry.debtLimit = 19n;
}

describe('the audit of one account', () => {
  it('finds nothing in a healthy history with every kind of entry', () => {
    assert.deepEqual(audit(healthyAccount()), []);
  });

  it('finds nothing in an account to which nothing has happened', () => {
    const { account } = healthyAccount();
    const none = { version: 0, lastSeq: 0, lastAtMs: 0, lastLot: 0, balance: 0n, balanceMoney: 0n };
    const fresh = { ...account, ...none, debtLimit: 0n, nextDueMs: null, cursor: null };
    const rows = { ...healthyAccount(), lots: [], debts: [], references: [], entries: [], changes: [] };
    assert.deepEqual(audit({ ...rows, account: fresh }), []);
  });

  findsAll(healthyAccount, FAULTS);
});
