import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { forecastCredit } from './forecast-credit.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('free credit is told by its expiry, what never expires last; what holds have set aside is not', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 10);
  await ledger.grant(customer, 5, { expiresInMs: 3 * DAY_MS });
  const expiresInMs = DAY_MS;
  await ledger.grant(customer, 4, { expiresInMs, money: 2 });
  await ledger.grant(customer, 1, { expiresInMs: 1000 });
  ledger.advance(2000);
  await ledger.hold(customer, 3);
  const { buckets, creditBalance, held, available } = await forecastCredit(ledger.services, ledger.caller, {
    cuRefNo,
  });
  assert.deepEqual([creditBalance, held, available], [19, 3, 16]);
  assert.deepEqual(
    buckets.map(({ amount, amountMoney }) => [amount, amountMoney]),
    [
      [1, 0.5],
      [5, 5],
      [10, 10],
    ],
  );
  const [first, second, last] = buckets;
  assert.ok((first?.expirationDate ?? '') < (second?.expirationDate ?? ''));
  assert.ok(last && !('expirationDate' in last));
});

test('the rates are those of the last 7 and 30 days: spends and captures less what was refunded of them', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 1_000);
  await ledger.spend(customer, 500);
  ledger.advance(31 * DAY_MS);
  const long = await ledger.spend(customer, 100);
  ledger.advance(20 * DAY_MS);
  await ledger.spend(customer, 50);
  const { holdId } = await ledger.hold(customer, 30);
  await ledger.capture(holdId, 30);
  await ledger.refund(long.transactionId, 10);
  const { rates, at } = await forecastCredit(ledger.services, ledger.caller, { cuRefNo });
  const [week, month] = rates;
  assert.deepEqual([week?.days, week?.used, week?.perDay], [7, 80, 11.428571]);
  assert.deepEqual([month?.days, month?.used, month?.perDay], [30, 170, 5.666667]);
  // 330 credits are left.
  assert.equal(Date.parse(week?.runsOutAt ?? ''), Date.parse(at) + (330 / 80) * 7 * DAY_MS);
});

test('what will have expired unused is told for each rate, in burn order', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 100);
  await ledger.spend(customer, 14);
  await ledger.grant(customer, 30, { priority: 60, expiresInMs: 10 * DAY_MS });
  const spare = await ledger.grant(customer, 50, { priority: 10, expiresInMs: 4 * DAY_MS });
  assert.equal(spare.status, 200);
  const { rates } = await forecastCredit(ledger.services, ledger.caller, { cuRefNo });
  // 2 a day: 8 of the 50 are used before they expire, and what burns last expires whole.
  const [week] = rates;
  assert.equal(Math.round((week?.expiresUnused ?? 0) * 100), 7_200);
  assert.deepEqual(
    week?.unusedBuckets.map(({ amount }) => Math.round(amount * 100)),
    [4_200, 3_000],
  );
});

test('a refund of an earlier spend is no rate below 0, and without any use credit that never expires never runs out', async () => {
  const customer = await ledger.newCustomer();
  const { cuRefNo } = customer;
  await ledger.grant(customer, 10);
  const spent = await ledger.spend(customer, 4);
  ledger.advance(40 * DAY_MS);
  await ledger.refund(spent.transactionId);
  const { rates } = await forecastCredit(ledger.services, ledger.caller, { cuRefNo });
  for (const rate of rates) {
    assert.deepEqual([rate.used, rate.perDay, rate.expiresUnused], [0, 0, 0]);
    assert.equal('runsOutAt' in rate, false);
  }
});
