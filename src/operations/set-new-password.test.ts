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
import { hashSecret } from '../ids.ts';
import type { OpenServices } from '../open-services.ts';
import { deleteExpiredResets } from '../store/password-resets.ts';
import { readSession } from '../store/sessions.ts';
import { openTurns } from '../turns.ts';
import { NEW_PASSWORD_FAILURES } from './coded-answer.ts';
import { logIn } from './log-in.ts';
import { registerAccount } from './register-account.ts';
import { type ResetRequest, requestPasswordReset } from './reset-password.ts';
import type { Services } from './services.ts';
import { type NewPasswordRequest, setNewPassword } from './set-new-password.ts';
import { verifyRegistration } from './verify-registration.ts';

const PASSWORD = 'correct horse battery';
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;

let fresh: FreshDatabase;
let open: OpenServices;
let services: Services;
let organisation: TestOrganisation;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  services = open.services;
  organisation = await makeOrganisation(services);
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

const caller = () => ({ ledgerId: organisation.live });
const success = { success: true };

const requestReset = (email: string, more: Partial<ResetRequest> = {}) =>
  requestPasswordReset(services, caller(), { email, ...more });

async function codeOf(answer: ReturnType<typeof setNewPassword>): Promise<string> {
  const given = await answer;
  if (given.success) return 'success';
  assert.equal(given.message, NEW_PASSWORD_FAILURES[given.errorCode]);
  return given.errorCode;
}

const set = (request: NewPasswordRequest) => codeOf(setNewPassword(services, caller(), request));

/** Asks for a reset a minute later than the last one, and uses its link. */
async function reset(email: string, password: string): Promise<string> {
  await letPass(services.database, MINUTE_S + 1);
  await requestReset(email);
  return set({ token: await newestToken(services.database, email), password });
}

async function login(email: string, password: string): Promise<string> {
  const answer = await logIn(services, caller(), { email, password });
  return answer.success ? 'success' : answer.errorCode;
}

const isLiving = async (identityId: string) =>
  (await readSession(services.database.pool, hashSecret(identityId)))?.living;

async function tokenOf(email: string): Promise<string> {
  await requestReset(email);
  return newestToken(services.database, email);
}

test('the link of a reset sets the password, once, and ends all sessions', async () => {
  const { email, identityId } = await makeCustomer(services, organisation.live);
  assert.deepEqual(await requestReset(` ${email.toUpperCase()} `), success);
  const token = await newestToken(services.database, email);
  assert.equal(await isLiving(identityId), true);
  assert.equal(await set({ token, password: PASSWORD }), 'success');
  assert.equal(await isLiving(identityId), false);
  assert.equal(await login(email, PASSWORD), 'success');
  assert.equal(await set({ token, password: 'yet another password' }), 'E003');
});

test('only the hash of a link is kept', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  const token = await tokenOf(email);
  const { rows } = await services.database.pool.query<{ row: string }>(
    'SELECT r::text AS row FROM password_resets r',
  );
  assert.ok(rows.length > 0 && rows.every(({ row }) => !row.includes(token)));
});

test('the answer is the same for who is unknown, banned or of another ledger, and they get no mail', async () => {
  const banned = await makeCustomer(services, organisation.live);
  await services.database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [
    banned.accountId,
  ]);
  const elsewhere = await makeCustomer(services, organisation.sandbox);
  for (const email of ['nobody@example.com', banned.email, elsewhere.email]) {
    assert.deepEqual(await requestReset(email), success);
    assert.deepEqual(await mailsTo(services.database, email), [], email);
  }
});

test('the answer takes a whole number of steps for everybody', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  await requestReset('warm-up@example.com');
  for (const address of [email, 'nobody@example.com', email]) {
    const startedAt = performance.now();
    await requestReset(address);
    const steps = (performance.now() - startedAt) / 250;
    // A timer of Node ends up to a millisecond early.
    assert.ok(steps > 0.99, `${address} took ${steps} steps`);
  }
});

test('a customer gets one mail a minute, and with ten waiting one an hour, for which the oldest link goes', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  const tokens: string[] = [];
  const mails = async () => (await mailsTo(services.database, email)).length;
  for (let i = 0; i < 10; i++) {
    tokens.push(await tokenOf(email));
    if (i === 0) await requestReset(email, { expirationTime: '7d' });
    assert.equal(await mails(), i + 1);
    await letPass(services.database, MINUTE_S + 1);
  }
  await requestReset(email);
  assert.equal(await mails(), 10);
  await letPass(services.database, HOUR_S);
  tokens.push(await tokenOf(email));
  assert.equal(await mails(), 11);
  const [oldest = '', , , , newer = ''] = tokens;
  assert.equal(await set({ token: oldest, password: PASSWORD }), 'E003');
  assert.equal(await set({ token: newer, password: PASSWORD }), 'success');
});

test('links that have expired wait no more', async () => {
  const { email, accountId } = await makeCustomer(services, organisation.live);
  await services.database.pool.query(
    `INSERT INTO password_resets (token_hash, account_id, requested_at, expires_at)
     SELECT sha256(i::text::bytea), $1, now() - interval '2 minutes', now() - interval '1 minute'
     FROM generate_series(1, 10) i`,
    [accountId],
  );
  await requestReset(email);
  assert.equal((await mailsTo(services.database, email)).length, 1);
});

test('of resets that are asked for at the same moment one sends a mail', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  // As on several processes, which do not wait for each other's turns.
  const request = () =>
    requestPasswordReset({ ...services, loginTurns: openTurns(1, 1) }, caller(), { email });
  const atOnce = Array.from({ length: 8 });
  // Connections of which each is ready, so that nobody is late.
  await Promise.all(atOnce.map(() => services.database.pool.query('SELECT pg_sleep(0.1)')));
  await Promise.all(atOnce.map(request));
  assert.equal((await mailsTo(services.database, email)).length, 1);
});

test('a link lives for as long as was asked, 3 hours unless it was', async () => {
  const { pool } = services.database;
  for (const [expirationTime, seconds] of [
    [undefined, 3 * HOUR_S],
    ['3h 20m', 3 * HOUR_S + 20 * MINUTE_S],
    [' 1m', MINUTE_S],
    ['7d', 7 * 24 * HOUR_S],
  ] as const) {
    const { email, accountId } = await makeCustomer(services, organisation.live);
    await requestReset(email, { expirationTime });
    const { rows } = await pool.query<{ life: number }>(
      'SELECT extract(epoch FROM expires_at - requested_at)::float8 AS life FROM password_resets WHERE account_id = $1',
      [accountId],
    );
    assert.deepEqual(rows, [{ life: seconds }], expirationTime);
  }
  for (const expirationTime of ['', '59s', '7d 1s', 'soon', '3h20', '-1h', '0']) {
    await assertFaults(requestReset('customer@example.com', { expirationTime }), ['/expirationTime']);
  }
  await assertFaults(requestReset('nobody', { expirationTime: 'soon' }), ['/email', '/expirationTime']);
});

test('E004: the link has expired, and still is so a week later; then it is unknown', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  const token = await tokenOf(email);
  await letPass(services.database, 3 * HOUR_S + 1);
  await deleteExpiredResets(services.database.pool);
  assert.equal(await set({ token, password: PASSWORD }), 'E004');
  await letPass(services.database, 7 * 24 * HOUR_S);
  await deleteExpiredResets(services.database.pool);
  assert.equal(await set({ token, password: PASSWORD }), 'E003');
});

test('E004 and E003 also where it expires, or is used, while passwords are compared', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  const { hash } = services.passwords;
  const token = await tokenOf(email);
  const late = (meanwhile: () => Promise<unknown>) => ({
    ...services,
    passwords: { ...services.passwords, hash: (password: string) => meanwhile().then(() => hash(password)) },
  });
  const expiring = late(() => letPass(services.database, 3 * HOUR_S + 1));
  assert.equal(await codeOf(setNewPassword(expiring, caller(), { token, password: PASSWORD })), 'E004');
  await letPass(services.database, -3 * HOUR_S);
  const used = late(() => setNewPassword(services, caller(), { token, password: 'quicker password' }));
  assert.equal(await codeOf(setNewPassword(used, caller(), { token, password: PASSWORD })), 'E003');
  assert.equal(await login(email, 'quicker password'), 'success');
});

test('E003: a link is unknown, or of another ledger', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  const token = await tokenOf(email);
  assert.equal(await set({ token: 'x'.repeat(32), password: PASSWORD }), 'E003');
  const elsewhere = { ledgerId: organisation.sandbox };
  assert.equal(await codeOf(setNewPassword(services, elsewhere, { token, password: PASSWORD })), 'E003');
  assert.equal(await codeOf(setNewPassword(services, undefined, { token, password: PASSWORD })), 'success');
});

test('E002: the ten passwords used last are refused and the link goes on working, the eleventh is free again', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  const password = (i: number) => `password number ${i}`;
  for (let i = 0; i < 11; i++) assert.equal(await reset(email, password(i)), 'success');
  assert.equal(await reset(email, password(10)), 'E002');
  assert.equal(await reset(email, password(1)), 'E002');
  const token = await newestToken(services.database, email);
  assert.equal(await set({ token, password: password(5) }), 'E002');
  assert.equal(await set({ token, password: password(0) }), 'success');
  assert.equal(await login(email, password(0)), 'success');
  const { rows } = await services.database.pool.query(
    `SELECT count(*)::int AS kept, count(*) FILTER (WHERE replaced_at IS NULL)::int AS present FROM passwords
     WHERE account_id = (SELECT account_id FROM customers WHERE email = $1)`,
    [email],
  );
  assert.deepEqual(rows, [{ kept: 10, present: 1 }]);
});

test('E001: who was banned meanwhile keeps the old password', async () => {
  const { email, accountId, identityId } = await makeCustomer(services, organisation.live);
  const token = await tokenOf(email);
  await services.database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [accountId]);
  assert.equal(await set({ token, password: PASSWORD }), 'E001');
  assert.equal(await isLiving(identityId), true);
});

test('a reset confirms the address, and takes waiting registrations and other resets away', async () => {
  const email = 'unconfirmed@example.com';
  await registerAccount(services, caller(), { email, password: 'password of somebody' });
  const waiting = await newestToken(services.database, email);
  const first = await tokenOf(email);
  await letPass(services.database, MINUTE_S + 1);
  const second = await tokenOf(email);
  assert.equal(await set({ token: second, password: PASSWORD }), 'success');
  assert.equal(await set({ token: first, password: 'password of somebody' }), 'E003');
  await assert.rejects(verifyRegistration(services, undefined, { token: waiting }));
  assert.equal(await login(email, 'password of somebody'), 'E004');
  assert.equal(await login(email, PASSWORD), 'success');
});

test('the owner gets in by a reset while others go on guessing', async () => {
  const { email } = await makeCustomer(services, organisation.live);
  assert.equal(await reset(email, PASSWORD), 'success');
  const guess = (i: number) =>
    logIn(services, caller(), { email, password: 'wrong', customerRealIp: `10.0.0.${i}` });
  for (let i = 0; i < 10; i++) await guess(i);
  assert.equal(await login(email, PASSWORD), 'E006');
  await requestReset(email);
  const token = await newestToken(services.database, email);
  const customerRealIp = '9.9.9.9';
  assert.equal(await set({ token, password: 'a new password', customerRealIp }), 'success');
  for (let i = 0; i < 10; i++) await guess(i);
  const own = await logIn(services, caller(), { email, password: 'a new password', customerRealIp });
  assert.ok(own.success);
});

test('a password that nobody should have is refused before the link is looked at', async () => {
  for (const password of ['short', 'x'.repeat(1_025), 'password123']) {
    await assertFaults(setNewPassword(services, caller(), { token: 'x'.repeat(32), password }), [
      '/password',
    ]);
  }
});
