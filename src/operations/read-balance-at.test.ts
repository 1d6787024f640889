import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { Refusal } from '../refusals.ts';
import { readBalanceAt } from './read-balance-at.ts';
import { readCreditLog } from './read-credit-log.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

const HOUR_MS = 3_600_000;

test('the balance at an instant is that of the last entry up to it; before the first entry it is 0', async () => {
  const customer = await ledger.newCustomer();
  const { identityId } = customer;
  await ledger.grant(customer, 100, { money: 90 });
  ledger.advance(HOUR_MS);
  await ledger.spend(customer, 30);
  await ledger.spend(customer, 0.5);
  ledger.advance(HOUR_MS);
  await ledger.grant(customer, 7, { expiresInMs: HOUR_MS });
  ledger.advance(2 * HOUR_MS);
  const { items } = await readCreditLog(ledger.services, ledger.caller, { identityId });
  assert.equal(items.length, 5);
  const balanceAt = async (ms: number) => {
    const at = new Date(ms).toISOString();
    const answer = await readBalanceAt(ledger.services, ledger.caller, { identityId, at });
    assert.equal(answer.at, at);
    return [answer.creditBalance, answer.creditMoneyBalance];
  };
  const instants = items.map(({ insertedDate }) => Date.parse(insertedDate));
  for (const [i, { balance, balanceMoney, insertedDate }] of items.entries()) {
    // Of several entries of one millisecond the last one counts.
    if (insertedDate === items[i - 1]?.insertedDate) continue;
    assert.deepEqual(await balanceAt(instants[i] ?? 0), [balance, balanceMoney]);
  }
  assert.deepEqual(await balanceAt((instants[4] ?? 0) - 1), [0, 0]);
  for (const early of [0, -1, Date.UTC(1900, 0)]) assert.deepEqual(await balanceAt(early), [0, 0]);
});

test('what is due is booked first, so the answer for an instant does not depend on who looked before', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 10, { expiresInMs: HOUR_MS });
  ledger.advance(2 * HOUR_MS);
  const at = new Date(ledger.nowMs() - HOUR_MS / 2).toISOString();
  const first = await readBalanceAt(ledger.services, ledger.caller, { cuRefNo, at });
  assert.equal(first.creditBalance, 0);
  assert.deepEqual(await readBalanceAt(ledger.services, ledger.caller, { cuRefNo, at }), first);
});

test('the debt limit that was then in force counts, whatever it is now', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.limit(customer, { debtLimit: 40 });
  const then = ledger.nowMs() + 1000;
  ledger.advance(HOUR_MS);
  await ledger.limit(customer, { debtLimit: 5 });
  await ledger.grant(customer, 1);
  const at = new Date(then).toISOString();
  const { debtLimit, available } = await readBalanceAt(ledger.services, ledger.caller, { cuRefNo, at });
  assert.deepEqual([debtLimit, available], [40, 40]);
});

test('what holds reserved then counts, also between entries', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 10);
  const instants: number[] = [];
  const pass = () => {
    instants.push(ledger.nowMs() + 60_000);
    ledger.advance(2 * 60_000);
  };
  pass();
  const { holdId } = await ledger.hold(customer, 6, 3600);
  pass();
  await ledger.capture(holdId, 2, false);
  pass();
  await ledger.release(holdId);
  pass();
  await ledger.hold(customer, 1, 60);
  ledger.advance(HOUR_MS);
  pass();
  const found: unknown[] = [];
  for (const ms of instants) {
    const at = new Date(ms).toISOString();
    const told = await readBalanceAt(ledger.services, ledger.caller, { cuRefNo, at });
    found.push([told.creditBalance, told.held, told.available]);
  }
  assert.deepEqual(found, [
    [10, 0, 10],
    [10, 6, 4],
    [8, 4, 4],
    [8, 0, 8],
    [8, 0, 8],
  ]);
});

test('the future, and what is no instant, is refused', async () => {
  const { cuRefNo } = await ledger.newCustomer();
  const inAMinute = new Date(ledger.nowMs() + 60_000).toISOString();
  for (const at of [inAMinute, '2030-01-01', 'now', '']) {
    await assert.rejects(
      readBalanceAt(ledger.services, ledger.caller, { cuRefNo, at }),
      (error) => error instanceof Refusal && error.code === 'INTERNAL_VALIDATION_FAILED',
      at,
    );
  }
});
