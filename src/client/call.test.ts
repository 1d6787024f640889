import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  answer,
  type Behaviour,
  dropAfterReading,
  dropAtOnce,
  dropInMidAnswer,
  hang,
  type MisbehavingServer,
  misbehave,
  moved,
  refuse,
} from '../../test/misbehaving-server.ts';
import { Purser, PurserOutcomeUnknown, PurserRefusal, PurserUnreachable } from './index.ts';
import type { PurserOptions } from './options.ts';

const apiKey = `PROD${'a'.repeat(28)}`;
const identityId = 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg';
const spend = { identityId, amount: 100 };
const none = { outcome: 'none' };
const unknown = { outcome: 'unknown', transactionId: 'HxanU4a1n4El61zx' };

/** Runs a check against a server that behaves like this. */
async function against(
  behaviours: readonly Behaviour[],
  check: (purser: Purser, server: MisbehavingServer) => Promise<void>,
  options: Partial<PurserOptions> = {},
): Promise<void> {
  const server = await misbehave(...behaviours);
  try {
    const quick = { timeoutMs: 2_000, backoffMs: 1, maxAttempts: 3 };
    await check(new Purser({ baseUrl: server.url, apiKey, ...quick, ...options }), server);
  } finally {
    await server.close();
  }
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => assert.fail(`nothing was thrown, but ${JSON.stringify(value)} answered`),
    (error: unknown) => error,
  );
}

async function outcomeUnknownBy(promise: Promise<unknown>): Promise<PurserOutcomeUnknown> {
  const error = await thrownBy(promise);
  assert(error instanceof PurserOutcomeUnknown, String(error));
  return error;
}

const UNCERTAIN: Readonly<Record<string, Behaviour>> = {
  'a connection dropped before the body was read': dropAtOnce,
  'a connection dropped after the body was read': dropAfterReading,
  'a connection dropped in the middle of the answer': dropInMidAnswer,
  '503 with outcome unknown': refuse('PUBLIC_OUTCOME_IS_UNKNOWN', unknown),
  'an answer of 200 that is no JSON': answer(200, '<html>'),
  'a 502 of a proxy': answer(502, '<html>Bad gateway</html>'),
};

for (const [what, behaviour] of Object.entries(UNCERTAIN)) {
  test(`after ${what} a spend is repeated with the same key until it is answered`, () =>
    against([behaviour, behaviour, moved], async (purser, { seen }) => {
      const { transactionId } = await purser.customer.creditSpend(spend);
      assert.equal(transactionId, 'HxanU4a1n4El61zx');
      assert.equal(seen.length, 3);
      assert.match(seen[0]?.idempotencyKey ?? '', /^[0-9a-f-]{36}$/);
      assert.equal(new Set(seen.map(({ idempotencyKey }) => idempotencyKey)).size, 1);
    }));

  test(`after ${what} a spend without a key is never repeated`, () =>
    against([behaviour, moved], async (purser, { seen }) => {
      const error = await outcomeUnknownBy(purser.customer.creditSpend(spend, { idempotencyKey: false }));
      assert.equal(seen.length, 1);
      assert.equal(seen[0]?.idempotencyKey, undefined);
      assert.equal(error.idempotencyKey, undefined);
    }));

  test(`after ${what} a log-in, which has no key, is never repeated`, () =>
    against([behaviour, answer(200, { success: true, identityId })], async (purser, { seen }) => {
      await outcomeUnknownBy(purser.customer.magicAuth({ email: 'customer@example.com' }));
      assert.equal(seen.length, 1);
    }));

  test(`after ${what} a read is repeated, and in the end nothing is in doubt`, () =>
    against([behaviour], async (purser, { seen }) => {
      const error = await thrownBy(purser.ping());
      assert(error instanceof PurserUnreachable || error instanceof PurserRefusal, String(error));
      assert.equal(seen.length, 3);
    }));
}

test('a server that hangs ends in a time-out; a keyed spend is tried again, one without a key is not', () =>
  against(
    [hang],
    async (purser, { seen }) => {
      const keyed = await outcomeUnknownBy(purser.customer.creditSpend(spend, { idempotencyKey: 'job-1' }));
      assert.equal(keyed.reason, 'time-out');
      assert.equal(keyed.idempotencyKey, 'job-1');
      assert.deepEqual(
        seen.map(({ idempotencyKey }) => idempotencyKey),
        ['job-1', 'job-1', 'job-1'],
      );
      await outcomeUnknownBy(purser.customer.creditSpend(spend, { idempotencyKey: false }));
      assert.equal(seen.length, 4);
      const read = await thrownBy(purser.ping({ maxAttempts: 1 }));
      assert(read instanceof PurserUnreachable && read.reason === 'time-out');
    },
    { timeoutMs: 60 },
  ));

test('what surely has not happened is repeated without a key too: 429, 500 and 503 with outcome none', () =>
  against(
    [
      refuse('PUBLIC_API_KEY_TOO_MANY_REQUEST', {}, { 'retry-after': '0' }),
      refuse('INTERNAL_ERROR', none),
      refuse('INTERNAL_OVERLOADED', none),
      moved,
    ],
    async (purser, { seen }) => {
      await purser.customer.creditSpend(spend, { idempotencyKey: false });
      assert.equal(seen.length, 4);
    },
    { maxAttempts: 4 },
  ));

test('a server that is not there is unreachable, and nothing is in doubt', async () => {
  const server = await misbehave(moved);
  await server.close();
  const purser = new Purser({ baseUrl: server.url, apiKey, backoffMs: 1, maxAttempts: 2 });
  const error = await thrownBy(purser.customer.creditSpend(spend, { idempotencyKey: false }));
  assert(error instanceof PurserUnreachable, String(error));
  assert.equal(error.reason, 'not-connected');
});

test('Retry-After is waited for', () =>
  against(
    [refuse('PUBLIC_API_KEY_TOO_MANY_REQUEST', {}, { 'retry-after': '1' }), moved],
    async (purser, { seen }) => {
      const begun = performance.now();
      await purser.customer.creditSpend(spend);
      // Timers may be early by a part of a millisecond.
      assert(performance.now() - begun > 990);
      assert.equal(seen.length, 2);
    },
  ));

test('a Retry-After that is longer than the client shall wait is thrown at once', () =>
  against(
    [refuse('PUBLIC_API_KEY_TOO_MANY_REQUEST', {}, { 'retry-after': '30' })],
    async (purser, { seen }) => {
      const error = await thrownBy(purser.customer.creditSpend(spend));
      assert(error instanceof PurserRefusal && error.code === 'PUBLIC_API_KEY_TOO_MANY_REQUEST');
      assert.equal(error.retryAfterMs, 30_000);
      assert.equal(error.status, 429);
      assert.equal(seen.length, 1);
    },
  ));

test('a refusal is thrown with its code, its request and its own members, and never repeated', () =>
  against(
    [
      refuse('PUBLIC_CREDIT_IS_NOT_SUFFICIENT', {
        creditBalance: 10,
        held: 0,
        available: 10,
        required: 100,
        shortBy: 90,
      }),
    ],
    async (purser, { seen }) => {
      const error = await thrownBy(purser.customer.creditSpend(spend));
      assert(error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
      assert.equal(error.shortBy, 90);
      assert.equal(error.requestId, 'test-1');
      assert.equal(error.status, 402);
      assert.equal(error.message, 'Credit is not sufficient.');
      assert.equal(seen.length, 1);
    },
  ));

test('that a later attempt was not let in says nothing of one that may have happened', () =>
  against([dropAfterReading, refuse('PUBLIC_API_KEY_HAS_BEEN_DELETED')], async (purser) => {
    const error = await outcomeUnknownBy(purser.customer.creditSpend(spend));
    assert(error.cause instanceof PurserRefusal);
    assert.equal(error.cause.code, 'PUBLIC_API_KEY_HAS_BEEN_DELETED');
    // The doubt is the first one's, and told by what has brought it.
    assert.deepEqual([error.reason, error.status], ['connection-lost', undefined]);
    assert.match(error.message, /the connection was lost\. It may have happened/);
  }));

test('a decision on the key ends the doubt of the attempt before', () =>
  against([dropAfterReading, refuse('PUBLIC_CUSTOMER_IS_BANNED')], async (purser) => {
    const error = await thrownBy(purser.customer.creditSpend(spend));
    assert(error instanceof PurserRefusal && error.code === 'PUBLIC_CUSTOMER_IS_BANNED');
  }));

test('the id that a 503 has told is kept when later attempts tell nothing', () =>
  against([refuse('PUBLIC_OUTCOME_IS_UNKNOWN', unknown), dropAfterReading], async (purser) => {
    const error = await outcomeUnknownBy(purser.customer.creditSpend(spend));
    assert.equal(error.transactionId, 'HxanU4a1n4El61zx');
  }));

test('something that is not Purser is named as that, and a redirect is not followed with the key', () =>
  against(
    [answer(404, '<html>'), answer(307, '', { location: 'http://127.0.0.1:9/' })],
    async (purser, { seen }) => {
      for (let i = 1; i <= 2; i += 1) {
        const error = await thrownBy(purser.customer.creditSpend(spend));
        assert(error instanceof PurserUnreachable && error.reason === 'unreadable-answer', String(error));
        assert.equal(seen.length, i);
      }
    },
  ));

test('a signal ends a call: with its reason where nothing can have happened, else as unknown', () =>
  against([hang], async (purser, { seen }) => {
    const before = AbortSignal.abort(new Error('enough'));
    const unsent = await thrownBy(purser.customer.creditSpend(spend, { signal: before }));
    assert.match(String(unsent), /enough/);
    assert.equal(seen.length, 0);
    const late = AbortSignal.timeout(50);
    const read = await thrownBy(purser.ping({ signal: late }));
    assert.equal(read, late.reason);
    const sent = await outcomeUnknownBy(
      purser.customer.creditSpend(spend, { signal: AbortSignal.timeout(50) }),
    );
    assert.equal(sent.reason, 'aborted');
    assert.equal(seen.length, 2);
  }));

test('a signal ends the wait between two attempts', () =>
  against(
    [refuse('INTERNAL_OVERLOADED', none)],
    async (purser) => {
      const signal = AbortSignal.timeout(50);
      assert.equal(await thrownBy(purser.customer.creditSpend(spend, { signal })), signal.reason);
    },
    { backoffMs: 60_000, maxWaitMs: 60_000 },
  ));

test('neither the key nor the session stands in what is thrown, whatever prints it', () =>
  against([dropAfterReading], async (purser) => {
    const calls = [
      () => purser.customer.creditSpend(spend),
      () => purser.customer.getAccountInfo({ identityId }),
    ];
    for (const call of calls) {
      const printed = inspect(await thrownBy(call()), { depth: 9 });
      assert(!printed.includes(apiKey) && !printed.includes(identityId), printed);
    }
    assert(!inspect(purser, { depth: 9, showHidden: true }).includes(apiKey));
  }));

test('the members of a batch get keys of their own, and it is repeated as it was', () =>
  against(
    [
      dropAfterReading,
      answer(200, { success: true, results: [{ status: 503, body: {} }] }),
      answer(200, { success: true, results: [] }),
    ],
    async (purser, { seen }) => {
      await purser.customer.creditSpendBatch({ spends: [spend, { ...spend, idempotencyKey: 'mine' }] });
      assert.equal(seen.length, 3);
      assert.equal(new Set(seen.map(({ body }) => body)).size, 1);
      const { spends } = JSON.parse(seen[0]?.body ?? '');
      assert.match(spends[0].idempotencyKey, /^[0-9a-f-]{36}$/);
      assert.equal(spends[1].idempotencyKey, 'mine');
      assert.equal(seen[0]?.idempotencyKey, undefined);
    },
  ));

test('a batch with a member without a key is not repeated once it may have happened', () =>
  against([dropAfterReading], async (purser, { seen }) => {
    const spends = [{ ...spend, idempotencyKey: 'mine' }, spend];
    const options = { idempotencyKeys: false } as const;
    const error = await outcomeUnknownBy(purser.customer.creditSpendBatch({ spends }, options));
    assert.deepEqual(error.idempotencyKeys, ['mine']);
    assert.equal(seen.length, 1);
  }));

test('what JSON would change in silence is not sent', () =>
  against([moved], async (purser, { seen }) => {
    const refund = { transactionId: 'HxanU4a1n4El61zx' };
    const amounts = [Number.NaN, Number.POSITIVE_INFINITY, undefined] as number[];
    for (const amount of amounts) {
      await assert.rejects(purser.customer.creditRefund({ ...refund, amount }), TypeError);
    }
    await assert.rejects(purser.customer.creditSpend(spend, { idempotencyKey: 'two\nlines' }), TypeError);
    assert.equal(seen.length, 0);
  }));
