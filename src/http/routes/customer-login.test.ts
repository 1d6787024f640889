import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeCustomer } from '../../../test/harness.ts';
import { letPass, newestToken } from '../../../test/people.ts';

let world: World;
before(async () => {
  world = await openWorld();
  await world.services.database.pool.query(
    `UPDATE organisations SET origins = '{https://shop.example.com}' WHERE slug = 'acme'`,
  );
});
after(() => world.close());

const AT = '/api/v1/customer';
const PASSWORD = 'correct horse battery';
const { post, get } = clientOf(() => world);
const tokenTo = (email: string) => newestToken(world.services.database, email);

function expectFailure(answer: Answer, errorCode: string, message: string): void {
  assert.equal(answer.status, 200);
  assert.equal(answer.text, JSON.stringify({ success: false, errorCode, message }));
}

test('a person registers, confirms, logs in, forgets the password and sets a new one', async () => {
  const email = 'walk@example.com';
  const returnUrl = 'https://shop.example.com/welcome';
  const registration = {
    email,
    password: PASSWORD,
    firstName: 'Some',
    newsletter: true,
    customerRealIp: '::1',
  };
  const registered = await post(`${AT}/register-account`, { ...registration, returnUrl, phone: null });
  assert.equal(registered.text, '{"success":true}');
  const login = (password: string) => post(`${AT}/login`, { email, password, customerRealIp: 'localhost' });
  expectFailure(await login(PASSWORD), 'E007', 'Customer mail has not been authorized.');
  const verified = await post(`${AT}/register-account-verify`, { token: await tokenTo(email) });
  assert.deepEqual(verified.body, { success: true, email, returnUrl });

  const loggedIn = await login(PASSWORD);
  const identityId = String(memberOf(loggedIn.body, 'identityId'));
  assert.equal(loggedIn.text, JSON.stringify({ success: true, identityId }));
  const info = async () =>
    (await get(`${AT}/get-account-info?apiKey=${world.keys.dev}&identityId=${identityId}`)).body;
  assert.equal(memberOf(await info(), 'firstName'), 'Some');
  const { rows } = await world.services.database.pool.query(
    `SELECT host(created_from) AS ip FROM sessions JOIN customers USING (account_id) WHERE email = $1`,
    [email],
  );
  assert.deepEqual(rows, [{ ip: '127.0.0.1' }], 'addresses are normalised before they are kept');

  assert.equal(
    (await post(`${AT}/reset-password`, { email, expirationTime: '3h 20m' })).text,
    '{"success":true}',
  );
  const token = await tokenTo(email);
  const set = (password: string) => post(`${AT}/set-new-password`, { token, password });
  expectFailure(
    await set(PASSWORD),
    'E002',
    'You have entered a previously used password. For security reasons, please enter a new and unique password.',
  );
  assert.equal((await set('a better password')).text, '{"success":true}');
  assert.deepEqual(await info(), { loggedIn: false });
  expectFailure(await login(PASSWORD), 'E004', 'Wrong e-mail or password.');
  assert.ok(memberOf((await login('a better password')).body, 'success'));
});

test('the longest password that can be registered can log in', async () => {
  const email = 'long@example.com';
  const password = `${'sentence'.repeat(127)}sentency`;
  assert.equal(password.length, 1_024);
  assert.equal((await post(`${AT}/register-account`, { email, password })).status, 200);
  await post(`${AT}/register-account-verify`, { token: await tokenTo(email) });
  const { status, body } = await post(`${AT}/login`, { email, password });
  assert.deepEqual([status, memberOf(body, 'success')], [200, true]);
});

test('each failure has its published code and text', async () => {
  const { own, banned } = world.customers;
  const login = (email: string) => post(`${AT}/login`, { email, password: PASSWORD });
  expectFailure(await login('nobody-yet@example.com'), 'E002', 'Customer e-mail does not exist.');
  expectFailure(await login(own.email), 'E003', 'Customer have not a registered account.');
  for (let i = 0; i < 4; i++) await login(own.email);
  expectFailure(await login(own.email), 'E006', 'Too many login attempts.');
  const register = (email: string) => post(`${AT}/register-account`, { email, password: PASSWORD });
  expectFailure(await register(banned.email), 'E003', 'Customer account has been banned.');
  await register('failure@example.com');
  expectFailure(await register('failure@example.com'), 'E004', 'Too many registration attempts.');
  await post(`${AT}/register-account-verify`, { token: await tokenTo('failure@example.com') });
  expectFailure(await register('failure@example.com'), 'E002', 'Customer has been registered.');
  const set = (token: string) => post(`${AT}/set-new-password`, { token, password: PASSWORD });
  expectFailure(await set('x'.repeat(32)), 'E003', 'Reset password request does not exist.');
  const { email, accountId } = await makeCustomer(world.services, world.acme.sandbox);
  await post(`${AT}/reset-password`, { email });
  const token = await tokenTo(email);
  await world.services.database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [
    accountId,
  ]);
  expectFailure(await set(token), 'E001', 'Change password failed.');
  await letPass(world.services.database, 4 * 3_600);
  expectFailure(await set(token), 'E004', 'Reset password request has been expired.');
});

test('faults are told by member, and nothing is sent', async () => {
  const faults = async (path: string, body: object) => {
    const answer = await post(`${AT}/${path}`, body);
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    return pointers(answer);
  };
  const email = 'faults@example.com';
  const bad = {
    email: 'x',
    password: 'short',
    newsletter: 'yes',
    groups: 'a',
    referralId: 'x',
    customerRealIp: 'x',
  };
  assert.deepEqual((await faults('register-account', bad)).sort(), [
    '/customerRealIp',
    '/email',
    '/groups',
    '/newsletter',
    '/password',
    '/referralId',
  ]);
  const later = { email, password: 'password', phone: '1', returnUrl: 'https://elsewhere.example.com' };
  assert.deepEqual(await faults('register-account', later), ['/password', '/phone', '/returnUrl']);
  const both = { email: 'x', password: 'password', phone: '1', groups: 5 };
  assert.deepEqual(await faults('register-account', both), ['/email', '/groups', '/password', '/phone']);
  assert.deepEqual(await faults('set-new-password', { token: 'x', password: 'password' }), [
    '/token',
    '/password',
  ]);
  for (const returnUrl of [
    'javascript:alert(1)',
    '//shop.example.com',
    'https://shop.example.com.evil.test/',
  ]) {
    assert.deepEqual(await faults('register-account', { email, password: PASSWORD, returnUrl }), [
      '/returnUrl',
    ]);
  }
  for (const password of ['x'.repeat(1_025), 'abc\u0000defgh', '\ud800abcdefgh', 12_345_678, null]) {
    assert.deepEqual(await faults('register-account', { email, password }), ['/password']);
    assert.deepEqual(await faults('set-new-password', { token: 'x'.repeat(32), password }), ['/password']);
  }
  assert.deepEqual(await faults('login', { email }), ['/password']);
  assert.deepEqual(await faults('login', { email: 'x', password: 1 }), ['/email', '/password']);
  for (const token of ['', 'short', 'x'.repeat(33), 'é'.repeat(32)]) {
    assert.deepEqual(await faults('register-account-verify', { token }), ['/token']);
    assert.deepEqual(await faults('set-new-password', { token, password: PASSWORD }), ['/token']);
  }
  assert.deepEqual(await faults('reset-password', { email, expirationTime: '8d' }), ['/expirationTime']);
  const { rows } = await world.services.database.pool.query('SELECT FROM mails WHERE recipient = $1', [
    email,
  ]);
  assert.equal(rows.length, 0);
});

test('a link that is unknown or of another ledger is not found', async () => {
  const email = 'elsewhere@example.com';
  await post(`${AT}/register-account`, { email, password: PASSWORD });
  const token = await tokenTo(email);
  const verify = (key: string) =>
    post(`${AT}/register-account-verify`, { token }, { url: `${AT}/register-account-verify?apiKey=${key}` });
  for (const key of [world.keys.otherDev, world.keys.prod]) {
    expectRefusal(await verify(key), 'INTERNAL_RESOURCE_NOT_FOUND');
  }
  assert.equal((await verify(world.keys.dev)).status, 200);
  expectRefusal(await verify(world.keys.dev), 'INTERNAL_RESOURCE_NOT_FOUND');
});
