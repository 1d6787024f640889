import assert from 'node:assert/strict';
import type { Hold } from '../src/ledger/account.ts';
import type { Micro } from '../src/ledger/amount.ts';
import { burnsBefore, freeOf, type Lot } from '../src/ledger/lot.ts';
import type { KeptAccount } from './kept-account.ts';

/** The invariants of ledger.md that figures alone can show: I1 to I4, I9, I10 and rule 12. */
export function checkKept(kept: KeptAccount): void {
  const { account, limits } = kept;
  const lots = [...kept.lots.values()];
  const remaining = sum(lots.map((lot) => lot.remaining));
  assert.equal(account.balance, remaining - account.debt, 'I3: balance = remaining - debt');
  assert.equal(account.balanceMoney, sum(lots.map((lot) => lot.remainingMoney)), 'I3: money');
  assert.equal(account.debt, sum(kept.openDebts().map((debt) => debt.open)), 'I3: debt');
  assert.equal(account.balance, sum(kept.entries.map((entry) => entry.amount)), 'I1: balance');
  const open = kept.openHolds();
  assert.equal(account.held, sum(open.map((hold) => hold.reserved)), 'I9: held');
  for (const hold of open) {
    const pinned = sum(hold.pins.map((pin) => pin.amount));
    assert.equal(hold.reserved, pinned + hold.unpinned, 'I9: pins and the rest are what a hold reserves');
    assert.equal(new Set(hold.pins.map((pin) => pin.lot)).size, hold.pins.length, 'one pin a lot and hold');
  }
  for (const lot of lots) checkLot(kept, lot, open);
  const free = lots.filter((lot) => freeOf(lot) > 0n).sort((a, b) => (burnsBefore(a, b) ? -1 : 1));
  assert(account.debt === 0n || free.length === 0, 'I3: no free credit beside a debt');
  assert.deepEqual(kept.cursor, free[0], 'the cursor is what burns first');
  assert.equal(kept.nextDueMs, earliest(free), 'the next expiry');
  assert.equal(kept.holdDueMs, earliest(open), 'the next end of a hold');
  const ended = [...kept.holds.values()].filter((hold) => hold.endedBy !== undefined);
  for (const { reserved, pins } of ended) assert.deepEqual([reserved, pins], [0n, []]);
  if (limits && kept.nowMs < limits.monthToMs) assert.equal(limits.monthUsed, kept.countedUse(), 'I10');
}

function checkLot(kept: KeptAccount, lot: Lot, open: readonly Hold[]): void {
  const { amount } = kept.openingOf(lot.lot);
  assert(0n <= lot.held && lot.held <= lot.remaining && lot.remaining <= amount, 'I2: the bounds of a lot');
  assert(lot.remaining > 0n || lot.remainingMoney === 0n, 'I2: an empty lot has no money');
  assert(lot.remainingMoney >= 0n, 'I2: money is never negative');
  assert(lot.expiresAtMs === null || lot.expiresAtMs > kept.nowMs || freeOf(lot) === 0n, 'due means gone');
  let pinned = 0n;
  for (const { pins } of open) for (const pin of pins) if (pin.lot === lot.lot) pinned += pin.amount;
  assert.equal(lot.held, pinned, 'I9: what a lot holds are the pins of open holds');
}

function sum(amounts: readonly Micro[]): Micro {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

function earliest(things: readonly { readonly expiresAtMs: number | null }[]): number | null {
  const ends = things.flatMap(({ expiresAtMs }) => (expiresAtMs === null ? [] : [expiresAtMs]));
  return ends.length === 0 ? null : Math.min(...ends);
}
