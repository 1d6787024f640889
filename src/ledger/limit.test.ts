import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KeptAccount, micro } from '../../test/kept-account.ts';

const MONTH_MS = 30 * DAY_MS;

function limit(
  account: KeptAccount,
  limits: { debt?: number; soft?: number; hard?: number; low?: number | null },
) {
  const of = (credits: number | undefined) => (credits === undefined ? undefined : micro(credits));
  account.pass({
    ...{
      kind: 'set-limits',
      debtLimit: of(limits.debt),
      softLimit: of(limits.soft),
      hardLimit: of(limits.hard),
    },
    lowBalance: limits.low === null ? null : of(limits.low),
  });
}

const reached = (account: KeptAccount, command: Parameters<KeptAccount['refuse']>[0]) => {
  const { code, limit: of, used, held, resetsAt } = account.refuse(command);
  assert.equal(code, 'PUBLIC_CREDIT_LIMIT_REACHED');
  return { of, used, held, resetsInMs: Date.parse(String(resetsAt)) - account.nowMs };
};

test('spends, captures and open holds together never pass the hard limit, to the very millionth', () => {
  const account = new KeptAccount(MONTH_MS - DAY_MS);
  account.grant(1000);
  limit(account, { hard: 100 });
  account.spend(30);
  const hold = account.hold(50);
  const beyond = { of: 100, used: 80, held: 50, resetsInMs: DAY_MS };
  assert.deepEqual(reached(account, { kind: 'spend', amount: micro(20) + 1n }), beyond);
  assert.deepEqual(reached(account, { kind: 'hold', amount: micro(21), expiresInMs: 1000 }), beyond);
  const name = account.named(hold);
  assert.deepEqual(reached(account, { kind: 'extend', ...name, addAmount: micro(21) }), beyond);
  assert.deepEqual(reached(account, { kind: 'capture', ...name, amount: micro(71), final: true }), beyond);
  account.capture(hold, 40);
  assert.deepEqual(account.limits?.monthUsed, micro(70));
  account.spend(30);
  assert.equal(reached(account, { kind: 'spend', amount: 1n }).used, 100);
});

test('a limit is judged before credit, and after the ban', () => {
  const account = new KeptAccount();
  limit(account, { hard: 10 });
  assert.equal(reached(account, { kind: 'spend', amount: micro(11) }).used, 0);
  account.do({ kind: 'set-ban', banned: true });
  const refused = account.refuse({ kind: 'spend', amount: micro(11) });
  assert.deepEqual(refused, { code: 'PUBLIC_CUSTOMER_IS_BANNED' });
});

test('a new month begins with what open holds reserve and nothing else', () => {
  const account = new KeptAccount(MONTH_MS - DAY_MS);
  account.grant(1000);
  limit(account, { hard: 100 });
  account.spend(60);
  const hold = account.hold(40, 2 * DAY_MS);
  account.wait(DAY_MS - 1);
  assert.equal(reached(account, { kind: 'spend', amount: micro(1) }).resetsInMs, 1);
  account.wait(1);
  account.spend(60);
  assert.deepEqual(reached(account, { kind: 'spend', amount: micro(1) }), {
    ...{ of: 100, used: 100, held: 40, resetsInMs: MONTH_MS },
  });
  account.capture(hold, 40);
  assert.equal(account.limits?.monthUsed, micro(100));
});

test('a refund lowers the use of the month in which its spend was booked, not of another', () => {
  const account = new KeptAccount(MONTH_MS - DAY_MS);
  account.grant(1000);
  limit(account, { hard: 100 });
  const old = account.spend(60);
  account.wait(DAY_MS);
  const young = account.spend(50);
  account.refund(old.seq);
  assert.equal(account.limits?.monthUsed, micro(50));
  account.refund(young.seq, 20);
  assert.equal(account.limits?.monthUsed, micro(30));
});

test('first limits count the month so far, what the same decision did before included', () => {
  const account = new KeptAccount();
  account.grant(1000);
  const { seq } = account.spend(10);
  account.spend(20);
  const [, , , refused] = account.doAll([
    { kind: 'spend', amount: micro(5) },
    { kind: 'refund', seq, attempt: seq, amount: micro(3) },
    { kind: 'set-limits', hardLimit: micro(40) },
    { kind: 'spend', amount: micro(9) },
  ]);
  assert.equal(refused?.kind === 'refused' && refused.details.used, 32);
  assert.equal(account.limits?.monthUsed, micro(32));
});

test('a limit set below what is used already only stops what comes', () => {
  const account = new KeptAccount();
  account.grant(1000);
  account.spend(60);
  limit(account, { hard: 50 });
  assert.equal(reached(account, { kind: 'spend', amount: 1n }).used, 60);
  limit(account, { hard: 0 });
  account.spend(500);
});

test('every change of limits is one change, of its own kind for the debt limit alone; the same again is none', () => {
  const account = new KeptAccount();
  limit(account, { debt: 5 });
  limit(account, { debt: 5, soft: 10, hard: 20, low: 3 });
  limit(account, { debt: 5, soft: 10, hard: 20, low: 3 });
  limit(account, { low: null });
  limit(account, { low: null });
  limit(account, { debt: 5 });
  limit(account, { debt: 0 });
  assert.deepEqual(
    account.changes.map(({ kind, debtLimit, softLimit, hardLimit }) => [
      kind,
      debtLimit,
      softLimit,
      hardLimit,
    ]),
    [
      ['debt-limit', micro(5), 0n, 0n],
      ['limits', micro(5), micro(10), micro(20)],
      ['limits', micro(5), micro(10), micro(20)],
      ['debt-limit', 0n, micro(10), micro(20)],
    ],
  );
});

test('entries and changes keep the limits in force after them', () => {
  const account = new KeptAccount();
  account.grant(100);
  limit(account, { soft: 10, hard: 20 });
  const spend = account.spend(5);
  account.hold(5);
  const kept = [account.entries[0], spend, account.changes.at(-1)];
  assert.deepEqual(
    kept.map((each) => [each?.softLimit, each?.hardLimit, each?.held]),
    [
      [0n, 0n, 0n],
      [micro(10), micro(20), 0n],
      [micro(10), micro(20), micro(5)],
    ],
  );
});

test('a month’s use under a hard limit that cannot be kept is refused before the limit is', () => {
  const account = new KeptAccount();
  const billion = 1_000_000_000;
  account.grant(billion);
  account.do({ kind: 'set-limits', hardLimit: micro(6 * billion) });
  for (let more = 0; more < 5; more++) account.grant(billion);
  for (let round = 0; round < 5; round++) account.spend(billion);
  account.spend(billion - 1);
  account.grant(10);
  limit(account, { hard: 1 });
  assert.equal(reached(account, { kind: 'spend', amount: micro(1) }).used, 6 * billion - 1);
  const tooLarge = { code: 'PUBLIC_CREDIT_TOO_LARGE' };
  assert.deepEqual(account.refuse({ kind: 'spend', amount: micro(1) + 1n }), tooLarge);
  assert.deepEqual(account.refuse({ kind: 'hold', amount: micro(2), expiresInMs: 1000 }), tooLarge);
  limit(account, { hard: 0 });
  account.spend(2);
  assert.deepEqual(account.refuse({ kind: 'set-limits', hardLimit: micro(1) }), tooLarge);
});

test('a clock that is set back does not lead back into a month that the limits have forgotten', () => {
  const account = new KeptAccount(MONTH_MS - DAY_MS);
  account.grant(10);
  account.grant(10, { expiresInMs: DAY_MS - 5 });
  limit(account, { hard: 100 });
  account.wait(DAY_MS);
  // The refused spend begins the new month, but all that it books happened in the one before.
  account.refuse({ kind: 'spend', amount: micro(200) });
  account.wait(-2);
  assert.equal(account.spend(7).atMs, MONTH_MS);
  assert.deepEqual([account.limits?.monthFromMs, account.limits?.monthUsed], [MONTH_MS, micro(7)]);
});
