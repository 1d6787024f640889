import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Line, type OneShop, openOneShop } from '../../test/one-shop.ts';
import { toMicro } from '../ledger/amount.ts';
import { getAccountInfo } from './get-account-info.ts';
import { holdCredit } from './hold-credit.ts';
import { releaseHold } from './release-hold.ts';
import { spendCredit } from './spend-credit.ts';

const REQUEST = { requestId: 'test' };
const CREDITS: Line[] = [{ price: 90, creditAmount: 100 }];

let shop: OneShop;
before(async () => {
  shop = await openOneShop();
});
after(() => shop.close());

describe('a cancelled order', () => {
  it('that waited is never paid', async () => {
    const customer = await shop.newCustomer();
    const order = await shop.order(customer.email, CREDITS);
    assert.equal(await shop.cancel(order), 200);
    assert.equal(await shop.pay(order), 'PUBLIC_ORDER_IS_CANCELLED');
    assert.equal(await shop.cancel(order), 200);
    assert.equal(await shop.stateOf(order), 'cancelled');
    assert.deepEqual(await shop.amounts(customer), []);
  });

  it('that was paid loses what is left of its credit, once; what was used is owed only on demand', async () => {
    const { services, caller } = shop;
    for (const [debt, left, after] of [
      [false, [100, -30, -70], 0],
      [true, [100, -30, -100], -30],
    ] as const) {
      const customer = await shop.newCustomer();
      const order = await shop.order(customer.email, CREDITS);
      await shop.pay(order);
      const spend = { identityId: customer.identityId, amount: toMicro(30) ?? 0n };
      assert.equal((await spendCredit(services, caller, spend, REQUEST)).status, 200);
      assert.equal(await shop.cancel(order, { debt }), 200);
      assert.equal(await shop.cancel(order, { debt: !debt }), 200);
      assert.equal(await shop.pay(order), 'PUBLIC_ORDER_IS_CANCELLED');
      assert.deepEqual(await shop.amounts(customer), left);
      const info = await getAccountInfo(services, caller, { identityId: customer.identityId });
      assert.ok(info.loggedIn);
      assert.equal(info.creditBalance, after);
    }
    await shop.verify();
  });

  it('of which all was used takes nothing and is no failure', async () => {
    const customer = await shop.newCustomer();
    const order = await shop.order(customer.email, [...CREDITS, { price: 1, creditAmount: 5 }]);
    await shop.pay(order);
    const spend = { identityId: customer.identityId, amount: toMicro(105) ?? 0n };
    await spendCredit(shop.services, shop.caller, spend, REQUEST);
    assert.equal(await shop.cancel(order), 200);
    assert.equal(await shop.stateOf(order), 'cancelled');
    assert.deepEqual(await shop.amounts(customer), [100, 5, -105]);
  });

  it('leaves to a hold what it has set aside, and takes it once it is free and the order is cancelled again', async () => {
    const { services, caller } = shop;
    const customer = await shop.newCustomer();
    const order = await shop.order(customer.email, CREDITS);
    await shop.pay(order);
    const hold = { cuRefNo: customer.cuRefNo, amount: toMicro(60) ?? 0n };
    const { body } = await holdCredit(services, caller, hold, REQUEST);
    const first = { idempotencyKey: 'first' };
    assert.equal(await shop.cancel(order, first), 200);
    await releaseHold(services, caller, JSON.parse(body) as { holdId: string }, REQUEST);
    assert.equal(await shop.cancel(order, first), 200);
    assert.deepEqual(await shop.amounts(customer), [100, -40]);
    const again = { idempotencyKey: 'again' };
    assert.deepEqual(await Promise.all([shop.cancel(order, again), shop.cancel(order)]), [200, 200]);
    assert.equal(await shop.cancel(order, again), 200);
    assert.deepEqual(await shop.amounts(customer), [100, -40, -60]);
    assert.equal(await shop.stateOf(order), 'cancelled');
    await shop.verify();
  });
});
