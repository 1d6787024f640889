import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import { type Line, linesOf, type OneShop, openOneShop } from '../../test/one-shop.ts';
import { toMicro } from '../ledger/amount.ts';
import { createOrder } from './create-order.ts';
import { readTransaction } from './read-transaction.ts';
import { spendCredit } from './spend-credit.ts';

const REQUEST = { requestId: 'test' };
const CREDITS: Line[] = [{ price: 90, creditAmount: 100 }];

let shop: OneShop;
before(async () => {
  shop = await openOneShop();
});
after(() => shop.close());

const create = (email: string, lines: readonly Line[], more: object = {}, key?: string) =>
  createOrder(
    shop.services,
    shop.caller,
    { email, items: linesOf(lines), ...more },
    { ...REQUEST, idempotencyKey: key },
  );

describe('a request about an order with an Idempotency-Key', () => {
  it('is answered the same again, byte for byte, and done once, also when two come at once', async () => {
    const customer = await shop.newCustomer();
    for (const [key, price] of [
      ['twice-waiting', 5],
      ['twice-free', 0],
    ] as const) {
      const ask = () => create(customer.email, [{ price, creditAmount: 7 }], {}, key);
      const answers = [...(await Promise.all([ask(), ask(), ask()])), await ask()];
      assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
      assert.equal(answers[3]?.replayed, true);
    }
    const { rows } = await shop.services.database.pool.query('SELECT FROM orders WHERE account_id = $1', [
      customer.accountId,
    ]);
    assert.equal(rows.length, 2);
    assert.deepEqual(await shop.amounts(customer), [7]);
  });

  it('keeps its refusal: what was refused once is not done by a late retry', async () => {
    const { email } = await shop.newCustomer();
    const order = await shop.order(email, CREDITS);
    await shop.cancel(order, { idempotencyKey: 'storno' });
    for (let i = 0; i < 2; i++)
      assert.equal(await shop.pay(order, { idempotencyKey: 'pay' }), 'PUBLIC_ORDER_IS_CANCELLED');
    assert.equal(await shop.cancel(order, { idempotencyKey: 'storno' }), 200);
  });

  it('is refused when the key belongs to another request of the customer', async () => {
    const { email, identityId } = await shop.newCustomer(10);
    const [one, other] = [await shop.order(email, CREDITS), await shop.order(email, CREDITS)];
    const reused = 'PUBLIC_IDEMPOTENCY_KEY_REUSED';
    const [first, second] = await Promise.all([
      shop.pay(one, { idempotencyKey: 'pay' }),
      shop.pay(other, { idempotencyKey: 'pay' }),
    ]);
    assert.deepEqual([first, second].sort(), [200, reused]);
    const unpaid = first === 200 ? other : one;
    assert.equal(await shop.stateOf(unpaid), 'waiting');
    assert.equal(await shop.cancel(one, { idempotencyKey: 'pay' }), reused);
    await assert.rejects(create(email, CREDITS, {}, 'pay'), { code: reused });
    const spend = { identityId, amount: toMicro(1) ?? 0n };
    await spendCredit(shop.services, shop.caller, spend, { ...REQUEST, idempotencyKey: 'spend' });
    assert.equal(await shop.pay(unpaid, { idempotencyKey: 'spend' }), reused);
    // And the other way round: what an order was paid with spends nothing.
    const late = await spendCredit(shop.services, shop.caller, spend, { ...REQUEST, idempotencyKey: 'pay' });
    assert.equal(JSON.parse(late.body).error?.code, reused, late.body);
    const orders = await create(email, CREDITS, {}, 'made');
    for (const lines of [[{ price: 91, creditAmount: 100 }], [{ price: 90, creditAmount: 100, count: 2 }]])
      await assert.rejects(create(email, lines, {}, 'made'), { code: reused });
    const same = await create(
      email,
      [{ price: 90, creditAmount: 100, count: 1 }],
      { currency: 'CZK' },
      'made',
    );
    assert.deepEqual([same.body, same.replayed], [orders.body, true]);
  });

  it('is not told as what did not happen when it is looked up as a transaction', async () => {
    const { email } = await shop.newCustomer();
    const free = [{ price: 0, creditAmount: 9 }];
    await create(email, free, {}, 'free');
    const look = (idempotencyKey: string) =>
      readTransaction(shop.services, shop.caller, { idempotencyKey, customer: { email } });
    await assertFaults(look('free'), ['/idempotencyKey']);
    await assert.rejects(look('other'), { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
  });

  it('of another customer is its own', async () => {
    const [one, other] = [await shop.newCustomer(), await shop.newCustomer()];
    const made = [
      await create(one.email, CREDITS, {}, 'shared'),
      await create(other.email, CREDITS, {}, 'shared'),
    ];
    assert.notEqual(made[0]?.body, made[1]?.body);
  });
});
