import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FreshDatabase, freshDatabase, openTestServices } from '../../test/harness.ts';
import { hashSecret } from '../ids.ts';
import { Refusal } from '../refusals.ts';
import { listLedgers } from '../store/organisations.ts';
import { setBan } from './change-account.ts';
import { createCustomer } from './create-customer.ts';
import { createOrganisation } from './create-organisation.ts';
import { getAccountInfo } from './get-account-info.ts';
import { grantCredit } from './grant-credit.ts';
import { logOut } from './log-out.ts';
import { magicAuth } from './magic-auth.ts';
import type { Caller, Services } from './services.ts';
import { showCustomer } from './show-customer.ts';

const NOBODY = { loggedIn: false };
let fresh: FreshDatabase;
let services: Services;
let stop: () => Promise<void>;
let live: Caller;
let sandbox: Caller;
before(async () => {
  fresh = await freshDatabase();
  ({ services, stop } = await openTestServices(fresh));
  await createOrganisation(services, { name: 'First', currency: 'EUR', timeZone: 'UTC' });
  const ledgers = await listLedgers(services.database.pool);
  const callerOf = (kind: string) => ({
    ledgerId: ledgers.find((ledger) => ledger.kind === kind)?.ledgerId ?? 0,
    author: 'cli',
  });
  [live, sandbox] = [callerOf('live'), callerOf('sandbox')];
});
after(async () => {
  await stop();
  await fresh.drop();
});

async function logIn(email: string, more = {}): Promise<string> {
  const answer = await magicAuth(services, live, { email, ...more });
  assert.ok(answer.success);
  return answer.identityId;
}

async function grant(email: string, amount: bigint, expirationDate?: string): Promise<void> {
  const request = { requestId: 'test' };
  const { status } = await grantCredit(
    services,
    live,
    { customer: { email }, amount, expirationDate },
    request,
  );
  assert.equal(status, 200);
}

test('who is logged in is told with the published members, what is held and what is available', async () => {
  const { cuRefNo: code } = await createCustomer(services, live, { email: 'bringer@example.com' });
  const email = 'info@example.com';
  const identityId = await logIn(email, { firstName: 'Some', lastName: 'One', referralId: code });
  await grant(email, 12_500_000n);
  const { cuRefNo } = await createCustomer(services, live, { email });
  assert.deepEqual(await getAccountInfo(services, live, { identityId }), {
    loggedIn: true,
    identityId,
    cuRefNo,
    creditBalance: 12.5,
    held: 0,
    available: 12.5,
    email,
    phone: null,
    firstName: 'Some',
    lastName: 'One',
    companyName: null,
    premium: false,
    ban: false,
    groups: [],
    meta: {},
    referral: { code, email: 'bringer@example.com', firstName: null, lastName: null },
    runningSubscriptionList: [],
  });
});

test('an identity that is unknown, malformed, foreign, ended or expired is nobody', async () => {
  const email = 'nobody@example.com';
  const [ended, expired, foreign] = [await logIn(email), await logIn(email), await logIn(email)];
  await logOut(services, live, { identityId: ended });
  await services.database.pool.query('UPDATE sessions SET expires_at = now() WHERE identity_hash = $1', [
    hashSecret(expired),
  ]);
  for (const identityId of ['x'.repeat(32), 'short', '', ended, expired]) {
    assert.deepEqual(await getAccountInfo(services, live, { identityId }), NOBODY, identityId);
  }
  assert.deepEqual(await getAccountInfo(services, sandbox, { identityId: foreign }), NOBODY);
  assert.notDeepEqual(await getAccountInfo(services, live, { identityId: foreign }), NOBODY);
});

test('a ban is told and ends no session', async () => {
  const email = 'ban@example.com';
  const identityId = await logIn(email);
  await setBan(services, live, { customer: { email }, banned: true });
  const info = await getAccountInfo(services, live, { identityId });
  assert.ok(info.loggedIn);
  assert.equal(info.ban, true);
});

test('credit that has fallen due is not told', async () => {
  const email = 'due@example.com';
  const identityId = await logIn(email);
  await grant(email, 3_000_000n);
  await grant(email, 4_000_000n, new Date(Date.now() + 500).toISOString());
  await sleep(700);
  const info = await getAccountInfo(services, live, { identityId });
  assert.ok(info.loggedIn);
  assert.equal(info.creditBalance, 3);
  const shown = await showCustomer(services, live, { email });
  assert.equal(shown.creditBalance, 3);
});

test('an operator sees a customer with its credit, and a customer of another ledger not at all', async () => {
  const email = 'shown@example.com';
  await logIn(email);
  await grant(email, 1_000_000n);
  const { creditBalance, held, available, debt, debtLimit, ban, sessions, ...profile } = await showCustomer(
    services,
    live,
    { email: ' SHOWN@example.com' },
  );
  assert.deepEqual(
    [creditBalance, held, available, debt, debtLimit, ban, sessions],
    [1, 0, 1, 0, 0, false, 1],
  );
  assert.equal(profile.email, email);
  assert.ok(!('accountId' in profile) && !('ledgerId' in profile));
  for (const name of [{ email }, { cuRefNo: profile.cuRefNo }]) {
    await assert.rejects(
      showCustomer(services, sandbox, name),
      (error) => error instanceof Refusal && error.code === 'INTERNAL_RESOURCE_NOT_FOUND',
    );
  }
});
