import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KeptAccount, micro } from '../../test/kept-account.ts';

function told(account: KeptAccount): unknown[] {
  return account.events.map(({ kind, atMs, details }) => [kind, atMs, details]);
}

test('use above the soft limit is told once a month, by the spend, hold or capture that finds it so', () => {
  const account = new KeptAccount(29 * DAY_MS);
  account.grant(1000);
  account.do({ kind: 'set-limits', softLimit: micro(50) });
  account.spend(50);
  assert.deepEqual(told(account), []);
  const hold = account.hold(1, 3 * DAY_MS);
  const atMs = account.nowMs;
  account.spend(10);
  account.do({ kind: 'set-limits', softLimit: micro(40) });
  account.spend(10);
  account.wait(DAY_MS);
  account.spend(39);
  account.capture(hold, 3);
  assert.deepEqual(told(account), [
    ['soft-limit', atMs, { used: 51, monthlySoftLimit: 50 }],
    ['soft-limit', atMs + DAY_MS, { used: 42, monthlySoftLimit: 40 }],
  ]);
});

test('a balance that falls below the mark is told at each crossing, whatever entry it was', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', lowBalance: micro(20) });
  const { nowMs: atMs } = account;
  account.grant(30, { expiresInMs: 20 * DAY_MS });
  account.spend(10);
  account.spend(1);
  account.spend(1);
  account.grant(5);
  account.wait(20 * DAY_MS);
  account.do({ kind: 'book-due' });
  assert.deepEqual(told(account), [
    ['low-balance', atMs, { balance: 19, lowBalance: 20 }],
    ['low-balance', atMs + 20 * DAY_MS, { balance: 5, lowBalance: 20 }],
  ]);
});

test('debt is told when it begins and stays, not while it grows nor where other credit pays it at once', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(50) });
  account.grant(10);
  account.spend(15);
  account.spend(5);
  account.grant(110);
  account.spend(20);
  account.void(4, true);
  assert.deepEqual(
    account.events.map(({ kind, details }) => [kind, details]),
    [
      ['debt-begun', { debt: 5 }],
      ['debt-begun', { debt: 30 }],
    ],
  );
  account.adjust(200);
  account.void(1, true);
  assert.equal(account.events.length, 2);
});

test('credit that expires within seven days is told once a lot: when it is brought, else when the sweeper asks', () => {
  const account = new KeptAccount();
  account.grant(10, { expiresInMs: 8 * DAY_MS });
  account.grant(20, { expiresInMs: 7 * DAY_MS });
  account.grant(30);
  account.do({ kind: 'note-expiring' });
  const { nowMs } = account;
  const event = (lot: number, amount: number, inDays: number, afterDays: number) => [
    ...['credit-expiring', nowMs + afterDays * DAY_MS],
    { lot, amount, expiresAt: new Date(nowMs + inDays * DAY_MS).toISOString() },
  ];
  assert.deepEqual(told(account), [event(2, 20, 7, 0)]);
  account.wait(DAY_MS);
  account.spend(24);
  const { version } = account.account;
  account.do({ kind: 'note-expiring' });
  account.do({ kind: 'note-expiring' });
  assert.deepEqual(told(account), [event(2, 20, 7, 0), event(1, 6, 8, 1)]);
  assert.equal(account.account.version, version, 'an event is no change of the account');
});

test('credit that pays debt at once does not expire, so it is not told', () => {
  const account = new KeptAccount();
  account.adjust(-30);
  account.grant(20, { expiresInMs: DAY_MS });
  account.grant(20, { expiresInMs: DAY_MS });
  const lots = account.events
    .filter(({ kind }) => kind === 'credit-expiring')
    .map(({ details }) => details.lot);
  assert.deepEqual(lots, [2]);
});
