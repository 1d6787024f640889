import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { inTransaction } from '../store/database.ts';
import { readAccount } from '../writer/read-account.ts';
import { readCreditLog } from './read-credit-log.ts';
import { changeOrganisation } from './update-organisation.ts';

const DAY_MS = 24 * 3_600_000;

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

test('how long refunded credit lives is settled by the organisation, and counts from the next refund on', async () => {
  const { services, caller } = ledger;
  const customer = await ledger.newCustomer();
  const changed = await changeOrganisation(services, { returnedLifeLeastDays: 40, returnedLifeMostDays: 50 });
  assert.deepEqual([changed.returnedLifeLeastDays, changed.returnedLifeMostDays], [40, 50]);
  await ledger.grant(customer, 10, { expiresInMs: DAY_MS });
  const { transactionId } = await ledger.spend(customer, 10);
  ledger.advance(2 * DAY_MS);
  await ledger.refund(transactionId);
  const { items } = await readCreditLog(services, caller, { identityId: customer.identityId });
  const [refund] = items;
  const livesMs = Date.parse(refund?.expiration?.date ?? '') - Date.parse(refund?.insertedDate ?? '');
  assert.equal(livesMs, 40 * DAY_MS);
  const read = await inTransaction(services.database, (tx) => readAccount(tx, customer.accountId, 0));
  assert.deepEqual(read?.setting.returnedLife, { leastMs: 40 * DAY_MS, mostMs: 50 * DAY_MS });
});

test('a life that is none is refused, and nothing changes', async () => {
  const change = (least?: number, most?: number) =>
    changeOrganisation(ledger.services, { returnedLifeLeastDays: least, returnedLifeMostDays: most });
  await change(1, 30);
  for (const [least, most] of [[31], [0, 5], [undefined, 0], [5, 4], [1, 3_651]] as const) {
    await assert.rejects(change(least, most), { code: 'INTERNAL_VALIDATION_FAILED' });
  }
  for (let i = 0; i < 5; i++) {
    await change(5, 40);
    const settled = await Promise.allSettled([change(30, undefined), change(undefined, 20)]);
    const refusals = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
    assert.deepEqual(refusals, ['INTERNAL_VALIDATION_FAILED']);
  }
  await change(1, 30);
  const { returnedLifeLeastDays, returnedLifeMostDays } = await change();
  assert.deepEqual([returnedLifeLeastDays, returnedLifeMostDays], [1, 30]);
});
