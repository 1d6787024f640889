import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS, KeptAccount, micro, SETTING } from '../../test/kept-account.ts';
import { MAX_TOTAL } from './amount.ts';

test('a refund in parts undoes what was taken last first, and together exactly what the spend was', () => {
  const account = new KeptAccount();
  account.grant(10, { money: 9 });
  account.grant(20, { money: 5 });
  const { seq } = account.spend(25);
  const parts = [account.refund(seq, 5), account.refund(seq, 12), account.refund(seq)];
  assert.deepEqual(account.entriesSince(seq), [
    ['refund', { lot: 2, amount: 5, money: 1.25, undoes: '3.1' }],
    [
      'refund',
      { lot: 2, amount: 10, money: 2.5, undoes: '3.1' },
      { lot: 1, amount: 2, money: 1.8, undoes: '3.0' },
    ],
    ['refund', { lot: 1, amount: 8, money: 7.2, undoes: '3.0' }],
  ]);
  assert.deepEqual(
    parts.map(({ relation }) => [relation.undoes, relation.refundable]),
    [
      [seq, micro(20)],
      [seq, micro(8)],
      [seq, 0n],
    ],
  );
  assert.equal(account.account.balanceMoney, micro(14));
});

test('the parts of a refund lose no millionth of money: the one that completes a slice gives back the rest', () => {
  const account = new KeptAccount();
  account.grant(3, { money: 0.000_005 });
  const { seq } = account.spend(3);
  const money = [1, 1, 1].map((credits) => account.refund(seq, credits).amountMoney);
  // 5/3 and 3/2 millionths, the latter a half that is rounded to even.
  assert.deepEqual(money, [2n, 2n, 1n]);
});

test('more than is left, or anything of nothing, is refused with what is left', () => {
  const account = new KeptAccount();
  account.grant(50);
  const { seq } = account.spend(20);
  account.refund(seq, 15);
  const name = { kind: 'refund', seq, attempt: seq } as const;
  const tooLarge = (refundable: number) => ({ code: 'PUBLIC_CREDIT_REFUND_TOO_LARGE', refundable });
  assert.deepEqual(account.refuse({ ...name, amount: micro(6) }), tooLarge(5));
  account.refund(seq);
  assert.deepEqual(account.refuse(name), tooLarge(0));
  assert.deepEqual(account.refuse({ ...name, amount: 1n }), tooLarge(0));
});

test('only spends and captures can be refunded, by the id of the attempt that was written', () => {
  const account = new KeptAccount();
  const grant = account.grant(50);
  const down = account.adjust(-10);
  const spend = account.spend(10);
  const refund = account.refund(spend.seq, 1);
  const found = { code: 'INTERNAL_RESOURCE_NOT_FOUND' };
  for (const { seq } of [grant, down, refund]) {
    assert.deepEqual(account.refuse({ kind: 'refund', seq, attempt: seq }), found);
  }
  assert.deepEqual(account.refuse({ kind: 'refund', seq: spend.seq, attempt: 99 }), found);
  assert.deepEqual(account.refuse({ kind: 'refund', seq: 77, attempt: 77 }), found);
});

test('debt is forgiven as far as it is open, then what settled it returns to its lots, the last paid first', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(100) });
  account.grant(10);
  const { seq } = account.spend(60);
  account.grant(20, { money: 10 });
  account.grant(15);
  account.refund(seq, 20);
  account.refund(seq);
  assert.deepEqual(account.entriesSince(seq), [
    ['grant', { lot: 2, amount: 20, money: 10, opens: true }],
    ['settlement', { lot: 2, amount: -20, money: -10 }, { debt: 2, amount: 20 }],
    ['grant', { lot: 3, amount: 15, money: 15, opens: true }],
    ['settlement', { lot: 3, amount: -15, money: -15 }, { debt: 2, amount: 15 }],
    ['refund', { debt: 2, amount: 15, undoes: '2.1' }, { lot: 3, amount: 5, money: 5, undoes: '6.0' }],
    [
      'refund',
      { lot: 3, amount: 10, money: 10, undoes: '6.0' },
      { lot: 2, amount: 20, money: 10, undoes: '4.0' },
      { lot: 1, amount: 10, money: 10, undoes: '2.0' },
    ],
  ]);
  assert.deepEqual(account.figures, { balance: 45, held: 0, debt: 0, available: 145 });
});

test('what a refund gives back pays the debt of another spend at once', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(100) });
  account.grant(30);
  const { seq } = account.spend(30);
  account.spend(20);
  account.refund(seq);
  assert.deepEqual(account.entriesSince(3), [
    ['refund', { lot: 1, amount: 30, money: 30, undoes: '2.0' }],
    ['settlement', { lot: 1, amount: -20, money: -20 }, { debt: 3, amount: 20 }],
  ]);
});

test('what would return to a due lot opens a new lot, which lives as long as the old one still had to live', () => {
  const lives: [hadToLiveMs: number, livesMs: number][] = [
    [HOUR_MS, DAY_MS],
    [5 * DAY_MS, 5 * DAY_MS],
    [90 * DAY_MS, 30 * DAY_MS],
  ];
  for (const [hadToLiveMs, livesMs] of lives) {
    const account = new KeptAccount();
    account.grant(40, { expiresInMs: hadToLiveMs + 1000, priority: 20, money: 10 });
    account.wait(1000);
    const { seq } = account.spend(30);
    account.wait(hadToLiveMs);
    account.refund(seq, 10);
    account.refund(seq);
    assert.deepEqual(account.entriesSince(seq), [
      ['expiry', { lot: 1, amount: -10, money: -2.5 }],
      ['refund', { lot: 2, amount: 10, money: 2.5, opens: true, undoes: '2.0' }],
      ['refund', { lot: 3, amount: 20, money: 5, opens: true, undoes: '2.0' }],
    ]);
    for (const number of [2, 3]) {
      const lot = account.lots.get(number);
      assert.deepEqual([lot?.priority, lot?.expiresAtMs], [20, account.nowMs + livesMs]);
    }
  }
});

test('an organisation may let such a lot live longer or shorter', () => {
  const returnedLife = { leastMs: 2 * DAY_MS, mostMs: 3 * DAY_MS };
  for (const [hadToLiveMs, livesMs] of [
    [HOUR_MS, 2 * DAY_MS],
    [90 * DAY_MS, 3 * DAY_MS],
  ] as const) {
    const account = new KeptAccount();
    account.setting = { ...SETTING, returnedLife };
    account.grant(40, { expiresInMs: hadToLiveMs });
    const { seq } = account.spend(30);
    account.wait(hadToLiveMs);
    account.refund(seq);
    assert.equal(account.lots.get(2)?.expiresAtMs, account.nowMs + livesMs);
  }
});

test('of credit that a settlement took, the life that is left counts from the settlement', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(50) });
  const { seq } = account.spend(20);
  account.wait(3 * DAY_MS);
  account.grant(30, { expiresInMs: 8 * DAY_MS });
  account.wait(8 * DAY_MS);
  account.refund(seq);
  assert.equal(account.lots.get(2)?.expiresAtMs, account.nowMs + 8 * DAY_MS);
});

test('a capture is refunded like a spend; a pin of a lot that was due by then comes back for a day', () => {
  const account = new KeptAccount();
  account.grant(30, { expiresInMs: 1000 });
  account.grant(30);
  const hold = account.hold(40);
  account.wait(2000);
  const { seq } = account.capture(hold, 40);
  account.refund(seq);
  assert.deepEqual(account.entriesSince(seq), [
    [
      'refund',
      { lot: 2, amount: 10, money: 10, undoes: '3.1' },
      { lot: 3, amount: 30, money: 30, opens: true, undoes: '3.0' },
    ],
  ]);
  assert.equal(account.lots.get(3)?.expiresAtMs, account.nowMs + DAY_MS);
});

test('two refunds of one spend in one decision know of each other, as refunds and settlements of before', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(50) });
  const { seq } = account.spend(20);
  const refund = (credits: number) => ({
    kind: 'refund' as const,
    seq,
    attempt: seq,
    amount: micro(credits),
  });
  const outcomes = account.doAll([
    refund(4),
    { kind: 'grant', amount: micro(10), money: 0n, priority: 50, expiresAtMs: null },
    refund(14),
    refund(3),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.kind),
    ['done', 'done', 'done', 'refused'],
  );
  assert.deepEqual(account.entries.at(-1)?.relation.refundable, micro(2));
  assert.deepEqual(account.figures, { balance: 8, held: 0, debt: 0, available: 58 });
});

test('a refund after which the balance would be more than can be kept is refused', () => {
  const account = new KeptAccount();
  account.grant(1_000_000_000);
  const { seq } = account.spend(1_000_000_000);
  for (let n = 0; n < 6; n++) account.grant(1_000_000_000);
  assert.equal(account.account.balance, MAX_TOTAL);
  const refused = account.refuse({ kind: 'refund', seq, attempt: seq, amount: 1n });
  assert.deepEqual(refused, { code: 'PUBLIC_CREDIT_TOO_LARGE' });
});
