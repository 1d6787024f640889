import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeKey } from '../../../test/harness.ts';

let world: World;
let anyCustomer: string;
before(async () => {
  world = await openWorld();
  anyCustomer = await makeKey(world.services, 'DEV', 'acme', { scopes: ['default', 'any-customer'] });
});
after(() => world.close());

const BASE = '/api/v1/customer';
const { post, get } = clientOf(() => world);

test('a preview answers the refusal whole, with its figures, and 200', async () => {
  const { identityId } = world.customers.own;
  const told = await post(`${BASE}/credit-preview`, { identityId, amount: 999_999_999 });
  assert.equal(told.status, 200, told.text);
  assert.equal(memberOf(told.body, 'success'), true);
  assert.equal(memberOf(told.body, 'wouldSucceed'), false);
  const refused = await post(`${BASE}/credit-spend`, { identityId, amount: 999_999_999 });
  const [answered, previewed] = [memberOf(refused.body, 'error'), memberOf(told.body, 'refusal')];
  assert.deepEqual(Object.keys(Object(previewed)), Object.keys(Object(answered)));
  for (const name of ['code', 'description', 'available', 'required', 'shortBy'])
    assert.equal(memberOf(previewed, name), memberOf(answered, name), name);
  assert.equal(told.headers['x-request-id'], memberOf(previewed, 'requestId'));
  assert.deepEqual(memberOf(told.body, 'smallestChange'), { amount: memberOf(answered, 'shortBy') });
});

test('a preview is validated as a spend is, and judges no Idempotency-Key', async () => {
  expectRefusal(await post(`${BASE}/credit-preview`, { amount: 0 }), 'INTERNAL_VALIDATION_FAILED');
  assert.deepEqual(pointers(await post(`${BASE}/credit-preview`, { amount: 0 })), ['/amount', '/identityId']);
  const { identityId } = world.customers.own;
  const headers = { 'idempotency-key': 'a key of something else' };
  for (const amount of [1, 2]) {
    const told = await post(`${BASE}/credit-preview`, { identityId, amount }, { headers });
    assert.equal(told.status, 200);
  }
});

test('a customer is named by its session, or by its reference where the key may name anyone', async () => {
  const { identityId, cuRefNo } = world.customers.own;
  const at = new Date(Date.now() - 1000).toISOString();
  for (const path of ['credit-forecast?', `credit-balance?at=${at}&`, 'credit-log?']) {
    const ask = (names: string, key: string) => get(`${BASE}/${path}${names}&apiKey=${key}`);
    const bySession = await ask(`identityId=${identityId}`, world.keys.dev);
    assert.equal(bySession.status, 200, bySession.text);
    assert.equal((await ask(`cuRefNo=${cuRefNo}`, anyCustomer)).status, 200);
    const refused = await ask(`cuRefNo=${cuRefNo}`, world.keys.plain);
    expectRefusal(refused, 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED');
    assert.match(refused.text, /"scope":"any-customer"/);
    const foreign = world.customers.foreign.cuRefNo;
    expectRefusal(await ask(`cuRefNo=${foreign}`, anyCustomer), 'INTERNAL_RESOURCE_NOT_FOUND');
    expectRefusal(await ask('', anyCustomer), 'INTERNAL_VALIDATION_FAILED');
    const both = `cuRefNo=${cuRefNo}&identityId=${identityId}`;
    expectRefusal(await ask(both, anyCustomer), 'INTERNAL_VALIDATION_FAILED');
    const ended = `identityId=${world.customers.ended.identityId}`;
    expectRefusal(await ask(ended, anyCustomer), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  }
});

test('an explanation and a hold come with every member that the reference promises', async () => {
  const { identityId } = world.customers.own;
  const spent = await post(`${BASE}/credit-spend`, { identityId, amount: 2 });
  const ask = (path: string, id: unknown) =>
    get(`${BASE}/${path}?transactionId=${String(id)}&apiKey=${world.keys.dev}`);
  const told = await ask('credit-explain', memberOf(spent.body, 'transactionId'));
  assert.equal(told.status, 200, told.text);
  const members = [
    'transaction',
    'summary',
    'oldCreditBalance',
    'newCreditBalance',
    'lots',
    'debts',
    'opened',
  ];
  const more = ['fellDueBefore', 'settledBy', 'limits', 'undoneBy', 'refundable'];
  assert.deepEqual(Object.keys(Object(told.body)), [...members, ...more]);
  assert.equal(memberOf(told.body, 'summary'), 'Spent 2 credits from one lot.');
  const held = await post(`${BASE}/credit-hold`, { identityId, amount: 3, description: 'a job' });
  const hold = await ask('credit-transaction', memberOf(held.body, 'holdId'));
  const { insertedDate, expiresAt, ...rest } = Object(hold.body);
  const figures = { kind: 'hold', amount: 3, reserved: 3, captured: 0, description: 'a job' };
  assert.deepEqual(rest, { id: memberOf(held.body, 'holdId'), ...figures });
  assert.equal(Date.parse(expiresAt) - Date.parse(insertedDate), 900_000);
  expectRefusal(await ask('credit-explain', rest.id), 'INTERNAL_RESOURCE_NOT_FOUND');
});

test('an instant is one with an offset', async () => {
  const { identityId } = world.customers.own;
  for (const at of ['2026-01-01', 'yesterday', '2026-13-01T00:00:00Z', '2026-01-01T00:00:00']) {
    const answer = await get(
      `${BASE}/credit-balance?identityId=${identityId}&at=${at}&apiKey=${world.keys.dev}`,
    );
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    assert.deepEqual(pointers(answer), ['/at']);
  }
});
