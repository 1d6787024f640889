import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, send, type World } from '../../../test/access/world.ts';
import { makeCustomer, type TestCustomer } from '../../../test/harness.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const { post, get } = clientOf(() => world);
const CUSTOMER = '/api/v1/customer';
const list = (identityId: string) =>
  get(`${CUSTOMER}/session/list?apiKey=${world.keys.dev}&identityId=${identityId}`);
const end = (identityId: string, which: object) => post(`${CUSTOMER}/session/end`, { identityId, ...which });
const spend = (identityId: string) => post(`${CUSTOMER}/credit-spend`, { identityId, amount: 1 });

interface Item {
  readonly sessionId: string;
  readonly createdFrom: string | null;
  readonly current: boolean;
}

function itemsOf({ body, text }: Answer): Item[] {
  const items = memberOf(body, 'items');
  assert.ok(Array.isArray(items), text);
  return items;
}

async function logIn({ email }: TestCustomer, customerRealIp?: string): Promise<string> {
  const { body } = await post(`${CUSTOMER}/magic-auth`, { email, customerRealIp });
  return String(memberOf(body, 'identityId'));
}

/** A customer who is logged in three times: from nobody knows where, then from two addresses. */
async function makeThreeSessions() {
  const made = await makeCustomer(world.services, world.acme.sandbox, { credit: 100 });
  // The first login by a backend confirms the address and ends what was before.
  const customer = { ...made, identityId: await logIn(made) };
  const first = await logIn(customer, '1.1.1.1');
  const second = await logIn(customer, '2001:4860:4860::8888');
  return { customer, first, second };
}

test('sessions are listed with when and from where, the last used first, and which one asks', async () => {
  const { first, customer } = await makeThreeSessions();
  const items = itemsOf(await list(first));
  assert.deepEqual(
    items.map(({ createdFrom, current }) => [createdFrom, current]),
    [
      ['2001:4860:4860::8888', false],
      ['1.1.1.1', true],
      [null, false],
    ],
  );
  assert.equal(new Set(items.map(({ sessionId }) => sessionId)).size, 3);
  const [item] = items;
  assert.ok(item);
  assert.match(item.sessionId, /^[A-Za-z0-9]{16}$/);
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  for (const member of ['createdAt', 'lastUsedAt', 'expiresAt']) {
    assert.match(String(memberOf(item, member)), instant);
  }
  // Nobody is anybody by what is listed.
  for (const { sessionId } of items) assert.ok(!first.includes(sessionId));
  assert.deepEqual(
    itemsOf(await list(customer.identityId)).map(({ sessionId }) => sessionId),
    items.map(({ sessionId }) => sessionId),
  );
});

test('one session is ended at once and the others go on; ending it again ends nothing', async () => {
  const { customer, first, second } = await makeThreeSessions();
  const [item] = itemsOf(await list(first));
  const sessionId = item?.sessionId;
  assert.equal((await spend(second)).status, 200);
  assert.deepEqual((await end(first, { sessionId })).body, { success: true, ended: 1 });
  expectRefusal(await spend(second), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  assert.equal((await spend(first)).status, 200);
  assert.equal((await spend(customer.identityId)).status, 200);
  assert.equal(itemsOf(await list(first)).length, 2);
  assert.deepEqual((await end(first, { sessionId })).body, { success: true, ended: 0 });
  expectRefusal(await end(second, { all: true }), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
});

test('all sessions are ended, but for the one that asks where that is wanted', async () => {
  const { first, second } = await makeThreeSessions();
  const others = await end(first, { all: true, exceptCurrent: true });
  assert.deepEqual(others.body, { success: true, ended: 2 });
  expectRefusal(await spend(second), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  assert.equal((await spend(first)).status, 200);
  assert.deepEqual((await end(first, { all: true })).body, { success: true, ended: 1 });
  expectRefusal(await spend(first), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  expectRefusal(await list(first), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
});

test('the session of another customer cannot be ended, nor told from one that nobody has', async () => {
  const { first } = await makeThreeSessions();
  const { own } = world.customers;
  const [others] = itemsOf(await list(own.identityId));
  for (const sessionId of [others?.sessionId, 'x'.repeat(16)]) {
    expectRefusal(await end(first, { sessionId }), 'INTERNAL_RESOURCE_NOT_FOUND');
  }
  assert.equal(itemsOf(await list(own.identityId)).length, 1);
});

test('a request ends either one or all', async () => {
  const { identityId } = world.customers.own;
  const sessionId = 'x'.repeat(16);
  assert.deepEqual(pointers(await end(identityId, {})), ['/sessionId']);
  for (const which of [{ all: true, sessionId }, { all: false }, { all: false, sessionId: null }]) {
    assert.deepEqual(pointers(await end(identityId, which)), [''], JSON.stringify(which));
  }
  const odd = { sessionId: 'x', all: 1, exceptCurrent: 'no' };
  const found = new Set(pointers(await end(identityId, odd)));
  assert.deepEqual(found, new Set(['/sessionId', '/all', '/exceptCurrent', '']));
});

test('an operator lists the sessions of a customer and ends one or all of them', async () => {
  const { customer, first, second } = await makeThreeSessions();
  const headers = { authorization: `Bearer ${world.keys.root}`, 'x-purser-ledger': 'acme/sandbox' };
  const { cuRefNo: id } = customer;
  const look = () => send(world.app, { method: 'GET', url: `/bff/contact/session/list?id=${id}`, headers });
  const invalidate = (payload: object) =>
    send(world.app, { method: 'POST', url: '/bff/contact/invalidate-sessions', headers, payload });
  const items = itemsOf(await look());
  assert.deepEqual(
    items.map((item) => Object.keys(item).includes('current')),
    [false, false, false],
  );
  const [newest] = items;
  assert.deepEqual((await invalidate({ id, sessionId: newest?.sessionId })).body, {
    success: true,
    ended: 1,
  });
  expectRefusal(await spend(second), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  assert.equal((await spend(first)).status, 200);
  assert.deepEqual((await invalidate({ id })).body, { success: true, ended: 2 });
  expectRefusal(await spend(first), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  assert.deepEqual(itemsOf(await look()), []);
  const foreign = { id, sessionId: 'x'.repeat(16) };
  expectRefusal(await invalidate(foreign), 'INTERNAL_RESOURCE_NOT_FOUND');
});
