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
import { hashSecret } from '../ids.ts';
import { toMicro } from '../ledger/amount.ts';
import type { OpenServices } from '../open-services.ts';
import { findCustomerByEmail, readCustomer } from '../store/customers.ts';
import { inTransaction } from '../store/database.ts';
import { blankHistory } from '../store/erasure-rows.ts';
import { insertSession } from '../store/sessions.ts';
import { adjustCredit } from './adjust-credit.ts';
import { setBan, setLimits } from './change-account.ts';
import { applyProfile } from './customer-profile.ts';
import { eraseCustomer } from './erase-customer.ts';
import { exportCustomer } from './export-customer.ts';
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

/** A word that stands in everything personal of the customer that is made with it. */
const newWord = () => `word${randomBytes(6).toString('hex')}`;
const ADDRESS = '203.0.113.77';

/** @returns the tables in which a text stands anywhere. */
async function tablesWith(text: string): Promise<string[]> {
  const { pool } = open.services.database;
  // Contexts of addresses are those of the addresses, whoever used them.
  const { rows } = await pool.query<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
       AND table_name <> 'ip_contexts'`,
  );
  const found: string[] = [];
  for (const { schema, name } of rows) {
    const hits = await pool.query(`SELECT FROM ${schema}.${name} t WHERE t::text LIKE $1 LIMIT 1`, [
      `%${text}%`,
    ]);
    if (hits.rows.length > 0) found.push(name);
  }
  return found.sort();
}

/** Asserts that every invariant of every account holds. */
async function assertSound(): Promise<void> {
  const texts: string[] = [];
  await verifyLedgers(open.services, { onFinding: ({ text }) => texts.push(text) });
  assert.deepEqual(texts, []);
}

async function insert(table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row);
  await open.services.database.pool.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
}

/** Makes a customer of whom something personal stands in every table that can have any. */
async function makeKnownCustomer(word: string): Promise<TestCustomer> {
  const { services } = open;
  const customer = await makeCustomer(services, caller.ledgerId, { email: `${word}@example.com` });
  const { accountId, cuRefNo, identityId } = customer;
  const named = { cuRefNo };
  const texts = [
    'name',
    'firstName',
    'lastName',
    'companyName',
    'companyRegistrationNumber',
    'city',
  ] as const;
  const others = [
    'taxIdentificationNumber',
    'streetAddress',
    'cityPart',
    'stateRegion',
    'postalCode',
  ] as const;
  const profile = Object.fromEntries([...texts, ...others].map((member) => [member, word]));
  await inTransaction(services.database, async (tx) => {
    await applyProfile(tx, accountId, {
      ...profile,
      phone: `+420 ${word}`,
      country: word,
      primaryLocale: word,
    });
    const session = { identityHash: hashSecret(word), accountId, ledgerId: caller.ledgerId };
    await insertSession(tx, { ...session, createdFrom: ADDRESS });
  });
  await updateContact(services, caller, { customer: named, groups: [word], meta: { [word]: [word] } });
  const request = { requestId: 'test' };
  const order = { orderNumber: '26000001', groupName: word };
  await grantCredit(
    services,
    caller,
    { customer: named, amount: micro(100), description: word, order },
    { ...request, idempotencyKey: 'once' },
  );
  const spend = { identityId, amount: micro(1), description: word, customerRealIp: ADDRESS };
  await spendCredit(services, caller, spend, request);
  await holdCredit(services, caller, { ...spend, amount: micro(2) }, request);
  await setLimits(services, caller, { customer: named, debtLimit: micro(1), reason: word });
  const hash = { password_hash: `$argon2id$${word}` };
  const ends = { expires_at: new Date(Date.now() + 3_600_000) };
  await insert('passwords', { account_id: accountId, ...hash });
  await insert('registrations', {
    ...{ token_hash: hashSecret(`${word} 1`), account_id: accountId, ...hash, ...ends },
    ...{ profile: JSON.stringify({ name: word }), return_url: `https://${word}.example.com` },
  });
  await insert('password_resets', { token_hash: hashSecret(`${word} 2`), account_id: accountId, ...ends });
  const message = { kind: 'reset-password', token: word, expiresAt: ends.expires_at } as const;
  await inTransaction(services.database, (tx) =>
    services.mails.add(tx, { ledgerId: caller.ledgerId, accountId, recipient: customer.email, message }),
  );
  await insert('orders', {
    ...{ ledger_id: caller.ledgerId, account_id: accountId, order_number: word, currency: 'EUR' },
    ...{ hash: randomBytes(16).toString('hex'), state: 'waiting', order_group_id: word, ip: ADDRESS },
    ...{ return_url: `https://${word}.example.com`, notification_url: word, author: 'cli' },
  });
  await open.services.database.pool.query(`UPDATE orders SET order_number = hash WHERE order_number = $1`, [
    word,
  ]);
  return customer;
}

test('nothing personal is left in any table, and the ledger is as right as before', async () => {
  const word = newWord();
  const { pool } = open.services.database;
  const customer = await makeKnownCustomer(word);
  const others = await makeCustomer(open.services, caller.ledgerId, { credit: 5 });
  await updateContact(open.services, caller, {
    customer: { cuRefNo: others.cuRefNo },
    managedBy: customer.cuRefNo,
  });
  const places = await tablesWith(word);
  for (const table of [
    ...['account_changes', 'customers', 'entries', 'holds', 'mails', 'orders', 'passwords', 'registrations'],
  ])
    assert.ok(places.includes(table), `${table} would not be looked at`);
  assert.deepEqual(await tablesWith(ADDRESS), ['account_changes', 'entries', 'holds', 'orders', 'sessions']);
  await erase(customer, { reason: 'asked by mail', writeOff: true });
  assert.deepEqual([await tablesWith(word), await tablesWith(ADDRESS)], [[], []]);
  await assertSound();
  const told = await readCustomer(pool, customer.accountId);
  assert.equal(told?.email, `erased-${customer.cuRefNo}@erased.invalid`);
  assert.ok(told?.erasedAt);
  assert.equal((await readCustomer(pool, others.accountId))?.managedBy, null);
  const { rows } = await pool.query('SELECT state FROM orders WHERE account_id = $1', [customer.accountId]);
  assert.deepEqual(rows, [{ state: 'cancelled' }]);
});

test('the log stays readable, with the reason of what was written off, and nobody is logged in', async () => {
  const customer = await makeKnownCustomer(newWord());
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
  const before = await dump(customer);
  assert.match(before, /"reason":"first"/);
  assert.doesNotMatch(before, /older/);
  await erase(customer, { reason: 'second' });
  assert.equal(await dump(customer), before);
  const quiet = await makeCustomer(services, caller.ledgerId);
  await erase(quiet);
  assert.match(await dump(quiet), /"kind":"ban"/);
});

test('credit that comes while or after a customer is erased is written off by the next time', async () => {
  const { services } = open;
  const customer = await makeCustomer(services, caller.ledgerId, { credit: 1 });
  const { cuRefNo } = customer;
  const late = { customer: { cuRefNo }, amount: micro(2), description: 'late' };
  const grant = () => grantCredit(services, caller, late, { requestId: 'test' });
  await Promise.all([erase(customer, { reason: 'asked', writeOff: true }), grant(), grant(), grant()]);
  await grant();
  await assert.rejects(erase(customer, { reason: 'again' }), { code: 'PUBLIC_CUSTOMER_HAS_CREDIT' });
  await erase(customer, { reason: 'again', writeOff: true });
  const log = await readCreditLog(services, caller, { cuRefNo });
  assert.deepEqual([log.creditBalance, log.items[0]?.description], [0, 'again']);
  await assertSound();
});

test('an erasure that was cut off is finished by the next one', async () => {
  const word = newWord();
  const customer = await makeKnownCustomer(word);
  const { services } = open;
  const cut = {
    ...services,
    writer: { ...services.writer, submitTogether: () => [Promise.reject(new Error('cut'))] },
  };
  const request = { customer: { cuRefNo: customer.cuRefNo }, reason: 'asked', writeOff: true };
  await assert.rejects(eraseCustomer(cut, caller, request), { message: 'cut' });
  assert.equal((await readCustomer(services.database.pool, customer.accountId))?.erasedAt, null);
  await eraseCustomer(services, caller, request);
  assert.ok((await readCustomer(services.database.pool, customer.accountId))?.erasedAt);
  assert.deepEqual(await tablesWith(word), []);
  await assertSound();
});

test('a history that is longer than one part is blanked to its last row', async () => {
  const word = newWord();
  const { accountId, identityId } = await makeKnownCustomer(word);
  const { services } = open;
  for (let i = 0; i < 4; i++) {
    const request = { identityId, amount: micro(1), description: word, customerRealIp: ADDRESS };
    await spendCredit(services, caller, request, { requestId: 'test' });
    await holdCredit(services, caller, request, { requestId: 'test' });
  }
  await blankHistory(services.database.pool, accountId, 2);
  const left = await tablesWith(word);
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
  await insert('orders', { ...order, order_number: hash, hash, state: 'paying' });
  await assert.rejects(erase(customer, { reason: 'x', writeOff: true }), {
    code: 'PUBLIC_CUSTOMER_HAS_CREDIT',
  });
  assert.equal((await readCustomer(open.services.database.pool, customer.accountId))?.email, customer.email);
});

test('a customer of another ledger is not there to be erased', async () => {
  const { cuRefNo } = await makeCustomer(open.services, organisation.live);
  const request = { customer: { cuRefNo }, reason: 'x' };
  await assert.rejects(eraseCustomer(open.services, caller, request), {
    code: 'INTERNAL_RESOURCE_NOT_FOUND',
  });
});

test('the export has every part, and nothing with which anybody could log in', async () => {
  const word = newWord();
  const customer = await makeKnownCustomer(word);
  const text = await dump(customer);
  const told = JSON.parse(text) as Record<string, unknown[] | Record<string, unknown>>;
  for (const [part, rows] of Object.entries(told)) {
    if (Array.isArray(rows) && !['events', 'manages'].includes(part)) assert.ok(rows.length > 0, part);
  }
  for (const part of ['customer', 'registrations', 'mails', 'orders', 'holds', 'changes', 'entries'])
    assert.ok(JSON.stringify(told[part]).includes(word), part);
  assert.ok(JSON.stringify(told.sessions).includes(ADDRESS));
  assert.doesNotMatch(text, /argon2|passwordHash|tokenHash|identityHash|textPart|htmlPart/);
  assert.ok(!text.includes(customer.identityId));
  const { rows } = await open.services.database.pool.query<{ hash: string }>(
    `SELECT encode(identity_hash, 'hex') AS hash FROM sessions WHERE account_id = $1`,
    [customer.accountId],
  );
  for (const { hash } of rows) assert.ok(!text.includes(hash));
});

/** The whole export as text, without the instant at which it was made. */
async function dump({ cuRefNo }: TestCustomer): Promise<string> {
  const pieces = await exportCustomer(open.services, caller, { cuRefNo });
  let text = '';
  for await (const piece of pieces) text += piece;
  return text.replace(/"exportedAt":"[^"]*",/, '');
}
