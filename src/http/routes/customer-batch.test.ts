import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, send, type World } from '../../../test/access/world.ts';
import { makeCustomer, makeKey, type TestCustomer } from '../../../test/harness.ts';

let world: World;
let customer: TestCustomer;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const BATCH = '/api/v1/customer/credit-spend-batch';
const SPEND = '/api/v1/customer/credit-spend';
const { post } = clientOf(() => world);

async function newCustomer(credit: number): Promise<TestCustomer> {
  customer = await makeCustomer(world.services, world.acme.sandbox, { credit });
  return customer;
}

function resultsOf(answer: Answer): { status: unknown; body: unknown }[] {
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.body ?? {}), ['success', 'results']);
  const results = memberOf(answer.body, 'results');
  assert.ok(Array.isArray(results));
  return results.map((result) => {
    assert.deepEqual(Object.keys(result), ['status', 'body']);
    return { status: memberOf(result, 'status'), body: memberOf(result, 'body') };
  });
}

function codeOf(body: unknown): unknown {
  return memberOf(memberOf(body, 'error'), 'code');
}

test('each spend is answered in its place, and what one is refused concerns no other', async () => {
  const { identityId, cuRefNo } = await newCustomer(10);
  const { banned } = world.customers;
  const results = resultsOf(
    await post(BATCH, {
      spends: [
        { identityId, amount: 4 },
        { identityId, amount: 100 },
        { identityId: 'x'.repeat(32), amount: 1 },
        { identityId: banned.identityId, amount: 1 },
        { cuRefNo, amount: 0.0000001, description: 'a\u0000' },
        'nothing',
        { cuRefNo, amount: 6, description: null },
      ],
    }),
  );
  assert.deepEqual(
    results.map(({ status, body }) => [status, codeOf(body) ?? memberOf(body, 'newCreditBalance')]),
    [
      [200, 6],
      [402, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT'],
      [401, 'INTERNAL_USER_MUST_BE_AUTHORIZED'],
      [403, 'PUBLIC_CUSTOMER_IS_BANNED'],
      [422, 'INTERNAL_VALIDATION_FAILED'],
      [422, 'INTERNAL_VALIDATION_FAILED'],
      [200, 0],
    ],
  );
  const faults = memberOf(memberOf(results[4]?.body, 'error'), 'errors');
  assert.deepEqual(Array.isArray(faults) && faults.map((fault) => memberOf(fault, 'pointer')), [
    '/amount',
    '/description',
  ]);
});

test('a thousand spends of one customer are decided in their order', async () => {
  const { identityId } = await newCustomer(500);
  const spends = Array.from({ length: 1_000 }, () => ({ identityId, amount: 1 }));
  const results = resultsOf(await post(BATCH, { spends }));
  assert.deepEqual(
    results.map(({ body }) => memberOf(body, 'newCreditBalance') ?? codeOf(body)),
    Array.from({ length: 1_000 }, (_, i) => (i < 500 ? 499 - i : 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT')),
  );
});

test('a member with its key is the same request as a spend with that header', async () => {
  const { identityId, cuRefNo } = await newCustomer(10);
  const spends = [
    { identityId, amount: 2, idempotencyKey: 'a' },
    { identityId, amount: 2, idempotencyKey: '"a"' },
    { identityId, amount: 3, idempotencyKey: 'a' },
  ];
  const first = resultsOf(await post(BATCH, { spends }));
  assert.deepEqual(first[1], first[0]);
  assert.equal(codeOf(first[2]?.body), 'PUBLIC_IDEMPOTENCY_KEY_REUSED');
  const single = await post(SPEND, { cuRefNo, amount: 2 }, { headers: { 'idempotency-key': 'a' } });
  assert.equal(single.headers['idempotency-replayed'], 'true');
  assert.deepEqual(single.body, first[0]?.body);
  const again = resultsOf(await post(BATCH, { spends }));
  assert.deepEqual(again.slice(0, 2), first.slice(0, 2));
});

test('an atomic batch is done as a whole, or not at all', async () => {
  const { identityId, cuRefNo } = await newCustomer(10);
  const batch = async (...amounts: unknown[]) => {
    const spends = amounts.map((amount, i) => (i % 2 ? { cuRefNo, amount } : { identityId, amount }));
    return resultsOf(await post(BATCH, { spends, atomic: true })).map(({ status, body }) => [
      status,
      codeOf(body) ?? memberOf(body, 'newCreditBalance'),
    ]);
  };
  const notApplied = [409, 'PUBLIC_CREDIT_BATCH_NOT_APPLIED'];
  const short = [402, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT'];
  assert.deepEqual(await batch(4, 5, 2), [notApplied, notApplied, short]);
  assert.deepEqual(await batch(4, 0, 1), [notApplied, [422, 'INTERNAL_VALIDATION_FAILED'], notApplied]);
  assert.deepEqual(await batch(4, 5, 1), [
    [200, 6],
    [200, 1],
    [200, 0],
  ]);
});

test('an atomic batch that was done is replayed member by member', async () => {
  const { identityId } = await newCustomer(10);
  const spends = [1, 2].map((amount) => ({ identityId, amount, idempotencyKey: `all-${amount}` }));
  const first = resultsOf(await post(BATCH, { spends, atomic: true }));
  assert.deepEqual(resultsOf(await post(BATCH, { spends, atomic: true })), first);
  assert.deepEqual(
    first.map(({ body }) => memberOf(body, 'newCreditBalance')),
    [9, 7],
  );
});

test('a late retry of an atomic batch that fell does none of it, and its figures are those of the balance', async () => {
  const { identityId } = await newCustomer(10);
  const spends = [
    { identityId, amount: 8, idempotencyKey: 'early-1' },
    { identityId, amount: 5, idempotencyKey: 'early-2' },
    { identityId, amount: 6 },
  ];
  const first = resultsOf(await post(BATCH, { spends, atomic: true }));
  const figures = { creditBalance: 10, held: 0, available: 10, required: 13, shortBy: 3 };
  const error = memberOf(first[1]?.body, 'error');
  assert.deepEqual(
    Object.keys(figures).map((name) => memberOf(error, name)),
    Object.values(figures),
  );
  await post('/api/v1/customer/credit-grant', { identityId, amount: 100 });
  const again = resultsOf(await post(BATCH, { spends, atomic: true }));
  assert.deepEqual(again.slice(0, 2), first.slice(0, 2));
  assert.equal(again[2]?.status, 409);
  const single = await post(SPEND, { identityId, amount: 8 }, { headers: { 'idempotency-key': 'early-1' } });
  expectRefusal(single, 'PUBLIC_CREDIT_BATCH_NOT_APPLIED');
  assert.equal(single.headers['idempotency-replayed'], 'true');
});

test('an atomic batch is of one customer', async () => {
  const { identityId } = await newCustomer(10);
  const other = world.customers.own.identityId;
  const spends = [identityId, other].map((each) => ({ identityId: each, amount: 1 }));
  const answer = await post(BATCH, { spends, atomic: true });
  expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
  assert.deepEqual(pointers(answer), ['/spends']);
  const unknown = [
    { identityId, amount: 1 },
    { identityId: 'x'.repeat(32), amount: 1 },
  ];
  const results = resultsOf(await post(BATCH, { spends: unknown, atomic: true }));
  assert.deepEqual(
    results.map(({ status }) => status),
    [409, 401],
  );
});

test('a member that was done before is replayed also where another one cannot even be read', async () => {
  const { identityId } = await newCustomer(10);
  const done = { identityId, amount: 1, idempotencyKey: 'done-before' };
  const [first] = resultsOf(await post(BATCH, { spends: [done] }));
  const spends = [done, { identityId, amount: 2, idempotencyKey: 'new' }, { identityId, amount: -1 }];
  const results = resultsOf(await post(BATCH, { spends, atomic: true }));
  assert.deepEqual(
    results.map(({ status }) => status),
    [200, 409, 422],
  );
  assert.deepEqual(results[0]?.body, first?.body);
  const [later] = resultsOf(await post(BATCH, { spends: spends.slice(1, 2) }));
  assert.equal(memberOf(later?.body, 'newCreditBalance'), 7);
});

test('one header for all of them is refused, and so is a batch of none or too many', async () => {
  const spend = { identityId: world.customers.own.identityId, amount: 0.000001 };
  const header = { headers: { 'idempotency-key': 'a' } };
  expectRefusal(await post(BATCH, { spends: [spend] }, header), 'PUBLIC_REQUEST_IS_NOT_VALID_JSON');
  for (const spends of [undefined, null, {}, [], Array.from({ length: 1_001 }, () => spend)]) {
    const answer = await post(BATCH, { spends });
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    assert.deepEqual(pointers(answer), ['/spends']);
  }
});

test('a batch may have 512 KiB, and nothing else may', async () => {
  const spend = {
    identityId: world.customers.own.identityId,
    amount: 0.000001,
    description: 'x'.repeat(2_000),
  };
  const body = JSON.stringify({ spends: Array.from({ length: 240 }, () => spend) });
  assert.ok(body.length > 490_000 && body.length < 512 * 1024);
  const results = resultsOf(await post(BATCH, body));
  assert.ok(results.every(({ status }) => status === 200));
  expectRefusal(await post(BATCH, body + ' '.repeat(30_000)), 'PUBLIC_BODY_TOO_LARGE');
  expectRefusal(await post(SPEND, body), 'PUBLIC_BODY_TOO_LARGE');
});

test('each member counts for the rate limit: a batch passes whole or not at all', async () => {
  const { identityId } = await newCustomer(100);
  const key = await makeKey(world.services, 'DEV', 'acme', { requestsPerMinute: 60 });
  const batch = (count: number) =>
    send(world.app, {
      method: 'POST',
      url: `${BATCH}?apiKey=${key}`,
      payload: { spends: Array.from({ length: count }, () => ({ identityId, amount: 1 })) },
    });
  const first = await batch(25);
  assert.equal(resultsOf(first).length, 25);
  assert.equal(first.headers['x-ratelimit-remaining'], '35');
  const refused = await batch(36);
  expectRefusal(refused, 'PUBLIC_API_KEY_TOO_MANY_REQUEST');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  const last = resultsOf(await batch(35));
  assert.equal(memberOf(last.at(-1)?.body, 'newCreditBalance'), 40);
});
