import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeCustomer } from '../../../test/harness.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const { post, get } = clientOf(() => world);

function limits(body: object): Promise<Answer> {
  const url = `/bff/contact-credit/limits?apiKey=${world.keys.root}`;
  return post(url, body, { url, headers: { 'x-purser-ledger': 'acme/sandbox' } });
}

async function events(query = ''): Promise<Answer> {
  return get(`/bff/event/list?apiKey=${world.keys.root}${query}`, {
    headers: { 'x-purser-ledger': 'acme/sandbox' },
  });
}

/** @returns the kinds of the events of one customer, oldest first, with their details. */
async function eventsOf(cuRefNo: string): Promise<[unknown, unknown][]> {
  const items = memberOf((await events()).body, 'items');
  assert.ok(Array.isArray(items));
  return items
    .filter((item) => memberOf(item, 'customerId') === cuRefNo)
    .map((item): [unknown, unknown] => [memberOf(item, 'kind'), memberOf(item, 'details')])
    .reverse();
}

test('limits hold from then on, and events are told once per crossing', async () => {
  const { identityId, cuRefNo } = await makeCustomer(world.services, world.acme.sandbox, { credit: 100 });
  const spend = (amount: number) => post('/api/v1/customer/credit-spend', { identityId, amount });
  await spend(10);
  const set = { customerId: cuRefNo, monthlySoftLimit: 20, monthlyHardLimit: 60, lowBalance: 65 };
  assert.deepEqual((await limits(set)).body, { success: true });
  for (const amount of [10, 10, 10]) assert.equal((await spend(amount)).status, 200);
  const refused = await spend(20.000001);
  expectRefusal(refused, 'PUBLIC_CREDIT_LIMIT_REACHED');
  const error = memberOf(refused.body, 'error');
  assert.deepEqual(
    ['limit', 'used', 'held'].map((member) => memberOf(error, member)),
    [60, 40, 0],
  );
  assert.match(String(memberOf(error, 'resetsAt')), /^\d{4}-\d\d-01T00:00:00\.000Z$/);
  assert.deepEqual(await eventsOf(cuRefNo), [
    ['soft-limit', { used: 30, monthlySoftLimit: 20 }],
    ['low-balance', { balance: 60, lowBalance: 65 }],
  ]);
  await limits({ customerId: cuRefNo, monthlyHardLimit: 0, lowBalance: null, debtLimit: 5, reason: 'asked' });
  assert.equal(memberOf((await spend(65)).body, 'newCreditBalance'), -5);
  assert.deepEqual((await eventsOf(cuRefNo)).slice(2), [['debt-begun', { debt: 5 }]]);
});

test('a request for limits names at least one, and a customer of the ledger', async () => {
  const { own, live } = world.customers;
  const nothing = await limits({ customerId: own.cuRefNo, debtLimit: null, reason: 'x' });
  assert.deepEqual(pointers(nothing), ['']);
  const odd = { customerId: own.cuRefNo, debtLimit: -1, monthlySoftLimit: '1', lowBalance: true };
  assert.deepEqual(pointers(await limits(odd)), ['/debtLimit', '/monthlySoftLimit', '/lowBalance']);
  for (const customerId of [live.cuRefNo, 'x'.repeat(16)])
    expectRefusal(await limits({ customerId, debtLimit: 1 }), 'INTERNAL_RESOURCE_NOT_FOUND');
});

test('pages of events are named by their cursors', async () => {
  const { cuRefNo } = await makeCustomer(world.services, world.acme.sandbox);
  const grant = { cuRefNo, amount: 1, expirationDate: new Date(Date.now() + 86_400_000).toISOString() };
  for (let i = 0; i < 3; i++) await post('/api/v1/customer/credit-grant', grant);
  const all = memberOf((await events()).body, 'items');
  assert.ok(Array.isArray(all) && all.length >= 3);
  const paged: unknown[] = [];
  let cursor: unknown;
  do {
    const { body } = await events(`&limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    const items = memberOf(body, 'items');
    assert.ok(Array.isArray(items) && items.length <= 2);
    paged.push(...items);
    cursor = memberOf(body, 'nextCursor');
  } while (cursor !== undefined);
  assert.deepEqual(paged, all);
  assert.deepEqual(pointers(await events('&cursor=x&limit=0')), ['/limit', '/cursor']);
});
