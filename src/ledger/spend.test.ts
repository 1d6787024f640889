import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptAccount, micro } from '../../test/kept-account.ts';

const BILLION = 1_000_000_000;
const TOO_LARGE = { code: 'PUBLIC_CREDIT_TOO_LARGE' };

test('a spend passes to the last millionth of what is available, and one more is refused with what is short', () => {
  const account = new KeptAccount();
  account.grant(10);
  account.do({ kind: 'set-limits', debtLimit: micro(5) });
  account.hold(3);
  assert.deepEqual(account.refuse({ kind: 'spend', amount: micro(12.000001) }), {
    ...{ code: 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', creditBalance: 10, held: 3 },
    ...{ available: 12, required: 12.000001, shortBy: 0.000001 },
  });
  account.spend(12);
  assert.deepEqual(account.figures, { balance: -2, held: 3, debt: 5, available: 0 });
});

test('a debt that cannot be kept is refused also where pinned credit stands beside it', () => {
  const account = new KeptAccount();
  account.do({ kind: 'set-limits', debtLimit: micro(BILLION) });
  for (let grants = 0; grants < 6; grants++) account.grant(BILLION);
  const hold = account.hold(7 * BILLION);
  for (let adjustments = 0; adjustments < 6; adjustments++) account.adjust(-BILLION);
  assert.deepEqual(account.figures, {
    balance: 0,
    held: 7 * BILLION,
    debt: 6 * BILLION,
    available: -6 * BILLION,
  });
  const one = { kind: 'adjustment', amount: -1n, money: 0n, expiresAtMs: null } as const;
  assert.deepEqual(account.refuse(one), TOO_LARGE);
  assert.deepEqual(account.refuse({ kind: 'spend', amount: 1n }), TOO_LARGE);
  // What its hold reserves is never refused, whatever it leaves (rules 7 and 12).
  account.capture(hold, 7 * BILLION);
  assert.deepEqual(account.figures, {
    balance: -7 * BILLION,
    held: 0,
    debt: 7 * BILLION,
    available: -6 * BILLION,
  });
});
