import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestOrganisation,
} from '../../test/harness.ts';
import { letPass, mailsTo, newestToken } from '../../test/people.ts';
import type { OpenServices } from '../open-services.ts';
import { Refusal } from '../refusals.ts';
import { findCustomerByEmail, readCustomer } from '../store/customers.ts';
import { inTransaction } from '../store/database.ts';
import { erasePersonalData } from '../store/erasure-rows.ts';
import { replacePassword } from '../store/passwords.ts';
import { deleteExpiredRegistrations } from '../store/registrations.ts';
import { REGISTER_FAILURES } from './coded-answer.ts';
import { logIn } from './log-in.ts';
import { magicAuth } from './magic-auth.ts';
import { type RegisterRequest, registerAccount } from './register-account.ts';
import type { Services } from './services.ts';
import { verifyRegistration } from './verify-registration.ts';

const PASSWORD = 'correct horse battery';
const DAY_S = 24 * 3_600;

let fresh: FreshDatabase;
let open: OpenServices;
let services: Services;
let organisation: TestOrganisation;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  services = open.services;
  organisation = await makeOrganisation(services);
  await services.database.pool.query('UPDATE organisations SET origins = $1 WHERE slug = $2', [
    ['https://shop.example.com'],
    organisation.slug,
  ]);
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

const caller = () => ({ ledgerId: organisation.live });
const register = (email: string, more: Partial<RegisterRequest> = {}, hideAccounts = false) =>
  registerAccount({ ...services, hideAccounts }, caller(), { email, password: PASSWORD, ...more });

async function codeOf(answer: ReturnType<typeof register>): Promise<string> {
  const given = await answer;
  if (given.success) return 'success';
  assert.equal(given.message, REGISTER_FAILURES[given.errorCode]);
  return given.errorCode;
}

async function verify(email: string) {
  return verifyRegistration(services, caller(), { token: await newestToken(services.database, email) });
}

async function login(email: string, password = PASSWORD): Promise<string> {
  const answer = await logIn(services, caller(), { email, password });
  return answer.success ? 'success' : answer.errorCode;
}

async function profile(email: string) {
  const found = await findCustomerByEmail(services.database.pool, organisation.live, email);
  return found && readCustomer(services.database.pool, found.accountId);
}

const refusedWith = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;

async function count(table: string): Promise<number> {
  const { rows } = await services.database.pool.query(`SELECT FROM ${table}`);
  return rows.length;
}

test('a registration counts once its link was used, and brings its profile, referral and return address along', async () => {
  const email = 'new@example.com';
  const bringer = await makeCustomer(services, organisation.live);
  const more = {
    firstName: ' Some ',
    country: 'cz',
    phone: '777 123 456',
    newsletter: true,
    groups: ['Trainers'],
  };
  const returnUrl = 'https://shop.example.com/welcome?a=1';
  const request = { ...more, returnUrl, referralId: bringer.cuRefNo };
  assert.equal(await codeOf(register(' New@Example.com ', request)), 'success');
  const before = await profile(email);
  assert.deepEqual(
    [before?.firstName, before?.phone, before?.groups, before?.referral, before?.emailConfirmedAt],
    [null, null, [], null, null],
    'until then there is nothing but the address',
  );
  assert.equal(await login(email), 'E007');
  assert.deepEqual(await verify(email), { success: true, email, returnUrl });
  const after = await profile(email);
  assert.deepEqual([after?.firstName, after?.phone, after?.newsletter], ['Some', '+420 777123456', true]);
  assert.equal(after?.referral?.code, bringer.cuRefNo);
  assert.ok(after?.emailConfirmedAt);
  assert.equal(await login(email), 'success');
});

test('the mail has a link of which only the hash is kept, and which works once', async () => {
  const email = 'once@example.com';
  await register(email);
  const mails = await mailsTo(services.database, email);
  assert.deepEqual(
    mails.map(({ kind }) => kind),
    ['confirm-registration'],
  );
  const token = await newestToken(services.database, email);
  const { rows } = await services.database.pool.query<{ row: string }>(
    'SELECT r::text AS row FROM registrations r',
  );
  assert.ok(rows.every(({ row }) => !row.includes(token) && !row.includes(PASSWORD)));
  assert.deepEqual(await verify(email), { success: true, email });
  await assert.rejects(verify(email), refusedWith('INTERNAL_RESOURCE_NOT_FOUND'));
});

test('E002: who has a password already is registered', async () => {
  const email = 'registered@example.com';
  await register(email);
  await verify(email);
  assert.equal(await codeOf(register(email, { password: 'another password' })), 'E002');
  assert.equal(await login(email), 'success');
});

test('E003: who is banned cannot register; a link from before works again once the ban is lifted', async () => {
  const email = 'banned@example.com';
  await register(email);
  const setBanned = (banned: boolean) =>
    services.database.pool.query(
      'UPDATE accounts SET banned = $1 WHERE account_id = (SELECT account_id FROM customers WHERE email = $2)',
      [banned, email],
    );
  await setBanned(true);
  assert.equal(await codeOf(register(email)), 'E003');
  await assert.rejects(verify(email), refusedWith('PUBLIC_CUSTOMER_IS_BANNED'));
  await setBanned(false);
  assert.ok((await verify(email)).success);
});

test('E004: the same address gets a mail once in ten minutes, also of many at once', async () => {
  const email = 'often@example.com';
  const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(register(email))));
  assert.deepEqual(codes.sort(), [...Array(7).fill('E004'), 'success']);
  await letPass(services.database, 9 * 60);
  assert.equal(await codeOf(register(email)), 'E004');
  await letPass(services.database, 61);
  assert.equal(await codeOf(register(email)), 'success');
  assert.equal((await mailsTo(services.database, email)).length, 2);
});

test('E004: nobody registers many addresses at once from one place', async () => {
  const codes: string[] = [];
  for (let i = 0; i < 22; i++) {
    codes.push(await codeOf(register(`place${i}@example.com`, { customerRealIp: '1.2.3.4' })));
  }
  assert.deepEqual(codes.slice(19), ['success', 'E004', 'E004']);
});

test('E001: the customer was erased while it registered', async () => {
  const email = 'vanishing@example.com';
  const { accountId } = await makeCustomer(services, organisation.live, { email });
  let answer: Promise<string> | undefined;
  await inTransaction(services.database, async (tx) => {
    await tx.query('SELECT FROM customers WHERE account_id = $1 FOR UPDATE', [accountId]);
    answer = codeOf(register(email));
    await waitForLock();
    await erasePersonalData(tx, accountId, 'cli');
  });
  assert.equal(await answer, 'E001');
  assert.deepEqual(await mailsTo(services.database, email), []);
});

async function waitForLock(): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    const { rows } = await services.database.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
  }
  throw new Error('nobody waits');
}

test('a link leads on to no origin that the organisation has taken off its list meanwhile', async () => {
  const email = 'delisted@example.com';
  const { pool } = services.database;
  await pool.query(`UPDATE organisations SET origins = origins || 'https://old.example.com'::text`);
  await register(email, { returnUrl: 'https://old.example.com/welcome' });
  await pool.query(`UPDATE organisations SET origins = array_remove(origins, 'https://old.example.com')`);
  assert.deepEqual(await verify(email), { success: true, email });
});

test('of several registrations each link makes what was given with it count, and takes the others away', async () => {
  const email = 'several@example.com';
  await register(email, { password: 'the first password', firstName: 'First' });
  const token = await newestToken(services.database, email);
  await letPass(services.database, 11 * 60);
  await register(email, { password: 'the second password', firstName: 'Second', lastName: 'Stranger' });
  await verifyRegistration(services, undefined, { token });
  const { firstName, lastName } = (await profile(email)) ?? {};
  assert.deepEqual([firstName, lastName], ['First', null]);
  assert.equal(await login(email, 'the second password'), 'E004');
  assert.equal(await login(email, 'the first password'), 'success');
  await assert.rejects(verify(email), refusedWith('INTERNAL_RESOURCE_NOT_FOUND'));
});

test('nothing of an existing customer changes before the link is used, and no referral after it', async () => {
  const email = 'existing@example.com';
  const [bringer] = [await makeCustomer(services, organisation.live)];
  await magicAuth(services, caller(), { email, firstName: 'Own' });
  const before = await profile(email);
  await register(email, { firstName: 'Stranger', referralId: bringer.cuRefNo });
  assert.deepEqual(await profile(email), before);
  assert.equal(await login(email), 'E007');
  await verify(email);
  const after = await profile(email);
  assert.deepEqual([after?.firstName, after?.referral], ['Stranger', null]);
});

test('an expired link is unknown, and so is one of another ledger; what has expired is forgotten', async () => {
  const email = 'expired@example.com';
  await register(email);
  const token = await newestToken(services.database, email);
  const elsewhere = verifyRegistration(services, { ledgerId: organisation.sandbox }, { token });
  await assert.rejects(elsewhere, refusedWith('INTERNAL_RESOURCE_NOT_FOUND'));
  const unknown = verifyRegistration(services, undefined, { token: 'x'.repeat(32) });
  await assert.rejects(unknown, refusedWith('INTERNAL_RESOURCE_NOT_FOUND'));
  await letPass(services.database, 7 * DAY_S - 60);
  await deleteExpiredRegistrations(services.database.pool);
  assert.ok((await count('registrations')) > 0);
  await letPass(services.database, 120);
  await assert.rejects(verify(email), refusedWith('INTERNAL_RESOURCE_NOT_FOUND'));
  await deleteExpiredRegistrations(services.database.pool);
  assert.equal(await count('registrations'), 0);
});

test('a registration that failed for a reason of ours can be tried again at once', async () => {
  const email = 'again@example.com';
  const overloaded = new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
  const passwords = { ...services.passwords, hash: () => Promise.reject(overloaded) };
  await assert.rejects(registerAccount({ ...services, passwords }, caller(), { email, password: PASSWORD }));
  const mails = { add: () => Promise.reject(overloaded), wake: () => undefined };
  await assert.rejects(registerAccount({ ...services, mails }, caller(), { email, password: PASSWORD }));
  assert.equal(await profile(email), undefined);
  assert.equal(await codeOf(register(email)), 'success');
});

test('with hidden accounts a registered address is answered like a new one, and its owner told by mail', async () => {
  const [known, fresh, banned] = ['known@example.com', 'unknown@example.com', 'hidden-ban@example.com'];
  for (const email of [known, banned]) {
    const { accountId } = await makeCustomer(services, organisation.live, { email });
    const hash = await services.passwords.hash(PASSWORD);
    await inTransaction(services.database, (tx) => replacePassword(tx, accountId, hash));
    if (email === banned)
      await services.database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [
        accountId,
      ]);
  }
  for (const email of [known, fresh, banned]) {
    assert.equal(await codeOf(register(email, { password: 'a new password' }, true)), 'success', email);
    assert.equal(await codeOf(register(email, { password: 'a new password' }, true)), 'E004', email);
  }
  const kinds = async (email: string) => (await mailsTo(services.database, email)).map(({ kind }) => kind);
  assert.deepEqual(await kinds(known), ['already-registered']);
  assert.deepEqual(await kinds(fresh), ['confirm-registration']);
  assert.deepEqual(await kinds(banned), []);
  assert.equal(await login(known), 'success');
});

test('all faults of a registration are told at once', async () => {
  const members = { phone: 'none', country: 'XX', returnUrl: 'https://evil.example.com/' };
  await assertFaults(register('nobody', { password: 'short', ...members }), [
    '/email',
    '/password',
    '/phone',
    '/country',
    '/returnUrl',
  ]);
  assert.equal(await profile('nobody'), undefined);
});
