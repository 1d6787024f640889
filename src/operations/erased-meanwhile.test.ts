import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
} from '../../test/harness.ts';
import type { OpenServices } from '../open-services.ts';
import { Refusal } from '../refusals.ts';
import { readCustomer } from '../store/customers.ts';
import { inTransaction } from '../store/database.ts';
import { erasePersonalData, lockCustomerToErase } from '../store/erasure-rows.ts';
import { magicAuth } from './magic-auth.ts';
import { registerAccount } from './register-account.ts';
import { requestPasswordReset } from './reset-password.ts';
import { updateContact } from './update-contact.ts';
import { updateProfile } from './update-profile.ts';

let fresh: FreshDatabase;
let open: OpenServices;
let caller: { ledgerId: number };
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  caller = { ledgerId: (await makeOrganisation(open.services)).sandbox };
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

/** Does something for a customer whose erasure commits its first step while it waits for the customer's row. */
async function whileErased<T>(
  { accountId }: TestCustomer,
  work: () => Promise<T>,
): Promise<PromiseSettledResult<T>> {
  const { database } = open.services;
  const settled = await inTransaction(database, async (tx) => {
    await lockCustomerToErase(tx, accountId);
    const working = Promise.allSettled([work()]);
    await waitForLock();
    await erasePersonalData(tx, accountId, 'cli');
    return { working };
  });
  const [result] = await settled.working;
  return result;
}

async function waitForLock(): Promise<void> {
  const { pool } = open.services.database;
  for (let tries = 0; tries < 1_000; tries++) {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
  }
  throw new Error('nobody waits');
}

async function assertNothingNew({ accountId }: TestCustomer): Promise<void> {
  const { pool } = open.services.database;
  const customer = await readCustomer(pool, accountId);
  assert.match(customer?.email ?? '', /^erased-/);
  assert.deepEqual([customer?.firstName, customer?.groups], [null, []]);
  for (const table of ['registrations', 'password_resets', 'mails']) {
    const { rows } = await pool.query(`SELECT FROM ${table} WHERE account_id = $1`, [accountId]);
    assert.equal(rows.length, 0, table);
  }
  const { rows } = await pool.query('SELECT FROM sessions WHERE account_id = $1 AND ended_at IS NULL', [
    accountId,
  ]);
  assert.equal(rows.length, 0, 'living sessions');
}

const refusalOf = (result: PromiseSettledResult<unknown>) =>
  result.status === 'rejected' && result.reason instanceof Refusal ? result.reason.code : result;

test('who registers, logs in by a backend or wants a new password while being erased leaves nothing', async () => {
  const { services } = open;
  const login = { customerRealIp: '1.2.3.4' };
  const tries: readonly [string, (customer: TestCustomer) => Promise<object>][] = [
    ['E001', ({ email }) => registerAccount(services, caller, { email, password: 'correct horse battery' })],
    ['E001', ({ email }) => magicAuth(services, caller, { email, ...login })],
    // The answer never tells.
    ['success', ({ email }) => requestPasswordReset(services, caller, { email })],
  ];
  for (const [told, attempt] of tries) {
    const customer = await makeCustomer(services, caller.ledgerId);
    const result = await whileErased(customer, () => attempt(customer));
    const { success, errorCode } = Object(result.status === 'fulfilled' ? result.value : result.reason);
    assert.equal(success ? 'success' : errorCode, told);
    await assertNothingNew(customer);
  }
});

test('a profile, or what operators set, is not written to a customer who is being erased', async () => {
  const { services } = open;
  const tries = [
    ({ email }: TestCustomer) => updateProfile(services, caller, { email, firstName: 'Sample' }),
    ({ cuRefNo }: TestCustomer) =>
      updateContact(services, caller, { customer: { cuRefNo }, groups: ['VIP'] }),
  ];
  for (const attempt of tries) {
    const customer = await makeCustomer(services, caller.ledgerId);
    const result = await whileErased(customer, () => attempt(customer));
    assert.equal(refusalOf(result), 'INTERNAL_RESOURCE_NOT_FOUND');
    await assertNothingNew(customer);
  }
});
