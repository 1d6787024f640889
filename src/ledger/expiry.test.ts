import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptAccount, micro } from '../../test/kept-account.ts';

test('at one instant holds end first, by creation, then lots fall due in burn order, then debt is paid', () => {
  const account = new KeptAccount();
  account.grant(10, { expiresInMs: 1000, priority: 60 });
  account.grant(10, { expiresInMs: 1000, priority: 40 });
  account.grant(10);
  account.do({ kind: 'set-limits', debtLimit: micro(20) });
  const [late, early] = [account.hold(14, 1000), account.hold(14, 900)];
  account.spend(12);
  const version = account.account.version;
  account.wait(5000);
  account.do({ kind: 'book-due' });
  const booked = [...account.entries, ...account.changes]
    .filter((each) => each.version > version)
    .sort((a, b) => a.version - b.version)
    .map((each) => [
      each.kind,
      each.atMs - account.nowMs + 5000,
      'hold' in each ? each.hold?.hold : 'slices' in each && each.slices.map(({ lot }) => lot),
    ]);
  assert.deepEqual(booked, [
    ['hold-expiry', 900, early],
    // The second hold lets six of lot 3 and eight of lot 1 go, which pay the ten that are owed.
    ['settlement', 900, [3, undefined, 1, undefined]],
    ['hold-expiry', 1000, late],
    ['expiry', 1000, [2]],
    ['expiry', 1000, [1]],
  ]);
});

test('what a hold lets go of a due lot is written off in its turn among the lots that fall due then', () => {
  const account = new KeptAccount();
  account.grant(10, { expiresInMs: 500, priority: 60 });
  account.hold(10, 1000);
  account.grant(10, { expiresInMs: 1000, priority: 40 });
  account.wait(1000);
  account.do({ kind: 'book-due' });
  assert.deepEqual(account.entriesSince(2), [
    ['expiry', { lot: 2, amount: -10, money: -10 }],
    ['expiry', { lot: 1, amount: -10, money: -10 }],
  ]);
});

test('only what is free of a due lot is written off; what a hold has pinned goes when the hold is over', () => {
  const account = new KeptAccount();
  account.grant(50, { expiresInMs: 1000 });
  account.hold(30, 3000);
  account.wait(1000);
  account.do({ kind: 'book-due' });
  assert.deepEqual(account.figures, { balance: 30, held: 30, debt: 0, available: 0 });
  assert.equal(account.nextDueMs, null);
  account.wait(9000);
  account.do({ kind: 'book-due' });
  assert.deepEqual(
    account.entries.slice(1).map(({ kind, amount, atMs }) => [kind, amount, account.nowMs - atMs]),
    [
      ['expiry', -micro(20), 9000],
      ['expiry', -micro(30), 7000],
    ],
  );
  assert.deepEqual(account.changes.at(-1)?.hold, {
    ...{ hold: 1, reserved: micro(30), expiresAtMs: account.nowMs - 7000, pins: [] },
    ...{ balance: 0n, heldAnswered: 0n, ip: undefined },
  });
});

test('two holds that end at once let one lot go in one expiry, and both tell the figures after it', () => {
  const account = new KeptAccount();
  account.grant(50, { expiresInMs: 500 });
  account.hold(30, 1000);
  account.hold(20, 1000);
  account.wait(1000);
  account.do({ kind: 'book-due' });
  assert.deepEqual(account.entriesSince(1), [['expiry', { lot: 1, amount: -50, money: -50 }]]);
  const told = account.changes.slice(2).map(({ hold, held }) => [hold?.balance, hold?.heldAnswered, held]);
  assert.deepEqual(told, [
    [0n, 0n, micro(20)],
    [0n, 0n, 0n],
  ]);
});
