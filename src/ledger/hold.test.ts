import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, KeptAccount, micro } from '../../test/kept-account.ts';
import type { HoldEvent } from './account.ts';
import { fromMicro } from './amount.ts';

function pinsOf(account: KeptAccount, hold: number): number[][] {
  return (account.holds.get(hold)?.pins ?? []).map(({ lot, amount }) => [lot, fromMicro(amount)]);
}

function extend(account: KeptAccount, hold: number, more: { addAmount?: number; expiresInMs?: number }) {
  const addAmount = more.addAmount === undefined ? undefined : micro(more.addAmount);
  const { expiresInMs } = more;
  return account.do({ kind: 'extend', ...account.named(hold), addAmount, expiresInMs });
}

test('a hold pins free credit in burn order, and holds without a lot what only the debt limit covers', () => {
  const account = new KeptAccount();
  account.grant(30, { priority: 60 });
  account.grant(20, { priority: 10 });
  account.do({ kind: 'set-limits', debtLimit: micro(40) });
  const hold = account.hold(70);
  assert.deepEqual(pinsOf(account, hold), [
    [2, 20],
    [1, 30],
  ]);
  assert.equal(account.holds.get(hold)?.unpinned, micro(20));
  assert.deepEqual(account.figures, { balance: 50, held: 70, debt: 0, available: 20 });
  assert.deepEqual(account.refuse({ kind: 'spend', amount: micro(21) }), {
    ...{ code: 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', creditBalance: 50, held: 70 },
    ...{ available: 20, required: 21, shortBy: 1 },
  });
});

test('held credit is not spent: a spend takes what the holds leave free, of the same lot too', () => {
  const account = new KeptAccount();
  account.grant(100);
  account.hold(60);
  const spend = account.spend(40);
  assert.deepEqual(spend.slices, [{ lot: 1, amount: -micro(40), money: -micro(40) }]);
  assert.deepEqual([spend.held, account.figures.available], [micro(60), 0]);
});

test('a hold event tells what it reserves, until when, its new pins, and the figures that are answered', () => {
  const account = new KeptAccount();
  account.grant(100);
  const atMs = account.nowMs;
  const { holdEvent } = account.pass({
    kind: 'hold',
    amount: micro(60),
    expiresInMs: 900_000,
    ip: '192.0.2.1',
  });
  assert.deepEqual(holdEvent, {
    ...{ version: 2, atMs, kind: 'hold', held: micro(60), debtLimit: 0n, softLimit: 0n, hardLimit: 0n },
    ...{ reason: undefined, author: 'cli' },
    hold: {
      ...{ hold: 1, reserved: micro(60), expiresAtMs: atMs + 900_000, pins: [{ lot: 1, amount: micro(60) }] },
      ...{ balance: micro(100), heldAnswered: micro(60), ip: '192.0.2.1' },
    },
  });
});

test('adding to a hold keeps one pin a lot and its end; prolonging counts from now and never shortens', () => {
  const account = new KeptAccount();
  account.grant(50);
  const hold = account.hold(30);
  account.grant(50);
  const endMs = account.nowMs + HOUR_MS;
  const added = extend(account, hold, { addAmount: 40 });
  assert(added.kind === 'done');
  const event: HoldEvent | undefined = added.holdEvent?.hold;
  assert.deepEqual(event?.pins, [
    { lot: 1, amount: micro(20) },
    { lot: 2, amount: micro(20) },
  ]);
  assert.deepEqual([event.reserved, event.expiresAtMs], [micro(70), endMs]);
  assert.deepEqual(pinsOf(account, hold), [
    [1, 50],
    [2, 20],
  ]);
  account.wait(HOUR_MS / 2);
  const ends = [60_000, HOUR_MS, 3 * HOUR_MS, 7 * DAY_MS].map((expiresInMs) => {
    extend(account, hold, { expiresInMs });
    return Number(account.holds.get(hold)?.expiresAtMs) - account.nowMs;
  });
  assert.deepEqual(ends, [HOUR_MS / 2, HOUR_MS, 3 * HOUR_MS, 7 * DAY_MS - HOUR_MS / 2]);
});

test('a banned customer gets no hold and no addition, but may prolong, capture within and release', () => {
  const account = new KeptAccount();
  account.grant(50);
  const [first, second] = [account.hold(10), account.hold(10)];
  account.do({ kind: 'set-ban', banned: true });
  const banned = { code: 'PUBLIC_CUSTOMER_IS_BANNED' };
  assert.deepEqual(account.refuse({ kind: 'hold', amount: 1n, expiresInMs: 1 }), banned);
  assert.deepEqual(account.refuse({ kind: 'extend', ...account.named(first), addAmount: 1n }), banned);
  assert.deepEqual(
    account.refuse({ kind: 'capture', ...account.named(first), amount: micro(11), final: true }),
    banned,
  );
  assert.equal(extend(account, first, { expiresInMs: 2 * HOUR_MS }).kind, 'done');
  account.capture(first, 10);
  account.release(second);
  assert.equal(account.figures.held, 0);
  assert.deepEqual(account.refuse({ kind: 'extend', ...account.named(second), addAmount: 1n }), banned);
});

test('a hold ends once: afterwards every command on it hears what ended it and when', () => {
  const account = new KeptAccount();
  account.grant(50);
  const ends: [number, string][] = [
    [account.hold(5), 'captured'],
    [account.hold(5), 'released'],
    [account.hold(5, 1000), 'expired'],
  ];
  const endedAt = new Date(account.nowMs + 1000).toISOString();
  account.wait(1000);
  account.capture(1, 0);
  account.release(2);
  for (const [hold, endedBy] of ends) {
    const name = account.named(hold);
    for (const command of [
      { kind: 'extend', ...name, addAmount: 1n },
      { kind: 'extend', ...name, expiresInMs: HOUR_MS },
      { kind: 'capture', ...name, amount: 1n, final: true },
      { kind: 'release', ...name },
    ] as const) {
      assert.deepEqual(account.refuse(command), { code: 'PUBLIC_CREDIT_HOLD_HAS_ENDED', endedBy, endedAt });
    }
  }
});

test('a hold that is not there, or only in an attempt that failed, is not found', () => {
  const account = new KeptAccount();
  account.grant(50);
  account.hold(5);
  const found = { code: 'INTERNAL_RESOURCE_NOT_FOUND' };
  assert.deepEqual(account.refuse({ kind: 'release', hold: 1, attempt: 7 }), found);
  assert.deepEqual(account.refuse({ kind: 'release', hold: 2, attempt: 2 }), found);
  const [, outcome] = account.doAll([
    { kind: 'hold', amount: 1n, expiresInMs: 1000 },
    { kind: 'release', hold: 2, attempt: 0 },
  ]);
  assert.equal(outcome?.kind, 'refused', 'nobody can know the id of a hold that is being created');
});

test('what a release lets go pays debt at once, and is written off where its lot is due by now', () => {
  const account = new KeptAccount();
  account.grant(60, { expiresInMs: 1000 });
  account.grant(40);
  account.do({ kind: 'set-limits', debtLimit: micro(30) });
  const hold = account.hold(100);
  account.spend(25);
  account.wait(1000);
  const seq = account.entries.length;
  const event = account.release(hold);
  assert.deepEqual(account.entriesSince(seq), [
    ['expiry', { lot: 1, amount: -60, money: -60 }],
    ['settlement', { lot: 2, amount: -25, money: -25 }, { debt: 3, amount: 25 }],
  ]);
  assert.deepEqual(account.figures, { balance: 15, held: 0, debt: 0, available: 45 });
  assert.deepEqual([event.hold?.reserved, event.hold?.balance], [micro(100), micro(15)]);
});

test('only the account, the hold and its lots need be read to hold, extend, capture and release', () => {
  const account = new KeptAccount();
  for (let lot = 0; lot < 5; lot++) account.grant(10, { expiresInMs: (lot + 1) * DAY_MS });
  account.decidedFrom.clear();
  const hold = account.hold(5);
  extend(account, hold, { addAmount: 2, expiresInMs: 2 * HOUR_MS });
  account.capture(hold, 3, false);
  account.release(hold);
  account.capture(account.hold(5), 2);
  assert.equal(account.decidedFrom.get('cursor'), 6);
});

test('a hold ends or is prolonged without the other open holds being read, be it the one whose end comes first', () => {
  const account = new KeptAccount();
  account.grant(100);
  const [first, , later, last] = [1, 2, 3, 4].map((hours) => account.hold(5, hours * HOUR_MS));
  assert(first && later && last);
  account.decidedFrom.clear();
  account.spend(1);
  account.hold(5, HOUR_MS / 2);
  account.capture(later, 5);
  account.release(last);
  account.capture(5, 5);
  extend(account, first, { expiresInMs: 3 * HOUR_MS });
  assert.equal(account.decidedFrom.get('cursor'), 6);
});
