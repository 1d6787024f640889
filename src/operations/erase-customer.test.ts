import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
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
import {
  ADDRESS,
  exportText,
  insertRow,
  makeKnownCustomer,
  newWord,
  tablesWith,
} from '../../test/known-customer.ts';
import { toMicro } from '../ledger/amount.ts';
import type { OpenServices } from '../open-services.ts';
import { findCustomerByEmail, readCustomer } from '../store/customers.ts';
import { blankHistory } from '../store/erasure-rows.ts';
import { adjustCredit } from './adjust-credit.ts';
import { setBan, setLimits } from './change-account.ts';
import { eraseCustomer } from './erase-customer.ts';
import { getAccountInfo } from './get-account-info.ts';
import { grantCredit } from './grant-credit.ts';
import { holdCredit } from './hold-credit.ts';
import { readCreditLog } from './read-credit-log.ts';
import { spendCredit } from './spend-credit.ts';
import { updateContact } from './update-contact.ts';
import { verifyLedgers } from './verify-ledger.ts';

let fresh: FreshDatabase;
let open: OpenServices;
let organisation: TestOrganisation;
let caller: { ledgerId: number; author: string };
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  organisation = await makeOrganisation(open.services);
  caller = { ledgerId: organisation.sandbox, author: 'cli' };
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

const micro = (credits: number) => toMicro(credits) ?? 0n;
const erase = ({ cuRefNo }: TestCustomer, more: { reason?: string; writeOff?: boolean } = {}) =>
  eraseCustomer(open.services, caller, { customer: { cuRefNo }, ...more });

/** Asserts that every invariant of every account holds. */
async function assertSound(): Promise<void> {
  const texts: string[] = [];
  await verifyLedgers(open.services, { onFinding: ({ text }) => texts.push(text) });
  assert.deepEqual(texts, []);
}

test('nothing personal is left in any table, and the ledger is as right as before', async () => {
  const word = newWord();
  const { pool } = open.services.database;
  const customer = await makeKnownCustomer(open.services, caller, word);
  const others = await makeCustomer(open.services, caller.ledgerId, { credit: 5 });
  await updateContact(open.services, caller, {
    customer: { cuRefNo: others.cuRefNo },
    managedBy: customer.cuRefNo,
  });
  const places = await tablesWith(open.services, word);
  for (const table of [
    ...['account_changes', 'customers', 'entries', 'holds', 'mails', 'orders', 'passwords', 'registrations'],
  ])
    assert.ok(places.includes(table), `${table} would not be looked at`);
  assert.deepEqual(await tablesWith(open.services, ADDRESS), [
    'account_changes',
    'entries',
    'holds',
    'orders',
    'sessions',
  ]);
  await erase(customer, { reason: 'asked by mail', writeOff: true });
  assert.deepEqual(
    [await tablesWith(open.services, word), await tablesWith(open.services, ADDRESS)],
    [[], []],
  );
  await assertSound();
  const told = await readCustomer(pool, customer.accountId);
  assert.equal(told?.email, `erased-${customer.cuRefNo}@erased.invalid`);
  assert.ok(told?.erasedAt);
  assert.equal((await readCustomer(pool, others.accountId))?.managedBy, null);
  const { rows } = await pool.query('SELECT state FROM orders WHERE account_id = $1', [customer.accountId]);
  assert.deepEqual(rows, [{ state: 'cancelled' }]);
});

test('the log stays readable, with the reason of what was written off, and nobody is logged in', async () => {
  const customer = await makeKnownCustomer(open.services, caller, newWord());
  const { cuRefNo, identityId } = customer;
  await erase(customer, { reason: 'asked by mail', writeOff: true });
  const log = await readCreditLog(open.services, caller, { cuRefNo });
  assert.equal(log.creditBalance, 0);
  assert.deepEqual(
    log.items.map(({ kind, amount, description }) => [kind, amount, description]),
    [
      ['adjustment', -99, 'asked by mail'],
      ['spend', -1, undefined],
      ['grant', 100, undefined],
    ],
  );
  assert.deepEqual(log.items.at(-1)?.order, { orderNumber: '26000001' });
  assert.deepEqual(await getAccountInfo(open.services, caller, { identityId }), { loggedIn: false });
  const { pool } = open.services.database;
  const { rows } = await pool.query(
    'SELECT kind, reason FROM account_changes WHERE account_id = $1 AND reason IS NOT NULL',
    [customer.accountId],
  );
  assert.deepEqual(rows, [{ kind: 'ban', reason: 'asked by mail' }]);
  // The placeholder names nobody, and the address is free again.
  const made = await makeCustomer(open.services, caller.ledgerId, { email: customer.email });
  assert.notEqual(made.cuRefNo, cuRefNo);
});

test('a balance, a debt or a hold keeps a customer from being erased, and nothing happens', async () => {
  const { services } = open;
  const request = { requestId: 'test' };
  const rich = await makeCustomer(services, caller.ledgerId, { credit: 3 });
  const owing = await makeCustomer(services, caller.ledgerId);
  await adjustCredit(services, caller, { customer: owing, amount: -micro(2) }, request);
  const holding = await makeCustomer(services, caller.ledgerId);
  await setLimits(services, caller, { customer: holding, debtLimit: micro(5) });
  await holdCredit(services, caller, { identityId: holding.identityId, amount: micro(4) }, request);
  for (const [customer, details] of [
    [rich, { creditBalance: 3, held: 0, debt: 0 }],
    [owing, { creditBalance: -2, held: 0, debt: 2 }],
    [holding, { creditBalance: 0, held: 4, debt: 0 }],
  ] as const) {
    await assert.rejects(erase(customer, { reason: 'no' }), { code: 'PUBLIC_CUSTOMER_HAS_CREDIT', details });
    const found = await findCustomerByEmail(services.database.pool, caller.ledgerId, customer.email);
    assert.equal(found?.accountId, customer.accountId);
    const info = await getAccountInfo(services, caller, customer);
    assert.ok(info.loggedIn && !info.ban);
    await assertFaults(erase(customer, { reason: ' ', writeOff: true }), ['/reason']);
    await erase(customer, { reason: 'closed', writeOff: true });
  }
  await assertSound();
  const { rows } = await services.database.pool.query(
    'SELECT FROM accounts WHERE account_id = ANY($1) AND (balance, held, debt) <> (0, 0, 0)',
    [[rich.accountId, owing.accountId, holding.accountId]],
  );
  assert.equal(rows.length, 0);
});

test('who has nothing is erased without a write-off; again changes nothing; a reason survives an older ban', async () => {
  const { services } = open;
  const customer = await makeCustomer(services, caller.ledgerId);
  await setBan(services, caller, { customer, banned: true, reason: 'older' });
  await erase(customer, { reason: 'first' });
  const before = await exportText(open.services, caller, customer);
  assert.match(before, /"reason":"first"/);
  assert.doesNotMatch(before, /older/);
  await erase(customer, { reason: 'second' });
  assert.equal(await exportText(open.services, caller, customer), before);
  const quiet = await makeCustomer(services, caller.ledgerId);
  await erase(quiet);
  assert.match(await exportText(open.services, caller, quiet), /"kind":"ban"/);
});

test('credit that comes while or after a customer is erased is written off by the next time', async () => {
  const { services } = open;
  const customer = await makeCustomer(services, caller.ledgerId, { credit: 1 });
  const { cuRefNo } = customer;
  const late = { customer: { cuRefNo }, amount: micro(2), description: 'late' };
  const grant = () => grantCredit(services, caller, late, { requestId: 'test' });
  const during = Array.from({ length: 3 }, () => grant().catch(() => undefined));
  await Promise.all([erase(customer, { reason: 'asked', writeOff: true }), ...during]);
  await assert.rejects(grant(), { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
  await adjustCredit(services, caller, late, { requestId: 'test' });
  await assert.rejects(erase(customer, { reason: 'again' }), { code: 'PUBLIC_CUSTOMER_HAS_CREDIT' });
  await erase(customer, { reason: 'again', writeOff: true });
  const log = await readCreditLog(services, caller, { cuRefNo });
  assert.deepEqual([log.creditBalance, log.items[0]?.description], [0, 'again']);
  await assertSound();
});

test('an erasure that was cut off is finished by the next one', async () => {
  const word = newWord();
  const customer = await makeKnownCustomer(open.services, caller, word);
  const { services } = open;
  const cut = {
    ...services,
    writer: { ...services.writer, submitTogether: () => [Promise.reject(new Error('cut'))] },
  };
  const request = { customer: { cuRefNo: customer.cuRefNo }, reason: 'asked', writeOff: true };
  await assert.rejects(eraseCustomer(cut, caller, request), { code: 'PUBLIC_OUTCOME_IS_UNKNOWN' });
  assert.equal((await readCustomer(services.database.pool, customer.accountId))?.erasedAt, null);
  await eraseCustomer(services, caller, request);
  assert.ok((await readCustomer(services.database.pool, customer.accountId))?.erasedAt);
  assert.deepEqual(await tablesWith(open.services, word), []);
  await assertSound();
});

test('a history that is longer than one part is blanked to its last row', async () => {
  const word = newWord();
  const { accountId, identityId } = await makeKnownCustomer(open.services, caller, word);
  const { services } = open;
  for (let i = 0; i < 4; i++) {
    const request = { identityId, amount: micro(1), description: word, customerRealIp: ADDRESS };
    await spendCredit(services, caller, request, { requestId: 'test' });
    await holdCredit(services, caller, request, { requestId: 'test' });
  }
  await blankHistory(services.database.pool, accountId, 2);
  const left = await tablesWith(open.services, word);
  for (const table of ['entries', 'account_changes', 'holds']) assert.ok(!left.includes(table), table);
});

test('a customer whose order is being paid is not erased', async () => {
  const customer = await makeCustomer(open.services, caller.ledgerId);
  const order = {
    ledger_id: caller.ledgerId,
    account_id: customer.accountId,
    currency: 'EUR',
    author: 'cli',
  };
  const hash = randomBytes(16).toString('hex');
  await insertRow(open.services, 'orders', { ...order, order_number: hash, hash, state: 'paying' });
  await assert.rejects(erase(customer, { reason: 'x', writeOff: true }), {
    code: 'PUBLIC_CUSTOMER_HAS_CREDIT',
  });
  assert.equal((await readCustomer(open.services.database.pool, customer.accountId))?.email, customer.email);
});

test('whoever spends while a customer is erased is refused before the history is blanked', async () => {
  const word = newWord();
  const { services } = open;
  const { pool } = services.database;
  const { cuRefNo } = await makeCustomer(services, caller.ledgerId, { credit: 5 });
  const spend = { cuRefNo, amount: micro(1), description: word, customerRealIp: ADDRESS };
  const told: number[] = [];
  const query = async (...args: Parameters<typeof pool.query>) => {
    if (String(args[0]).includes('UPDATE entries')) {
      told.push((await spendCredit(services, caller, spend, { requestId: 'test' })).status);
    }
    return pool.query(...args);
  };
  const watched = {
    ...services,
    database: { ...services.database, pool: { connect: () => pool.connect(), query } },
  };
  await eraseCustomer(watched as unknown as typeof services, caller, {
    customer: { cuRefNo },
    reason: 'asked',
    writeOff: true,
  });
  assert.deepEqual(told, [403]);
  assert.deepEqual(await tablesWith(services, word), []);
});

test('a customer of another ledger is not there to be erased', async () => {
  const { cuRefNo } = await makeCustomer(open.services, organisation.live);
  const request = { customer: { cuRefNo }, reason: 'x' };
  await assert.rejects(eraseCustomer(open.services, caller, request), {
    code: 'INTERNAL_RESOURCE_NOT_FOUND',
  });
});
