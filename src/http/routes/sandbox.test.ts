import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeCustomer } from '../../../test/harness.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const CLOCK = '/api/v1/sandbox/clock';
const RESET = '/api/v1/sandbox/reset';
const { post, get } = clientOf(() => world);

test('credit expires when the clock of its sandbox is moved, and a reset brings back time and nothing else', async () => {
  const { identityId, cuRefNo } = await makeCustomer(world.services, world.acme.sandbox);
  const live = await makeCustomer(world.services, world.acme.live);
  const expirationDate = new Date(Date.now() + 20 * 86_400_000).toISOString();
  const balance = async (id: string, key: string) => {
    const url = `/api/v1/customer/get-account-info?apiKey=${key}&identityId=${id}`;
    return memberOf((await get(url)).body, 'creditBalance');
  };
  await post('/api/v1/customer/credit-grant', { cuRefNo, amount: 10, expirationDate });
  await post('/api/v1/customer/credit-grant', { cuRefNo, amount: 1 });
  const grant = { cuRefNo: live.cuRefNo, amount: 10, expirationDate };
  const key = `?apiKey=${world.keys.prod}`;
  await post('/api/v1/customer/credit-grant', grant, { url: `/api/v1/customer/credit-grant${key}` });
  const moved = await post(CLOCK, { advance: '30d' });
  assert.deepEqual(Object.keys(moved.body ?? {}), ['success', 'now', 'advancedBy']);
  assert.equal(memberOf(moved.body, 'advancedBy'), 30 * 86_400);
  assert.equal(await balance(identityId, world.keys.dev), 1);
  assert.equal(await balance(live.identityId, world.keys.prod), 10);
  assert.deepEqual((await post(RESET, { confirm: 'acme' })).body, { success: true });
  assert.equal(await balance(identityId, world.keys.dev), 0);
  assert.equal(
    (await post('/api/v1/customer/credit-grant', { cuRefNo, amount: 5, expirationDate })).status,
    200,
  );
  assert.equal(await balance(identityId, world.keys.dev), 5);
});

test('a move that is none, goes back or too far is refused, and so is another name', async () => {
  const faults = async (url: string, body: object) => {
    const answer = await post(url, body);
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    return pointers(answer);
  };
  for (const body of [{}, { advance: null }]) assert.deepEqual(await faults(CLOCK, body), ['/advance']);
  assert.deepEqual(await faults(CLOCK, { advance: '1d', to: '2030-01-01T00:00:00Z' }), ['']);
  for (const advance of ['', '0', '1', '-1d', 1, '1h 1d', '3700d'])
    assert.deepEqual(await faults(CLOCK, { advance }), ['/advance']);
  for (const to of ['', '2001-01-01T00:00:00Z', '2030-12-31', '2030-02-30T00:00:00Z', '9999-12-31T00:00:00Z'])
    assert.deepEqual(await faults(CLOCK, { to }), ['/to']);
  for (const confirm of ['other', 'ACME', ''])
    assert.deepEqual(await faults(RESET, { confirm }), ['/confirm']);
});
