import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal } from '../../../test/access/client.ts';
import { type Answer, openWorld, send, type World } from '../../../test/access/world.ts';
import { newestToken } from '../../../test/people.ts';
import { setBan } from '../../operations/change-account.ts';
import { CommitInDoubtError } from '../../store/database.ts';

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
const UNKNOWN = 'JjCQQFR5pKQc8z23aurXhKsTV8i1jRpf';
const { post, get } = clientOf(() => world);

const submit = (url: string, form: Record<string, string> | string = {}): Promise<Answer> =>
  send(world.app, {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });
const register = async (email: string, more: Record<string, unknown> = {}) => {
  const answer = await post(`${AT}/register-account`, { email, password: PASSWORD, ...more });
  assert.equal(answer.text, '{"success":true}');
  return newestToken(world.services.database, email);
};
const forget = async (email: string) => {
  await post(`${AT}/reset-password`, { email });
  return newestToken(world.services.database, email);
};
const canLogIn = async (email: string, password = PASSWORD) =>
  (await post(`${AT}/login`, { email, password })).text.startsWith('{"success":true,"identityId"');

function expectPage(answer: Answer, status: number, title: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  assert.equal(
    answer.headers['content-security-policy'],
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  );
  assert.ok(answer.text.includes(`<h1>${title}</h1>`), answer.text);
  assert.doesNotMatch(answer.text, /<script|\sstyle=|\son\w+=/);
}

const GONE = 'This link does not work any more';

test('the confirmation link asks first, so that a mail scanner confirms nothing, and then confirms once', async () => {
  const email = 'confirms@example.com';
  const url = `/confirm/${await register(email, { returnUrl: 'https://shop.example.com/a?b=1&c="x"' })}`;
  for (let times = 0; times < 3; times++) expectPage(await get(url), 200, 'Confirm your e-mail address');
  assert.match((await get(url)).text, /If it was not you who registered, please close this page/);
  assert.equal(await canLogIn(email), false);
  const confirmed = await submit(url);
  expectPage(confirmed, 200, 'Thank you');
  assert.ok(confirmed.text.includes(email));
  assert.match(confirmed.text, /<a class="button" href="https:\/\/shop\.example\.com\/a\?b=1&amp;c=/);
  assert.equal(await canLogIn(email), true);
  expectPage(await submit(url), 404, GONE);
  expectPage(await get(url), 404, GONE);
});

test('a confirmation without an address to return to says that one can log in', async () => {
  const answer = await submit(`/confirm/${await register('stays@example.com')}`);
  assert.match(answer.text, /You can close this page and log in/);
});

test('the link of a banned customer confirms nothing', async () => {
  const email = 'banned@example.com';
  const token = await register(email);
  const caller = { ledgerId: world.acme.sandbox, author: 'cli' };
  await setBan(world.services, caller, { customer: { email }, banned: true });
  expectPage(await submit(`/confirm/${token}`), 403, 'The address was not confirmed');
});

test('the new password is asked for until it is a good one, and the link then works no more', async () => {
  const email = 'forgets@example.com';
  await submit(`/confirm/${await register(email)}`);
  const url = `/new-password/${await forget(email)}`;
  const title = 'Choose a new password';
  expectPage(await get(url), 200, title);
  const tries = async (password: string, repeated = password) => {
    const answer = await submit(url, { password, repeated });
    expectPage(answer, 422, title);
    assert.ok(answer.text.includes(`action="${url}"`));
    assert.ok(!answer.text.includes('value='), 'no password is sent back');
    return /<p class="failed" role="alert">([^<]*)</.exec(answer.text)?.[1];
  };
  assert.equal(await tries('other horse battery', 'another'), 'The two passwords are not the same.');
  assert.equal(await tries('short'), 'The password must have at least 8 characters.');
  assert.equal(await tries(PASSWORD), 'You had this password before. Please choose a new one.');
  const fresh = 'něco + jiného & 100 %';
  expectPage(await submit(url, { password: fresh, repeated: fresh }), 200, 'Your new password is saved');
  assert.equal(await canLogIn(email, fresh), true);
  assert.equal(await canLogIn(email), false);
  expectPage(await submit(url, { password: fresh, repeated: fresh }), 404, GONE);
  expectPage(await get(url), 404, GONE);
});

test('an expired link and one of a banned customer change no password', async () => {
  const email = 'late@example.com';
  await submit(`/confirm/${await register(email)}`);
  const form = { password: 'other horse battery', repeated: 'other horse battery' };
  const token = await forget(email);
  const { pool } = world.services.database;
  await pool.query("UPDATE password_resets SET expires_at = now() + interval '1 hour'");
  const caller = { ledgerId: world.acme.sandbox, author: 'cli' };
  await setBan(world.services, caller, { customer: { email }, banned: true });
  expectPage(await submit(`/new-password/${token}`, form), 403, 'The password was not changed');
  await setBan(world.services, caller, { customer: { email }, banned: false });
  await pool.query("UPDATE password_resets SET expires_at = now() - interval '1 second'");
  expectPage(await submit(`/new-password/${token}`, form), 404, 'This link has expired');
  expectPage(await get(`/new-password/${token}`), 404, 'This link has expired');
  assert.equal(await canLogIn(email), true);
});

test('links that nobody was sent lead to a page that says so', async () => {
  const form = { password: 'other horse battery', repeated: 'other horse battery' };
  for (const path of ['confirm', 'new-password']) {
    expectPage(await submit(`/${path}/${UNKNOWN}`, form), 404, GONE);
    expectPage(await get(`/${path}/${UNKNOWN}`), 404, GONE);
    for (const token of ['x', `${UNKNOWN}x`, '%3Cscript%3E', `${UNKNOWN.slice(1)}-`]) {
      expectPage(await get(`/${path}/${token}`), 404, GONE);
      expectPage(await submit(`/${path}/${token}`, form), 404, GONE);
    }
  }
});

test('forms are taken here alone, and nothing but forms, of a sensible length', async () => {
  const url = `/new-password/${UNKNOWN}`;
  const json = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    payload: '{}',
  } as const;
  expectPage(await send(world.app, json), 415, 'Something went wrong');
  expectPage(await submit(url, `password=${'x'.repeat(9_000)}`), 413, 'Something went wrong');
  expectPage(await submit(url, '%zz=%ff&password&&=%00'), 422, 'Choose a new password');
  expectRefusal(await submit(`${AT}/login?apiKey=${world.keys.dev}`), 'PUBLIC_MEDIA_TYPE_NOT_SUPPORTED');
  const put = await send(world.app, { method: 'PUT', url });
  assert.deepEqual([put.status, put.headers.allow], [405, 'GET, POST']);
});

test('a page never says that nothing was changed where that is not known', async () => {
  const { pool } = world.services.database;
  const connect = pool.connect.bind(pool);
  Object.assign(pool, { connect: () => Promise.reject(new CommitInDoubtError(new Error('lost'))) });
  const answer = await submit(`/confirm/${UNKNOWN}`);
  Object.assign(pool, { connect });
  expectPage(answer, 503, 'Please try to log in');
});
