import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
  type TestOrganisation,
} from '../../test/harness.ts';
import { hashSecret, randomAlphanumerics } from '../ids.ts';
import { toMicro } from '../ledger/amount.ts';
import type { OpenServices } from '../open-services.ts';
import { NO_PASSWORD } from '../passwords/passwords.ts';
import { Refusal } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { insertPasswordReset } from '../store/password-resets.ts';
import { replacePassword } from '../store/passwords.ts';
import { insertRegistration } from '../store/registrations.ts';
import { setBan, setLimits } from './change-account.ts';
import { createOrder } from './create-order.ts';
import { getAccountInfo } from './get-account-info.ts';
import { grantCredit } from './grant-credit.ts';
import { holdCredit } from './hold-credit.ts';
import { moveSandboxClock } from './move-sandbox-clock.ts';
import { resetSandbox } from './reset-sandbox.ts';
import type { Caller, DecidedAnswer } from './services.ts';
import { spendCredit } from './spend-credit.ts';
import { verifyLedgers } from './verify-ledger.ts';

const REQUEST = { requestId: 'test' };
/** What a reset leaves alone: who the customers are and their logins. */
const DIRECTORY = [
  ...['customers', 'sessions', 'accounts'],
  ...['passwords', 'registrations', 'password_resets', 'mails'],
];
let fresh: FreshDatabase;
let open: OpenServices;
let organisation: TestOrganisation;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  organisation = await makeOrganisation(open.services, { slug: 'acme' });
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

function credits(amount: number): bigint {
  return toMicro(amount) ?? 0n;
}

/** Lets every kind of row come into being. */
async function makeHistory(ledgerId: number): Promise<TestCustomer> {
  const { services } = open;
  const caller = { ledgerId, author: 'cli' };
  const customer = await makeCustomer(services, ledgerId, { credit: 100 });
  const { identityId, cuRefNo } = customer;
  const named = { customer: { cuRefNo } };
  const limits = { debtLimit: credits(50), monthlySoftLimit: credits(1), lowBalance: credits(20) };
  await setLimits(services, caller, { ...named, ...limits });
  const spend = (amount: number, idempotencyKey: string) =>
    spendCredit(services, caller, { identityId, amount: credits(amount) }, { ...REQUEST, idempotencyKey });
  assert.equal((await spend(70, 'spent')).status, 200);
  assert.equal((await spend(1_000, 'refused')).status, 402);
  const hold = { identityId, amount: credits(40) };
  assert.equal((await holdCredit(services, caller, hold, REQUEST)).status, 200);
  assert.equal((await spend(40, 'owed')).status, 200);
  await setBan(services, caller, { ...named, banned: true });
  assert.equal((await order(caller, customer, 'ordered')).status, 200);
  await makeLogins(ledgerId, customer.accountId);
  return customer;
}

/** A free one, which is paid at once. */
function order(caller: Caller, { email }: TestCustomer, idempotencyKey: string): Promise<DecidedAnswer> {
  const items = [{ label: 'welcome', price: 0n, creditAmount: credits(3) }];
  return createOrder(open.services, caller, { email, items }, { ...REQUEST, idempotencyKey });
}

/** Rows of all that is about a person's logins. */
async function makeLogins(ledgerId: number, accountId: number): Promise<void> {
  const token = () => hashSecret(randomAlphanumerics(32));
  const registration = { profile: {}, referralAccountId: undefined, returnUrl: undefined };
  await inTransaction(open.services.database, async (tx) => {
    await insertRegistration(tx, {
      tokenHash: token(),
      accountId,
      passwordHash: NO_PASSWORD,
      ...registration,
    });
    await insertPasswordReset(tx, { tokenHash: token(), accountId, lifeMs: 60_000 });
    await replacePassword(tx, accountId, NO_PASSWORD);
    const recipient = 'customer@example.com';
    const message = { kind: 'already-registered' } as const;
    await open.services.mails.add(tx, { ledgerId, accountId, recipient, message });
  });
}

/** @returns how many rows each table has about an account; of every table that names accounts. */
async function countRows(accountId: number): Promise<Record<string, number>> {
  const { pool } = open.services.database;
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind = 'r' AND c.relnamespace = 'purser'::regnamespace AND a.attname = 'account_id'
     ORDER BY 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM ${name} WHERE account_id = $1`,
      [accountId],
    );
    counts[name] = rows[0]?.count ?? 0;
  }
  return counts;
}

async function readAccount(accountId: number): Promise<Record<string, unknown>> {
  const { rows } = await open.services.database.pool.query<Record<string, unknown>>(
    'SELECT * FROM accounts WHERE account_id = $1',
    [accountId],
  );
  return { ...rows[0], account_id: 0 };
}

test('a reset leaves of every account what a new customer has, whatever tables there are', async () => {
  const { services } = open;
  const { accountId, identityId } = await makeHistory(organisation.sandbox);
  const before = await countRows(accountId);
  for (const [table, count] of Object.entries(before)) assert.ok(count > 0, `the history has no ${table}`);
  await moveSandboxClock(services, { ledgerId: organisation.sandbox }, { advance: '400d' });
  assert.deepEqual(await resetSandbox(services, { ledgerId: organisation.sandbox }, { confirm: 'acme' }), {
    success: true,
  });
  for (const [table, count] of Object.entries(await countRows(accountId))) {
    assert.equal(count, DIRECTORY.includes(table) ? before[table] : 0, table);
  }
  const untouched = await makeCustomer(services, organisation.sandbox);
  assert.deepEqual(await readAccount(accountId), await readAccount(untouched.accountId));
  const clock = await moveSandboxClock(services, { ledgerId: organisation.sandbox }, { advance: '1s' });
  assert.equal(clock.advancedBy, 1);
  const info = await getAccountInfo(services, { ledgerId: organisation.sandbox }, { identityId });
  assert.ok(info.loggedIn && info.creditBalance === 0 && !info.ban);
});

test('after a reset the same customer can be used anew, with the same Idempotency-Keys', async () => {
  const { services } = open;
  const { identityId, accountId } = await makeHistory(organisation.sandbox);
  const caller = { ledgerId: organisation.sandbox, author: 'cli' };
  await resetSandbox(services, caller, { confirm: 'acme' });
  const { rowCount } = await services.database.pool.query('SELECT 1 FROM entries WHERE account_id = $1', [
    accountId,
  ]);
  assert.equal(rowCount, 0);
  const spend = { identityId, amount: credits(70) };
  const answer = await spendCredit(services, caller, spend, { ...REQUEST, idempotencyKey: 'spent' });
  assert.deepEqual([answer.status, answer.replayed], [402, false]);
});

test('the orders of a sandbox begin anew after a reset', async () => {
  const { services } = open;
  const caller = { ledgerId: organisation.sandbox, author: 'cli' };
  const customer = await makeCustomer(services, organisation.sandbox);
  const numberOf = async (key: string) =>
    (JSON.parse((await order(caller, customer, key)).body) as { orderNumber: string }).orderNumber;
  await numberOf('one');
  const [second, again] = [await numberOf('two'), await numberOf('two')];
  assert.equal(again, second);
  await resetSandbox(services, caller, { confirm: 'acme' });
  assert.match(await numberOf('two'), /000001$/);
});

test('other ledgers keep all they have', async () => {
  const other = await makeOrganisation(open.services);
  const kept = [await makeHistory(organisation.live), await makeHistory(other.sandbox)];
  const before = await Promise.all(kept.map(({ accountId }) => countRows(accountId)));
  await resetSandbox(open.services, { ledgerId: organisation.sandbox }, { confirm: 'acme' });
  assert.deepEqual(await Promise.all(kept.map(({ accountId }) => countRows(accountId))), before);
});

test('live data is never reset, nor a sandbox by another name', async () => {
  const reset = (ledgerId: number, confirm: string) => resetSandbox(open.services, { ledgerId }, { confirm });
  await assert.rejects(reset(organisation.live, 'acme'), { code: 'PUBLIC_SANDBOX_ONLY' });
  await assertFaults(reset(organisation.sandbox, 'Acme'), ['/confirm']);
  await assertFaults(reset(organisation.sandbox, ''), ['/confirm']);
});

test('a reset in the midst of grants, holds and spends leaves a ledger in which every invariant holds', async () => {
  const { services } = open;
  const { sandbox, slug } = await makeOrganisation(services);
  const caller = { ledgerId: sandbox, author: 'cli' };
  const customers = await Promise.all(Array.from({ length: 8 }, () => makeCustomer(services, sandbox)));
  let asked = 0;
  const work = async (customer: TestCustomer) => {
    const { cuRefNo, identityId } = customer;
    for (let i = 0; i < 40; i++) {
      const expirationDate = new Date(Date.now() + 1_000 * 86_400_000).toISOString();
      const grant = { customer: { cuRefNo }, amount: credits(3), expirationDate };
      const request = { ...REQUEST, idempotencyKey: `key-${i % 10}` };
      await Promise.all([
        grantCredit(services, caller, grant, REQUEST),
        spendCredit(services, caller, { identityId, amount: credits(1) }, request),
        holdCredit(services, caller, { identityId, amount: credits(1) }, REQUEST),
        // One whose reset comes between its first and its last step is gone, and so is its answer.
        order(caller, customer, `order-${i % 10}`).catch((error: unknown) => {
          assert.ok(error instanceof Refusal && error.code === 'PUBLIC_OUTCOME_IS_UNKNOWN', String(error));
        }),
      ]);
      asked += 4;
    }
  };
  const working = Promise.all(customers.map(work));
  for (let resets = 0; resets < 4; resets++) {
    await moveSandboxClock(services, caller, { advance: '400d' });
    await resetSandbox(services, caller, { confirm: slug });
  }
  await working;
  assert.equal(asked, 1_280);
  const findings: string[] = [];
  await verifyLedgers(services, { onFinding: ({ text }) => findings.push(text) });
  assert.deepEqual(findings, []);
  const { rows } = await services.database.pool.query<{ latest: string | null }>(
    'SELECT max(last_at_ms) AS latest FROM accounts WHERE ledger_id = $1',
    [sandbox],
  );
  assert.ok(Number(rows[0]?.latest) < Date.now() + 86_400_000, 'time went on as if it had not been set back');
});
