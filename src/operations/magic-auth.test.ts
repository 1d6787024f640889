import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import { type FreshDatabase, freshDatabase, openTestDatabase } from '../../test/harness.ts';
import { hashSecret, IDENTITY_PATTERN } from '../ids.ts';
import { NO_PASSWORD } from '../passwords/passwords.ts';
import { findCustomerByEmail, readCustomer } from '../store/customers.ts';
import { type Database, inTransaction } from '../store/database.ts';
import { listLedgers } from '../store/organisations.ts';
import { findPasswordReset, insertPasswordReset } from '../store/password-resets.ts';
import { findRegistration, insertRegistration } from '../store/registrations.ts';
import { findSessions, readSession } from '../store/sessions.ts';
import { createCustomer } from './create-customer.ts';
import { createOrganisation } from './create-organisation.ts';
import { createSession } from './create-session.ts';
import { logOut } from './log-out.ts';
import { type MagicAuthRequest, magicAuth } from './magic-auth.ts';

let fresh: FreshDatabase;
let database: Database;
let ledgerId: number;
let otherLedgerId: number;
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh, 20);
  await createOrganisation({ database }, { name: 'First', currency: 'EUR', timeZone: 'UTC' });
  const ledgers = await listLedgers(database.pool);
  ledgerId = ledgers.find(({ kind }) => kind === 'live')?.ledgerId ?? 0;
  otherLedgerId = ledgers.find(({ kind }) => kind === 'sandbox')?.ledgerId ?? 0;
});
after(async () => {
  await database.close();
  await fresh.drop();
});

async function logIn(request: MagicAuthRequest, inLedger = ledgerId): Promise<string> {
  const answer = await magicAuth({ database }, { ledgerId: inLedger }, request);
  assert.ok(answer.success);
  assert.match(answer.identityId, IDENTITY_PATTERN);
  return answer.identityId;
}

async function profile(email: string, inLedger = ledgerId) {
  const found = await findCustomerByEmail(database.pool, inLedger, email);
  return found && readCustomer(database.pool, found.accountId);
}

async function isLiving(identityId: string): Promise<boolean | undefined> {
  return (await readSession(database.pool, hashSecret(identityId)))?.living;
}

test('a first login makes the customer with an empty account and a session for three months', async () => {
  const request = { firstName: ' Some ', lastName: 'One', customerRealIp: '2001:db8::1' };
  const identityId = await logIn({ email: ' New@Example.com', ...request });
  const customer = await profile('new@example.com');
  assert.equal(customer?.firstName, 'Some');
  assert.match(customer?.cuRefNo ?? '', /^[A-Za-z0-9]{16}$/);
  const { rows } = await database.pool.query(
    `SELECT a.balance, a.ledger_id, host(s.created_from) AS ip,
       s.expires_at = s.last_used_at + interval '3 months' AS "threeMonths"
     FROM accounts a JOIN sessions s ON s.account_id = a.account_id WHERE a.account_id = $1`,
    [customer?.accountId],
  );
  const account = { balance: '0', ledger_id: String(ledgerId), ip: '2001:db8::1', threeMonths: true };
  assert.deepEqual(rows, [account]);
  assert.equal(await isLiving(identityId), true);
});

test('a later login finds the customer and changes nothing of it', async () => {
  const first = await logIn({ email: 'again@example.com', firstName: 'Some' });
  const before = await profile('again@example.com');
  const second = await logIn({ email: 'AGAIN@example.com', firstName: 'Other', lastName: 'Name' });
  assert.notEqual(first, second);
  assert.deepEqual(await profile('again@example.com'), before);
  assert.equal(await isLiving(first), true, 'older sessions stay');
});

test('first logins at the same moment make one customer and a session each', async () => {
  const email = 'race@example.com';
  const identities = await Promise.all(Array.from({ length: 16 }, () => logIn({ email })));
  assert.equal(new Set(identities).size, 16);
  const sessions = await findSessions(database.pool, identities.map(hashSecret));
  assert.equal(sessions.length, 16);
  assert.equal(new Set(sessions.map(({ accountId }) => accountId)).size, 1);
});

test('one e-mail in two ledgers is two customers', async () => {
  const [live, sandbox] = [
    await logIn({ email: 'both@example.com' }),
    await logIn({ email: 'both@example.com' }, otherLedgerId),
  ];
  const sessions = await findSessions(database.pool, [live, sandbox].map(hashSecret));
  assert.equal(new Set(sessions.map(({ accountId }) => accountId)).size, 2);
  assert.notEqual(
    (await profile('both@example.com'))?.cuRefNo,
    (await profile('both@example.com', otherLedgerId))?.cuRefNo,
  );
});

test('a banned customer gets E005 and no session; a living one stays', async () => {
  const email = 'banned@example.com';
  const identityId = await logIn({ email });
  const accountId = (await profile(email))?.accountId;
  await database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [accountId]);
  const answer = await magicAuth({ database }, { ledgerId }, { email });
  const message = 'Customer account has been banned.';
  assert.deepEqual(answer, { success: false, errorCode: 'E005', message });
  const { rows } = await database.pool.query('SELECT 1 FROM sessions WHERE account_id = $1', [accountId]);
  assert.equal(rows.length, 1);
  assert.equal(await isLiving(identityId), true);
});

test('for an address that was not confirmed it is, and what strangers have prepared for it is gone', async () => {
  const email = 'prepared@example.com';
  const { accountId } = await createCustomer({ database }, { ledgerId }, { email });
  const { identityId: stranger } = await inTransaction(database, async (tx) => {
    const waiting = { accountId, profile: {}, referralAccountId: undefined, returnUrl: undefined };
    const tokenHash = hashSecret('confirm');
    await insertRegistration(tx, { ...waiting, tokenHash, passwordHash: NO_PASSWORD });
    await insertPasswordReset(tx, { accountId, tokenHash: hashSecret('reset'), lifeMs: 60_000 });
    return createSession(tx, { accountId, ledgerId });
  });
  const first = await logIn({ email });
  assert.equal(await isLiving(stranger), false);
  assert.ok((await profile(email))?.emailConfirmedAt);
  assert.equal(await findRegistration(database.pool, hashSecret('confirm')), undefined);
  assert.equal(await findPasswordReset(database.pool, hashSecret('reset')), undefined);
  const second = await logIn({ email });
  assert.deepEqual([await isLiving(first), await isLiving(second)], [true, true], 'later ones end nothing');
});

test('a banned customer stays unconfirmed', async () => {
  const email = 'banned-unconfirmed@example.com';
  const { accountId } = await createCustomer({ database }, { ledgerId }, { email });
  await database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [accountId]);
  assert.equal((await magicAuth({ database }, { ledgerId }, { email })).success, false);
  assert.equal((await profile(email))?.emailConfirmedAt, null);
});

test('whoever brought a new customer is kept; unknown and foreign references are ignored', async () => {
  const { cuRefNo } = await createCustomer({ database }, { ledgerId }, { email: 'bringer@example.com' });
  await logIn({ email: 'brought@example.com', referralId: cuRefNo });
  const names = { firstName: null, lastName: null };
  assert.deepEqual((await profile('brought@example.com'))?.referral, {
    code: cuRefNo,
    email: 'bringer@example.com',
    ...names,
  });
  await logIn({ email: 'alone@example.com', referralId: 'AAAAbbbbCCCCdddd' });
  assert.equal((await profile('alone@example.com'))?.referral, null);
  await logIn({ email: 'foreign@example.com', referralId: cuRefNo }, otherLedgerId);
  assert.equal((await profile('foreign@example.com', otherLedgerId))?.referral, null);
});

test('what is no e-mail address or too long a name is refused and makes nobody', async () => {
  await assertFaults(magicAuth({ database }, { ledgerId }, { email: 'nobody' }), ['/email']);
  const email = 'long@example.com';
  const long = magicAuth({ database }, { ledgerId }, { email, firstName: 'x'.repeat(201) });
  await assertFaults(long, ['/firstName']);
  assert.equal(await profile(email), undefined);
});

test('only the hash of an identity is kept', async () => {
  const identityId = await logIn({ email: 'hash@example.com' });
  const { rows } = await database.pool.query<{ row: string }>('SELECT s::text AS row FROM sessions s');
  assert.ok(rows.every(({ row }) => !row.includes(identityId)));
});

test('a logout ends this session alone and keeps its first instant', async () => {
  const [one, other] = [await logIn({ email: 'out@example.com' }), await logIn({ email: 'out@example.com' })];
  assert.deepEqual(await logOut({ database }, { ledgerId }, { identityId: one }), { success: true });
  assert.equal(await isLiving(one), false);
  assert.equal(await isLiving(other), true);
  const endedAt = async () =>
    (
      await database.pool.query<{ ended_at: Date }>(
        'SELECT ended_at FROM sessions WHERE identity_hash = $1',
        [hashSecret(one)],
      )
    ).rows[0]?.ended_at;
  const first = await endedAt();
  await logOut({ database }, { ledgerId }, { identityId: one });
  assert.deepEqual(await endedAt(), first);
});

test('a logout with an identity of another ledger, or none, succeeds and changes nothing', async () => {
  const identityId = await logIn({ email: 'stay@example.com' });
  const success = { success: true };
  assert.deepEqual(await logOut({ database }, { ledgerId: otherLedgerId }, { identityId }), success);
  assert.equal(await isLiving(identityId), true);
  assert.deepEqual(await logOut({ database }, { ledgerId }, { identityId: 'x'.repeat(32) }), success);
  assert.deepEqual(await logOut({ database }, { ledgerId }, { identityId: 'short' }), success);
});
