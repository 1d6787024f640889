import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CreditLogItem,
  type HoldItem,
  PurserNotCaptured,
  PurserOutcomeUnknown,
  PurserRefusal,
} from '../../src/client/index.ts';
import { losing } from './lost-answers.ts';
import { openShop, type Shop } from './open-shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

let count = 0;

/** @returns a customer with 100 credits, and what is left of them. */
async function makeCustomer() {
  count += 1;
  const { customer } = shop.connect();
  const { cuRefNo } = await customer.create({ email: `customer-${count}@example.com` });
  await customer.creditGrant({ cuRefNo, amount: 100 });
  return {
    cuRefNo,
    read: async () => {
      const { creditBalance, held } = await customer.creditForecast({ cuRefNo });
      return { creditBalance, held };
    },
  };
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => assert.fail(`nothing was thrown, but ${JSON.stringify(value)} came`),
    (error: unknown) => error,
  );
}

test('what the job says it has used is captured, the rest is free again, and its result comes back', async () => {
  const { cuRefNo, read } = await makeCustomer();
  const result = await shop.connect().withHold({ cuRefNo }, 40, async ({ remaining }) => {
    assert.deepEqual(await read(), { creditBalance: 100, held: 40 });
    return { used: 12.5, result: `${remaining} set aside` };
  });
  assert.equal(result, '40 set aside');
  assert.deepEqual(await read(), { creditBalance: 87.5, held: 0 });
});

test('what the job captures in steps is part of what it has used', async () => {
  const { cuRefNo, read } = await makeCustomer();
  await shop.connect().withHold({ cuRefNo }, 40, async (hold) => {
    await hold.capture(10, 'first scene');
    await hold.extend(5);
    await hold.capture(10);
    assert.deepEqual([hold.captured, hold.remaining], [20, 25]);
    return { used: 35, result: undefined };
  });
  assert.deepEqual(await read(), { creditBalance: 65, held: 0 });
});

test('a sum with the dust of floating point is captured as the decimals it means', async () => {
  const { cuRefNo, read } = await makeCustomer();
  await shop.connect().withHold({ cuRefNo }, 1, async (hold) => {
    await hold.capture(0.7 + 0.1);
    return { used: 0.7 + 0.1 + 0.1, result: undefined };
  });
  assert.deepEqual(await read(), { creditBalance: 99.1, held: 0 });
});

test('a job that throws gives back all but what it has captured, and its error is passed on', async () => {
  const { cuRefNo, read } = await makeCustomer();
  const failure = new Error('no more paper');
  const error = await thrownBy(
    shop.connect().withHold({ cuRefNo }, 40, async (hold) => {
      await hold.capture(10);
      throw failure;
    }),
  );
  assert.equal(error, failure);
  assert.deepEqual(await read(), { creditBalance: 90, held: 0 });
});

test('without enough credit the job is not run', async () => {
  const { cuRefNo } = await makeCustomer();
  const error = await thrownBy(
    shop.connect().withHold({ cuRefNo }, 140, () => assert.fail('the job was run')),
  );
  assert(error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  assert.equal(error.shortBy, 40);
});

test('a job that has used more than there is is paid as far as its hold goes, and its result is not lost', async () => {
  const { cuRefNo, read } = await makeCustomer();
  const error = await thrownBy(
    shop.connect().withHold({ cuRefNo }, 40, async (hold) => {
      await hold.capture(10);
      return { used: 200, result: 'a film' };
    }),
  );
  assert(error instanceof PurserNotCaptured);
  assert.deepEqual([error.used, error.captured, error.result], [200, 40, 'a film']);
  assert(error.cause instanceof PurserRefusal && error.cause.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  assert.deepEqual(await read(), { creditBalance: 60, held: 0 });
});

test('a job that tells no amount, or less than it has captured, fails and its hold ends', async () => {
  const { cuRefNo, read } = await makeCustomer();
  for (const used of [Number.NaN, -1, 5]) {
    const job = shop.connect().withHold({ cuRefNo }, 20, async (hold) => {
      await hold.capture(10);
      return { used, result: undefined };
    });
    await assert.rejects(job, RangeError);
  }
  assert.deepEqual(await read(), { creditBalance: 70, held: 0 });
});

test('a hold lasts as long as its job', async () => {
  const { cuRefNo, read } = await makeCustomer();
  const job = async () => {
    await sleep(4_000);
    return { used: 30, result: undefined };
  };
  await shop.connect().withHold({ cuRefNo }, 40, job, { expiresIn: 2 });
  assert.deepEqual(await read(), { creditBalance: 70, held: 0 });
});

test('a job is told when somebody has ended its hold', async () => {
  const { cuRefNo, read } = await makeCustomer();
  const error = await thrownBy(
    shop.connect().withHold(
      { cuRefNo },
      40,
      async ({ holdId, signal }) => {
        await shop.connect().customer.creditRelease({ holdId });
        await sleep(60_000, undefined, { signal });
        return { used: 1, result: undefined };
      },
      { expiresIn: 2 },
    ),
  );
  assert(error instanceof Error && error.name === 'AbortError');
  assert(error.cause instanceof PurserRefusal && error.cause.code === 'PUBLIC_CREDIT_HOLD_HAS_ENDED');
  assert.deepEqual(await read(), { creditBalance: 100, held: 0 });
});

test('a signal of the caller reaches the job, and the hold is released all the same', async () => {
  const { cuRefNo, read } = await makeCustomer();
  const stopping = new AbortController();
  const error = await thrownBy(
    shop.connect().withHold(
      { cuRefNo },
      40,
      async ({ signal }) => {
        stopping.abort(new Error('the server stops'));
        await sleep(60_000, undefined, { signal });
        return { used: 1, result: undefined };
      },
      { signal: stopping.signal },
    ),
  );
  assert(error instanceof Error && error.name === 'AbortError');
  assert.deepEqual(await read(), { creditBalance: 100, held: 0 });
});

test('hold, capture and release are repeated with their keys when their answers are lost', async () => {
  const { cuRefNo, read } = await makeCustomer();
  for (const ending of ['credit-hold', 'credit-capture']) {
    const purser = shop.connect({ fetch: losing(ending, 'answer'), backoffMs: 1 });
    await purser.withHold({ cuRefNo }, 40, async () => ({ used: 10, result: undefined }));
  }
  const purser = shop.connect({ fetch: losing('credit-release', 'answer'), backoffMs: 1 });
  await assert.rejects(
    purser.withHold({ cuRefNo }, 40, () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.deepEqual(await read(), { creditBalance: 80, held: 0 });
});

test('a step whose answer was lost is not paid for twice when the job goes on', async () => {
  const { cuRefNo, read } = await makeCustomer();
  for (const loss of ['answer', 'request'] as const) {
    const purser = shop.connect({ fetch: losing('credit-capture', loss), maxAttempts: 1 });
    await purser.withHold({ cuRefNo }, 40, async (hold) => {
      await unknownOf(hold.capture(10));
      assert.equal(hold.captured, 0);
      return { used: 30, result: undefined };
    });
  }
  assert.deepEqual(await read(), { creditBalance: 40, held: 0 });
});

test('a job that is run again under its name is paid for once', async () => {
  const { cuRefNo, read } = await makeCustomer();
  for (let i = 0; i < 2; i += 1) {
    const job = async () => ({ used: 10, result: undefined });
    await shop.connect().withHold({ cuRefNo }, 40, job, { idempotencyKey: 'film-7' });
  }
  assert.deepEqual(await read(), { creditBalance: 90, held: 0 });
});

test('a capture whose outcome stays unknown says so, with the result and the key', async () => {
  const { cuRefNo } = await makeCustomer();
  const purser = shop.connect({ fetch: losing('credit-capture', 'answer', 9), backoffMs: 1 });
  const error = await thrownBy(
    purser.withHold({ cuRefNo }, 40, async () => ({ used: 10, result: 'a film' })),
  );
  assert(error instanceof PurserNotCaptured && error.cause instanceof PurserOutcomeUnknown);
  assert.equal(error.result, 'a film');
  assert.match(error.cause.idempotencyKey ?? '', /^[0-9a-f-]{36}$/);
});

async function unknownOf(promise: Promise<unknown>): Promise<PurserOutcomeUnknown> {
  const error = await thrownBy(promise);
  assert(error instanceof PurserOutcomeUnknown, String(error));
  return error;
}

test('what became of a spend is looked up by its key, or by the id that was told', async () => {
  const { cuRefNo } = await makeCustomer();
  const purser = shop.connect({ maxAttempts: 1 });
  const spend = { cuRefNo, amount: 10 };
  const failing = (...way: Parameters<typeof losing>) =>
    shop.connect({ maxAttempts: 1, fetch: losing(...way) }).customer;

  const done = await unknownOf(failing('credit-spend', 'answer').creditSpend(spend));
  const found = await purser.lookUp(done);
  assert(found.happened);
  assert.equal(found.transaction.amount, -10);

  const undone = await unknownOf(failing('credit-spend', 'request').creditSpend(spend));
  assert.deepEqual(await purser.lookUp(undone), { happened: false });

  const keyless = { idempotencyKey: false } as const;
  const told = await unknownOf(failing('credit-spend', 'told').creditSpend(spend, keyless));
  const byId = await purser.lookUp(told);
  assert(byId.happened && byId.transaction.id === told.transactionId);

  const traceless = await unknownOf(failing('credit-spend', 'answer').creditSpend(spend, keyless));
  await assert.rejects(purser.lookUp(traceless), { name: 'TypeError', message: /it had no key/ });

  const { orderNumber } = await purser.shop.order.create({
    customer: { email: 'customer@example.com' },
    items: [{ label: '100 credits', price: 90, creditAmount: 100 }],
  });
  const losingStorno = shop.connect({ maxAttempts: 1, fetch: losing('storno', 'answer') });
  const cancelled = await unknownOf(losingStorno.shop.order.storno({ orderId: orderNumber }));
  await assert.rejects(purser.lookUp(cancelled), { name: 'TypeError', message: /again with the same key/ });
});

test('a hold that is there does not make its release or extension look done', async () => {
  const { cuRefNo } = await makeCustomer();
  const { customer, lookUp } = bound();
  const { holdId } = await customer.creditHold({ cuRefNo, amount: 10 });
  const telling = shop.connect({ maxAttempts: 1, fetch: losing('credit-extend', 'told') }).customer;
  const extension = await unknownOf(telling.creditExtend({ holdId, expiresIn: 3_600 }));
  assert.equal(extension.holdId, holdId);
  await assert.rejects(lookUp(extension), TypeError);

  const release = new PurserOutcomeUnknown(
    { call: 'POST customer/credit-release', reason: 'told-by-purser' },
    { holdId },
  );
  assert.deepEqual(await lookUp(release), { happened: false });
  await customer.creditRelease({ holdId });
  const looked = await lookUp(release);
  assert(looked.happened);
  const hold: CreditLogItem | HoldItem = looked.transaction;
  assert(hold.kind === 'hold' && hold.endedBy === 'released');
});

function bound() {
  const purser = shop.connect();
  return { customer: purser.customer, lookUp: purser.lookUp.bind(purser) };
}
