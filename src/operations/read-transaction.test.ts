import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { Refusal } from '../refusals.ts';
import type { HoldItem } from './hold-item.ts';
import type { CreditLogItem } from './log-item.ts';
import { readCreditLog } from './read-credit-log.ts';
import { readTransaction } from './read-transaction.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

const HOUR_MS = 3_600_000;

async function find(transactionId: string): Promise<CreditLogItem | HoldItem> {
  return readTransaction(ledger.services, ledger.caller, { transactionId });
}

async function findHold(holdId: string): Promise<HoldItem> {
  const item = await find(holdId);
  assert.equal(item.kind, 'hold');
  return item as HoldItem;
}

test('a hold’s id finds the hold, from its creation to its end', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 100);
  const { holdId } = await ledger.hold(customer, 40, 600);
  const begun = await findHold(holdId);
  const { id, amount, reserved, captured, expiresAt, insertedDate } = begun;
  assert.deepEqual([id, amount, reserved, captured], [holdId, 40, 40, 0]);
  assert.equal(Date.parse(expiresAt) - Date.parse(insertedDate), 600_000);
  assert.ok(!('endedBy' in begun) && !('endedAt' in begun));
  await ledger.capture(holdId, 15, false);
  await ledger.extend(holdId, { addAmount: 10 });
  const extended = await findHold(holdId);
  assert.deepEqual([extended.amount, extended.reserved, extended.captured], [50, 35, 15]);
  await ledger.release(holdId);
  const ended = await findHold(holdId);
  assert.deepEqual([ended.amount, ended.reserved, ended.captured, ended.endedBy], [50, 0, 15, 'released']);
});

test('a hold whose time is over has expired for whoever looks first', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 100);
  const { holdId } = await ledger.hold(customer, 40, 600);
  ledger.advance(HOUR_MS);
  const { endedBy, endedAt, expiresAt, amount } = await findHold(holdId);
  assert.deepEqual([endedBy, endedAt, amount], ['expired', expiresAt, 40]);
});

test('the key of a request about a hold finds the hold', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 100);
  const { holdId } = await ledger.hold(customer, 40, 600, 'begin');
  const name = { idempotencyKey: 'begin', customer: { cuRefNo } };
  const item = await readTransaction(ledger.services, ledger.caller, name);
  assert.equal(item.id, holdId);
  const other = { idempotencyKey: 'other', customer: { cuRefNo } };
  await assert.rejects(readTransaction(ledger.services, ledger.caller, other), Refusal);
});

test('the log tells the kind of each entry and what it belongs to', async () => {
  const customer = await ledger.newCustomer();
  const granted = await ledger.grant(customer, 100);
  const { holdId } = await ledger.hold(customer, 40, 600);
  const captured = await ledger.capture(holdId, 15);
  const refunded = await ledger.refund(captured.transactionId, 5);
  const voided = await ledger.voidGrant(granted.transactionId);
  const { items } = await readCreditLog(ledger.services, ledger.caller, { cuRefNo: customer.cuRefNo });
  assert.deepEqual(
    items.map(({ id, kind, relatedId }) => [id, kind, relatedId]),
    [
      [voided.transactionId, 'adjustment', granted.transactionId],
      [refunded.transactionId, 'refund', captured.transactionId],
      [captured.transactionId, 'capture', holdId],
      [granted.transactionId, 'grant', undefined],
    ],
  );
  for (const item of items) assert.deepEqual(await find(item.id), item);
});

test('credit that a hold has set aside keeps its lot pending after it is due, until the hold has ended', async () => {
  for (const end of ['captured', 'released']) {
    const customer = await ledger.newCustomer();
    const { transactionId } = await ledger.grant(customer, 10, { expiresInMs: HOUR_MS });
    const { holdId } = await ledger.hold(customer, 10, 7200);
    const status = async () => {
      const item = await find(transactionId);
      return 'expiration' in item ? item.expiration?.status : undefined;
    };
    assert.equal(await status(), 'pending');
    ledger.advance(1.5 * HOUR_MS);
    assert.equal(await status(), 'pending');
    if (end === 'captured') await ledger.capture(holdId, 10);
    else await ledger.release(holdId);
    assert.equal(await status(), end === 'captured' ? 'spent' : 'processed');
  }
});

test('a refund that brought new credit tells its expiry: of several the next one', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 10, { expiresInMs: HOUR_MS });
  await ledger.grant(customer, 10, { expiresInMs: 72 * HOUR_MS });
  const spent = await ledger.spend(customer, 20);
  ledger.advance(73 * HOUR_MS);
  const refunded = await ledger.refund(spent.transactionId);
  const expiration = async () => {
    const item = await find(refunded.transactionId);
    assert.ok('expiration' in item && item.expiration);
    return item.expiration;
  };
  const first = await expiration();
  assert.equal(first.status, 'pending');
  ledger.advance(25 * HOUR_MS);
  const second = await expiration();
  assert.equal(second.status, 'pending');
  assert.equal(Math.round((Date.parse(second.date) - Date.parse(first.date)) / HOUR_MS), 48);
  ledger.advance(72 * HOUR_MS);
  assert.deepEqual(
    { ...(await expiration()) },
    { date: second.date, status: 'processed', processed: second.date },
  );
});
