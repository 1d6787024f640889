import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { Refusal } from '../refusals.ts';
import { readCreditLog } from './read-credit-log.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

test('pages follow each other without a gap while new entries come, whoever names the customer how', async () => {
  const customer = await ledger.newCustomer();
  const { identityId, cuRefNo } = customer;
  const read = (more: { limit?: number; cursor?: string | undefined } = {}) =>
    readCreditLog(ledger.services, ledger.caller, { cuRefNo, ...more });
  await ledger.grant(customer, 100);
  for (let spends = 0; spends < 6; spends++) await ledger.spend(customer, 1);
  const before = await read();
  assert.deepEqual(before, await readCreditLog(ledger.services, ledger.caller, { identityId }));
  assert.equal(before.nextCursor, undefined);
  const pages: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await read({ limit: 3, cursor });
    pages.push(...items);
    await ledger.spend(customer, 1);
    if (nextCursor === undefined) break;
    cursor = nextCursor;
  }
  assert.deepEqual(pages, before.items);
});

test('a cursor that names no entry of this customer is refused', async () => {
  const [customer, other] = [await ledger.newCustomer(), await ledger.newCustomer()];
  await ledger.grant(customer, 10);
  const { holdId } = await ledger.hold(customer, 1);
  const { transactionId } = await ledger.grant(other, 10);
  for (const cursor of [holdId, transactionId, '0000000000000000', 'x']) {
    await assert.rejects(
      readCreditLog(ledger.services, ledger.caller, { cuRefNo: customer.cuRefNo, cursor }),
      (error) => error instanceof Refusal && error.code === 'INTERNAL_VALIDATION_FAILED',
      cursor,
    );
  }
});
