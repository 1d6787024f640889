import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Chance } from '../../test/fuzz/chance.ts';
import {
  CRASH_POINTS,
  crashingAt,
  linesOf,
  type MadeOrder,
  type OneShop,
  openOneShop,
  type Told,
} from '../../test/one-shop.ts';
import { toMicro } from '../ledger/amount.ts';
import type { Refusal } from '../refusals.ts';
import { adjustCredit } from './adjust-credit.ts';
import { createOrder } from './create-order.ts';
import { eraseCustomer } from './erase-customer.ts';
import { finishOrders, startOrderFinisher } from './finish-orders.ts';
import { grantCredit } from './grant-credit.ts';
import type { Services } from './services.ts';

const LINES = [
  { price: 90, creditAmount: 100 },
  { price: 5, count: 2, creditAmount: 1.5 },
];
const GRANTED = [100, 3];
const TAKEN = [100, 3, -3, -100];
const UNKNOWN = 'PUBLIC_OUTCOME_IS_UNKNOWN';

let shop: OneShop;
let other: Services;
before(async () => {
  shop = await openOneShop();
  other = await shop.openOther();
});
after(() => shop.close());

/** The amounts without regard to the order in which entries of one commit, or of several at once, came. */
async function amountsOf(customer: Parameters<OneShop['amounts']>[0]): Promise<number[]> {
  return (await shop.amounts(customer)).sort((a, b) => b - a);
}

/** Everybody who may come next, after a process that died while an order was being paid. */
const COMERS: readonly (readonly [string, (order: MadeOrder) => Promise<Told>])[] = [
  ['the same call', (order) => shop.pay(order, { idempotencyKey: 'pay' })],
  ['another call', (order) => shop.pay(order)],
  ['another process', (order) => shop.pay(order, { services: other })],
  ['the finisher', async () => ((await finishOrders(other, 0)) === 1 ? 200 : 'nothing to finish')],
];

describe('an order whose process dies', () => {
  for (const point of CRASH_POINTS) {
    it(`while it is being paid, ${point}, is finished by whoever comes next, and granted once`, async () => {
      for (const [comer, come] of COMERS) {
        const customer = await shop.newCustomer();
        const order = await shop.order(customer.email, LINES);
        const dying = crashingAt(shop.services, point);
        assert.equal(await shop.pay(order, { services: dying, idempotencyKey: 'pay' }), UNKNOWN);
        assert.equal(await shop.stateOf(order), 'paying');
        assert.equal(await come(order), 200, comer);
        assert.equal(await shop.stateOf(order), 'paid', comer);
        assert.equal(await shop.pay(order, { idempotencyKey: 'pay' }), 200);
        assert.deepEqual(await amountsOf(customer), GRANTED, comer);
      }
      await shop.verify();
    });

    it(`while it is being paid, ${point}, can be cancelled, and nothing of it stays`, async () => {
      const customer = await shop.newCustomer();
      const order = await shop.order(customer.email, LINES);
      assert.equal(await shop.pay(order, { services: crashingAt(shop.services, point) }), UNKNOWN);
      assert.equal(await shop.cancel(order, { services: other }), 200);
      assert.equal(await shop.pay(order), 'PUBLIC_ORDER_IS_CANCELLED');
      assert.deepEqual(await amountsOf(customer), TAKEN);
      await shop.verify();
    });

    it(`while it is being cancelled, ${point}, is finished by whoever comes next, and voided once`, async () => {
      for (const isFinisher of [true, false]) {
        const customer = await shop.newCustomer();
        const order = await shop.order(customer.email, LINES);
        await shop.pay(order);
        const dying = { services: crashingAt(shop.services, point), idempotencyKey: 'storno' };
        assert.equal(await shop.cancel(order, dying), UNKNOWN);
        assert.equal(await shop.stateOf(order), 'cancelling');
        assert.equal(await shop.pay(order), 'PUBLIC_ORDER_IS_CANCELLED');
        if (isFinisher) assert.equal(await finishOrders(other, 0), 1);
        else assert.equal(await shop.cancel(order, { services: other }), 200);
        assert.equal(await shop.stateOf(order), 'cancelled');
        assert.equal(await shop.cancel(order, { idempotencyKey: 'storno' }), 200);
        assert.deepEqual(await amountsOf(customer), TAKEN);
      }
      await shop.verify();
    });

    it(`while it is made for nothing, ${point}, is finished, and its retry gets that one order`, async () => {
      const customer = await shop.newCustomer();
      const request = { email: customer.email, items: linesOf([{ price: 0, creditAmount: 9 }]) };
      const create = (services: Services) =>
        createOrder(services, shop.caller, request, { requestId: 'test', idempotencyKey: 'free' });
      await assert.rejects(create(crashingAt(shop.services, point)), { code: UNKNOWN });
      if (point !== 'behind the entries') assert.equal(await finishOrders(other, 0), 1);
      const first = await create(shop.services);
      const again = await create(other);
      assert.deepEqual([first.status, again.body, again.replayed], [200, first.body, true]);
      assert.equal(await shop.stateOf(JSON.parse(first.body) as MadeOrder), 'paid');
      assert.deepEqual(await shop.amounts(customer), [9]);
    });
  }

  it('is left alone while its process may still be at work, and finished when a server starts', async () => {
    const { email } = await shop.newCustomer();
    const order = await shop.order(email, LINES);
    await shop.pay(order, { services: crashingAt(shop.services, 'before the entries') });
    assert.equal(await finishOrders(shop.services), 0);
    const { pool } = shop.services.database;
    await pool.query(`UPDATE orders SET changed_at = now() - interval '1 minute' WHERE hash = $1`, [
      order.hash,
    ]);
    await startOrderFinisher(other).stop();
    assert.equal(await shop.stateOf(order), 'paid');
  });

  it('before anything was begun has done nothing', async () => {
    const customer = await shop.newCustomer();
    const order = await shop.order(customer.email, LINES);
    const { database } = shop.services;
    const refuse = () => Promise.reject(Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' }));
    const away = { ...shop.services, database: { ...database, pool: { ...database.pool, connect: refuse } } };
    const services = away as unknown as Services;
    assert.equal(await shop.pay(order, { services }), 'ECONNREFUSED');
    assert.equal(await shop.stateOf(order), 'waiting');
  });
});

/** @returns services of a process that stands still before it writes grants, until it is let go. */
function standingStill(services: Services): { services: Services; stands: Promise<void>; letGo: () => void } {
  const { writer } = services;
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const slow: Services = {
    ...services,
    writer: {
      ...writer,
      submit: (submission) => writer.submit(submission),
      submitTogether(submissions) {
        reached.resolve();
        const all = gate.promise.then(() => Promise.all(writer.submitTogether(submissions)));
        return submissions.map((_, i) =>
          all.then((answers) => answers[i] ?? Promise.reject(new Error('no answer'))),
        );
      },
      stop: () => writer.stop(),
    },
  };
  return { services: slow, stands: reached.promise, letGo: () => gate.resolve() };
}

describe('a process that stood still while it was about to pay an order', () => {
  it('grants nothing any more once the order was paid and cancelled by others', async () => {
    const customer = await shop.newCustomer();
    const order = await shop.order(customer.email, LINES);
    const slow = standingStill(shop.services);
    const late = shop.pay(order, { services: slow.services });
    await slow.stands;
    assert.equal(await shop.cancel(order, { services: other }), 200);
    slow.letGo();
    assert.equal(await late, 200);
    assert.deepEqual(await amountsOf(customer), TAKEN);
    assert.equal(await shop.stateOf(order), 'cancelled');
  });

  it('grants nothing once its try was refused, even if it could be done by now', async () => {
    const { services, caller } = shop;
    const customer = await shop.newCustomer();
    const named = { customer: { cuRefNo: customer.cuRefNo } };
    const amount = toMicro(1_000_000_000) ?? 0n;
    const [large, order] = [
      await shop.order(customer.email, [{ price: 1, creditAmount: 1 }]),
      await shop.order(customer.email, [{ price: 1, creditAmount: 1_000_000_000 }]),
    ];
    for (let i = 0; i < 6; i++) {
      const wish = { ...named, amount: i === 5 ? amount - 1_000_000n : amount, amountMoney: 0n };
      assert.equal((await grantCredit(services, caller, wish, { requestId: 'test' })).status, 200);
    }
    assert.equal(await shop.pay(large), 200);
    const slow = standingStill(shop.services);
    const late = shop.pay(order, { services: slow.services });
    await slow.stands;
    assert.equal(await shop.pay(order, { services: other }), 'PUBLIC_CREDIT_TOO_LARGE');
    assert.equal(await shop.cancel(order), 200);
    const less = { ...named, amount: -amount };
    assert.equal((await adjustCredit(services, caller, less, { requestId: 'test' })).status, 200);
    slow.letGo();
    assert.equal(await late, 'PUBLIC_CREDIT_TOO_LARGE');
    assert.deepEqual(await shop.stateOf(order), 'cancelled');
    assert.equal((await shop.amounts(customer)).length, 8);
    await shop.verify();
  });
});

describe('calls about one order from several processes at once, some of which die', () => {
  it('leave it paid with its credit or cancelled without, and every answer true', async (t) => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`SEED=${seed}`);
    const chance = new Chance(seed);
    const ends = { paid: 0, cancelled: 0, both: 0, dead: 0 };
    for (let round = 0; round < 40; round++) {
      const customer = await shop.newCustomer();
      const order = await shop.order(customer.email, LINES);
      const stornos = chance.pick([0, 1, 1, 2]);
      const calls = Array.from({ length: 5 }, (_, i) => {
        const process = chance.pick([shop.services, other]);
        const dies = chance.happens(0.3);
        const services = dies ? crashingAt(process, chance.pick(CRASH_POINTS)) : process;
        const more = { services, ...(chance.happens(0.5) ? { idempotencyKey: `key ${i % 2}` } : {}) };
        return { isStorno: i < stornos, more };
      });
      const answers = await Promise.all(
        calls.map(({ isStorno, more }) => (isStorno ? shop.cancel(order, more) : shop.pay(order, more))),
      );
      const finishing = chance.pick([() => finishOrders(other, 0), () => shop.pay(order)]);
      await Promise.all([finishing(), finishOrders(shop.services, 0)]);
      await finishOrders(other, 0);
      const state = await shop.stateOf(order);
      const amounts = await amountsOf(customer);
      const told = (isStorno: boolean) =>
        answers.filter((answer, i) => answer === 200 && calls[i]?.isStorno === isStorno).length;
      const what = `seed ${seed} round ${round}: ${state} ${answers.join(' ')}`;
      if (state === 'paid') assert.deepEqual(amounts, GRANTED, what);
      else {
        assert.equal(state, 'cancelled', what);
        assert.ok(
          [[], TAKEN].some((right) => right.join() === amounts.join()),
          `${what} ${amounts.join()}`,
        );
      }
      if (told(true) > 0) assert.equal(state, 'cancelled', what);
      if (told(false) > 0) assert.ok(amounts.includes(100), what);
      if (answers.includes('PUBLIC_ORDER_IS_CANCELLED')) assert.equal(state, 'cancelled', what);
      ends[state === 'paid' ? 'paid' : amounts.length > 0 ? 'both' : 'cancelled']++;
      ends.dead += answers.filter((answer) => answer === UNKNOWN).length;
    }
    t.diagnostic(JSON.stringify(ends));
    for (const [end, count] of Object.entries(ends))
      assert.ok(count > 0, `no order was ${end}, seed ${seed}`);
    await shop.verify();
  });
});

describe('an order that is marked as paid while its customer is erased', () => {
  it('is paid and keeps the customer, or is cancelled with it; neither waits for the other in vain', async () => {
    const { services, caller } = shop;
    for (let round = 0; round < 10; round++) {
      const customer = await shop.newCustomer();
      const { cuRefNo } = customer;
      const order = await shop.order(customer.email, LINES);
      const idempotencyKey = round % 2 === 0 ? 'pay' : undefined;
      const erasing = eraseCustomer(services, caller, { customer: { cuRefNo } }).then(
        () => 'erased',
        ({ code }: Refusal) => code,
      );
      const told = await Promise.all([shop.pay(order, { services: other, idempotencyKey }), erasing]);
      const isErased = told[1] === 'erased';
      const right = isErased ? 'PUBLIC_ORDER_IS_CANCELLED erased' : '200 PUBLIC_CUSTOMER_HAS_CREDIT';
      assert.equal(told.join(' '), right);
      assert.deepEqual(await amountsOf(customer), isErased ? [] : GRANTED);
    }
  });
});
