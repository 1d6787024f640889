import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, KeptAccount, micro } from '../../test/kept-account.ts';

const NOTHING_LEFT = { code: 'PUBLIC_CREDIT_REFUND_TOO_LARGE', refundable: 0 };

test('a void takes what is free of the one lot with its money, and leaves pins to their holds', () => {
  const account = new KeptAccount();
  account.grant(100, { money: 50 });
  account.grant(40);
  account.hold(30);
  account.spend(10);
  const entry = account.void(1);
  assert.deepEqual(account.entriesSince(3), [['adjustment', { lot: 1, amount: -60, money: -30 }]]);
  assert.equal(entry.relation.undoes, 1);
  assert.deepEqual(account.figures, { balance: 70, held: 30, debt: 0, available: 40 });
  assert.deepEqual(account.refuse({ kind: 'void', seq: 1, attempt: 1, debt: false }), NOTHING_LEFT);
});

test('with debt, what was used of the lot is owed in the same entry, and other credit pays it at once', () => {
  const account = new KeptAccount();
  account.grant(100);
  account.spend(70);
  account.grant(20);
  account.void(1, true);
  assert.deepEqual(account.entriesSince(3), [
    ['adjustment', { lot: 1, amount: -30, money: -30 }, { debt: 4, amount: -70 }],
    ['settlement', { lot: 2, amount: -20, money: -20 }, { debt: 4, amount: 20 }],
  ]);
  assert.deepEqual(account.figures, { balance: -50, held: 0, debt: 50, available: -50 });
  assert.deepEqual(account.refuse({ kind: 'void', seq: 1, attempt: 1, debt: true }), NOTHING_LEFT);
});

test('what expired of the lot is nobody’s debt', () => {
  const account = new KeptAccount();
  account.grant(100, { expiresInMs: 1000 });
  account.spend(30);
  account.wait(1000);
  account.void(1, true);
  assert.deepEqual(account.entriesSince(3), [['adjustment', { debt: 4, amount: -30 }]]);
});

test('a void can be repeated when credit of the lot is free again, never beyond what it brought', () => {
  const account = new KeptAccount();
  account.grant(100);
  const hold = account.hold(40);
  const { seq } = account.spend(35);
  account.void(1);
  account.release(hold);
  account.void(1);
  account.void(1, true);
  account.refund(seq);
  assert.deepEqual(account.entriesSince(2), [
    ['adjustment', { lot: 1, amount: -25, money: -25 }],
    ['adjustment', { lot: 1, amount: -40, money: -40 }],
    ['adjustment', { debt: 5, amount: -35 }],
    ['refund', { lot: 1, amount: 35, money: 35, undoes: '2.0' }],
    ['settlement', { lot: 1, amount: -35, money: -35 }, { debt: 5, amount: 35 }],
  ]);
  account.grant(10);
  // The lot has been taken whole by now: its own debt is paid, and nothing of it is left to void.
  assert.deepEqual(account.refuse({ kind: 'void', seq: 1, attempt: 1, debt: true }), NOTHING_LEFT);
});

test('credit of a voided lot that comes back after other credit paid its debt is the customer’s', () => {
  const account = new KeptAccount();
  account.grant(100);
  const { seq } = account.spend(100);
  account.void(1, true);
  account.grant(100);
  account.refund(seq);
  assert.deepEqual(account.figures, { balance: 100, held: 0, debt: 0, available: 100 });
  assert.deepEqual(account.refuse({ kind: 'void', seq: 1, attempt: 1, debt: true }), NOTHING_LEFT);
});

test('only grants and positive adjustments can be voided', () => {
  const account = new KeptAccount();
  account.grant(50, { expiresInMs: HOUR_MS });
  const up = account.adjust(10);
  const spend = account.spend(5);
  const down = account.adjust(-5);
  const refund = account.refund(spend.seq, 1);
  account.void(up.seq);
  const voided = account.entries.at(-1);
  for (const seq of [spend.seq, down.seq, refund.seq, voided?.seq ?? 0, 99]) {
    const refused = account.refuse({ kind: 'void', seq, attempt: seq, debt: true });
    assert.deepEqual(refused, { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
  }
  const wrongAttempt = account.refuse({ kind: 'void', seq: 1, attempt: 9, debt: true });
  assert.deepEqual(wrongAttempt, { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
});

test('a refund that opened a new lot did not give back to the voided one, so that stays owed', () => {
  const account = new KeptAccount();
  account.grant(50, { expiresInMs: HOUR_MS });
  const { seq } = account.spend(50);
  account.wait(HOUR_MS);
  account.refund(seq);
  account.void(1, true);
  assert.deepEqual(account.entriesSince(seq), [
    ['refund', { lot: 2, amount: 50, money: 50, opens: true, undoes: '2.0' }],
    ['adjustment', { debt: 4, amount: -50 }],
    ['settlement', { lot: 2, amount: -50, money: -50 }, { debt: 4, amount: 50 }],
  ]);
  assert.equal(account.account.balance, micro(0));
});
