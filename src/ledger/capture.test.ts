import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KeptAccount, micro } from '../../test/kept-account.ts';

test('a capture takes pins in burn order, then free credit of the same lot as a slice of its own, then debt', () => {
  const account = new KeptAccount();
  account.grant(20, { priority: 60 });
  account.grant(30, { priority: 10 });
  const hold = account.hold(40);
  account.do({ kind: 'set-limits', debtLimit: micro(5) });
  const capture = account.capture(hold, 55);
  assert.deepEqual(account.entriesSince(2), [
    [
      'capture',
      { lot: 2, amount: -30, money: -30 },
      { lot: 1, amount: -10, money: -10 },
      { lot: 1, amount: -10, money: -10 },
      { debt: 3, amount: -5 },
    ],
  ]);
  assert.deepEqual(capture.relation.hold, { hold: 1, captured: micro(55), remaining: 0n });
  assert.deepEqual(account.figures, { balance: -5, held: 0, debt: 5, available: 0 });
});

test('pins that were added later are taken in burn order too', () => {
  const account = new KeptAccount();
  account.grant(20, { priority: 60 });
  const hold = account.hold(20);
  account.grant(20, { priority: 10 });
  account.pass({ kind: 'extend', ...account.named(hold), addAmount: micro(20) });
  account.capture(hold, 25);
  assert.deepEqual(account.entriesSince(2), [
    ['capture', { lot: 2, amount: -20, money: -20 }, { lot: 1, amount: -5, money: -5 }],
  ]);
});

test('what a hold reserves without a lot takes free credit if there is some by then, else debt', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(50) });
  const hold = account.hold(30);
  account.grant(10);
  account.do({ kind: 'set-limits', debtLimit: 0n });
  account.capture(hold, 30);
  assert.deepEqual(account.entriesSince(1), [
    ['capture', { lot: 1, amount: -10, money: -10 }, { debt: 2, amount: -20 }],
  ]);
  assert.deepEqual(account.figures, { balance: -20, held: 0, debt: 20, available: -20 });
});

test('the part within the hold never fails, whatever became of credit, limits and the customer since', () => {
  const account = new KeptAccount();
  account.grant(50);
  const hold = account.hold(50);
  account.adjust(-70);
  account.do({ kind: 'set-limits', hardLimit: 1n });
  account.do({ kind: 'set-ban', banned: true });
  account.capture(hold, 50);
  assert.deepEqual(account.figures, { balance: -70, held: 0, debt: 70, available: -70 });
});

test('the part beyond is judged like a spend, and where that fails the hold is as it was', () => {
  const account = new KeptAccount();
  account.grant(50);
  const hold = account.hold(30);
  const capture = (credits: number) => ({
    ...{ kind: 'capture' as const, ...account.named(hold), amount: micro(credits), final: true },
  });
  assert.deepEqual(account.refuse(capture(51)), {
    ...{ code: 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', creditBalance: 50, held: 30 },
    ...{ available: 20, required: 21, shortBy: 1 },
  });
  account.do({ kind: 'set-limits', hardLimit: micro(35) });
  assert.deepEqual(account.refuse(capture(36)), {
    ...{ code: 'PUBLIC_CREDIT_LIMIT_REACHED', limit: 35, used: 30, held: 30 },
    resetsAt: new Date(30 * DAY_MS).toISOString(),
  });
  assert.deepEqual(account.figures, { balance: 50, held: 30, debt: 0, available: 20 });
  account.capture(hold, 35);
  assert.deepEqual(account.figures, { balance: 15, held: 0, debt: 0, available: 15 });
});

test('a part beyond that leaves a balance which cannot be kept is refused before its credit is looked at', () => {
  const account = new KeptAccount();
  account.grant(10);
  const hold = account.hold(10);
  for (let times = 0; times < 6; times++) account.adjust(-1_000_000_000);
  const capture = { kind: 'capture', ...account.named(hold), amount: micro(10) + 1n, final: true } as const;
  assert.deepEqual(account.refuse(capture), { code: 'PUBLIC_CREDIT_TOO_LARGE' });
  account.capture(hold, 10);
});

test('a taxi meter: captures that are not final leave the hold open until it is used up or one is final', () => {
  const account = new KeptAccount();
  account.grant(100);
  const [meter, rest] = [account.hold(30), account.hold(30)];
  const told = [10, 15, 5].map((credits) => account.capture(meter, credits, false).relation.hold);
  assert.deepEqual(told, [
    { hold: meter, captured: micro(10), remaining: micro(20) },
    { hold: meter, captured: micro(25), remaining: micro(5) },
    { hold: meter, captured: micro(30), remaining: 0n },
  ]);
  assert.equal(account.holds.get(meter)?.endedBy, 'captured');
  account.capture(rest, 10, false);
  const last = account.capture(rest, 0);
  assert.deepEqual([last.amount, last.slices, last.relation.hold?.remaining], [0n, [], 0n]);
  assert.deepEqual(account.figures, { balance: 60, held: 0, debt: 0, available: 60 });
});

test('credit pinned in a lot that fell due can be captured; what is not is written off, one expiry a lot', () => {
  const account = new KeptAccount();
  account.grant(50, { expiresInMs: 1000 });
  account.grant(20, { expiresInMs: 2000 });
  const [first, second] = [account.hold(30), account.hold(35)];
  account.wait(2000);
  const seq = account.entries.length;
  account.capture(first, 10);
  account.release(second);
  assert.deepEqual(account.entriesSince(seq), [
    ['expiry', { lot: 2, amount: -5, money: -5 }],
    ['capture', { lot: 1, amount: -10, money: -10 }],
    ['expiry', { lot: 1, amount: -20, money: -20 }],
    ['expiry', { lot: 1, amount: -20, money: -20 }],
    ['expiry', { lot: 2, amount: -15, money: -15 }],
  ]);
  assert.deepEqual(
    account.entries.slice(seq).map(({ atMs }) => account.nowMs - atMs),
    [0, 0, 0, 0, 0],
  );
  assert.deepEqual(account.figures, { balance: 0, held: 0, debt: 0, available: 0 });
});

test('a capture takes nothing but what it captures: the rest of the hold is free again', () => {
  const account = new KeptAccount();
  account.grant(100, { money: 33 });
  account.capture(account.hold(80), 30);
  assert.deepEqual(account.figures, { balance: 70, held: 0, debt: 0, available: 70 });
  assert.equal(account.account.balanceMoney, micro(23.1));
});
