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
import { letPass, newestToken } from '../../test/people.ts';
import { hashSecret, IDENTITY_PATTERN } from '../ids.ts';
import type { OpenServices } from '../open-services.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { Refusal } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { replacePassword } from '../store/passwords.ts';
import { readSession } from '../store/sessions.ts';
import { LOGIN_FAILURES } from './coded-answer.ts';
import { type LoginRequest, logIn } from './log-in.ts';
import { registerAccount } from './register-account.ts';
import type { Services } from './services.ts';
import { verifyRegistration } from './verify-registration.ts';

const PASSWORD = 'correct horse battery';

let fresh: FreshDatabase;
let open: OpenServices;
let services: Services;
let organisation: TestOrganisation;
let hash: string;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  services = open.services;
  organisation = await makeOrganisation(services);
  hash = await services.passwords.hash(PASSWORD);
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

async function makePerson(ledgerId = organisation.live): Promise<TestCustomer> {
  const customer = await makeCustomer(services, ledgerId);
  await setPassword(customer, hash);
  return customer;
}

const setPassword = ({ accountId }: TestCustomer, passwordHash: string) =>
  inTransaction(services.database, (tx) => replacePassword(tx, accountId, passwordHash));

const ask = (request: LoginRequest, hideAccounts = false, more: Partial<Services> = {}) =>
  logIn({ ...services, hideAccounts, ...more }, { ledgerId: organisation.live }, request);

async function codeOf(answer: ReturnType<typeof ask>): Promise<string> {
  const given = await answer;
  if (given.success) return 'success';
  assert.equal(given.message, LOGIN_FAILURES[given.errorCode]);
  return given.errorCode;
}

async function register(email: string): Promise<void> {
  const answer = await registerAccount(
    services,
    { ledgerId: organisation.live },
    { email, password: PASSWORD },
  );
  assert.ok(answer.success);
}

const ban = ({ accountId }: TestCustomer) =>
  services.database.pool.query('UPDATE accounts SET banned = true WHERE account_id = $1', [accountId]);

test('the right password opens a session that names its customer and where it began', async () => {
  const { email, accountId } = await makePerson();
  const answer = await ask({
    email: ` ${email.toUpperCase()} `,
    password: PASSWORD,
    customerRealIp: '1.2.3.4',
  });
  assert.ok(answer.success);
  assert.match(answer.identityId, IDENTITY_PATTERN);
  const session = await readSession(services.database.pool, hashSecret(answer.identityId));
  assert.deepEqual(
    [session?.accountId, session?.ledgerId, session?.living],
    [accountId, organisation.live, true],
  );
  const { rows } = await services.database.pool.query(
    'SELECT host(created_from) AS ip FROM sessions WHERE identity_hash = $1',
    [hashSecret(answer.identityId)],
  );
  assert.deepEqual(rows, [{ ip: '1.2.3.4' }]);
});

test('a password counts however its letters are composed', async () => {
  const person = await makePerson();
  await setPassword(person, await services.passwords.hash('kůň úpěl ódy'));
  assert.equal(
    await codeOf(ask({ email: person.email, password: 'kůň úpěl ódy'.normalize('NFD') })),
    'success',
  );
});

test('E002: nobody has this e-mail address, E003: its customer never set a password, E004: wrong password', async () => {
  const { email } = await makePerson();
  const unregistered = await makeCustomer(services, organisation.live);
  assert.equal(await codeOf(ask({ email: 'nobody@example.com', password: PASSWORD })), 'E002');
  assert.equal(await codeOf(ask({ email: unregistered.email, password: PASSWORD })), 'E003');
  for (const password of ['', 'wrong', `${PASSWORD} `, 'x'.repeat(1_000)]) {
    assert.equal(await codeOf(ask({ email, password })), 'E004', password);
  }
});

test('E005: a banned customer is told so after the right password alone', async () => {
  const person = await makePerson();
  await ban(person);
  assert.equal(await codeOf(ask({ email: person.email, password: PASSWORD })), 'E005');
  assert.equal(await codeOf(ask({ email: person.email, password: 'wrong' })), 'E004');
});

test('E007: a registration waits for its link; after the link its password counts', async () => {
  const email = 'waiting@example.com';
  await register(email);
  for (const password of [PASSWORD, 'wrong']) assert.equal(await codeOf(ask({ email, password })), 'E007');
  await verifyRegistration(services, undefined, { token: await newestToken(services.database, email) });
  assert.equal(await codeOf(ask({ email, password: PASSWORD })), 'success');
});

test('E003 again: a registration whose link has expired waits no more', async () => {
  const email = 'late@example.com';
  await register(email);
  await letPass(services.database, 8 * 24 * 3_600);
  assert.equal(await codeOf(ask({ email, password: PASSWORD })), 'E003');
});

test('E001: the password was replaced, or the customer erased, while it was compared', async () => {
  for (const change of ['replace', 'erase'] as const) {
    const person = await makePerson();
    const passwords: Passwords = {
      ...services.passwords,
      async verify(...given) {
        const fits = await services.passwords.verify(...given);
        if (change === 'replace') await setPassword(person, await services.passwords.hash('another one'));
        else
          await services.database.pool.query('DELETE FROM passwords WHERE account_id = $1', [
            person.accountId,
          ]);
        return fits;
      },
    };
    const answer = ask({ email: person.email, password: PASSWORD }, false, { passwords });
    assert.equal(await codeOf(answer), 'E001', change);
  }
});

test('E006: the sixth of many attempts has to wait, also with the right password, and then succeeds', async () => {
  const { email } = await makePerson();
  const guess = (password: string) => codeOf(ask({ email, password }));
  for (let i = 0; i < 5; i++) assert.equal(await guess('wrong'), 'E004');
  for (const password of ['wrong', PASSWORD]) assert.equal(await guess(password), 'E006');
  await letPass(services.database, 2.1);
  assert.equal(await guess(PASSWORD), 'success');
  for (let i = 0; i < 5; i++) assert.equal(await guess('wrong'), 'E004', 'a success clears what was counted');
});

test('the owner gets in from where it was before: the address, its IPv6 network, what it was shortened to', async () => {
  const asked = [
    ['2001:db8:2:2::1', '2001:db8:2:2:aaaa::9', '2001:db8:2:3::1'],
    ['203.0.113.0/24', '203.0.113.77', '203.0.114.1'],
    ['198.51.100.7', '198.51.100.7', '198.51.100.8'],
  ];
  for (const [before, known = '', unknown = ''] of asked) {
    const { email, accountId } = await makePerson();
    await services.database.pool.query('UPDATE sessions SET created_from = $1 WHERE account_id = $2', [
      before,
      accountId,
    ]);
    for (let i = 0; i < 5; i++) await ask({ email, password: 'wrong' });
    assert.equal(await codeOf(ask({ email, password: PASSWORD, customerRealIp: unknown })), 'E006', before);
    assert.equal(await codeOf(ask({ email, password: PASSWORD, customerRealIp: known })), 'success', before);
  }
});

test('of a hundred wrong passwords at once five are compared', async () => {
  const { email } = await makePerson();
  const codes = await Promise.all(
    Array.from({ length: 100 }, (_, i) => codeOf(ask({ email, password: `wrong ${i}` }))),
  );
  assert.equal(codes.filter((code) => code === 'E004').length, 5);
  assert.equal(codes.filter((code) => code === 'E006').length, 95);
});

test('a login that failed for a reason of ours is not counted', async () => {
  const { email } = await makePerson();
  const overloaded = new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
  const passwords: Passwords = { ...services.passwords, verify: () => Promise.reject(overloaded) };
  for (let i = 0; i < 10; i++) {
    await assert.rejects(ask({ email, password: PASSWORD }, false, { passwords }), overloaded);
  }
  assert.equal(await codeOf(ask({ email, password: PASSWORD })), 'success');
});

test('a customer of another ledger is unknown', async () => {
  const { email } = await makePerson(organisation.sandbox);
  assert.equal(await codeOf(ask({ email, password: PASSWORD })), 'E002');
});

test('with hidden accounts every address is answered like a wrong password, but to who knows the right one', async () => {
  const hidden = (email: string, password: string) => codeOf(ask({ email, password }, true));
  const [person, banned] = [await makePerson(), await makePerson()];
  await ban(banned);
  const unregistered = await makeCustomer(services, organisation.live);
  await register('hidden@example.com');
  for (const email of [
    'no-one@example.com',
    unregistered.email,
    'hidden@example.com',
    person.email,
    banned.email,
  ]) {
    assert.equal(await hidden(email, 'wrong'), 'E004', email);
  }
  for (const email of ['no-one@example.com', unregistered.email])
    assert.equal(await hidden(email, PASSWORD), 'E004');
  assert.equal(await hidden('hidden@example.com', PASSWORD), 'E007');
  assert.equal(await hidden(person.email, PASSWORD), 'success');
  assert.equal(await hidden(banned.email, PASSWORD), 'E005');
});

test('with hidden accounts every address takes the same work, and has to wait after as many failures', async () => {
  const person = await makePerson();
  const compared: string[] = [];
  const passwords: Passwords = {
    ...services.passwords,
    verify(given, password) {
      compared.push(given.split('$').slice(0, 4).join('$'));
      return services.passwords.verify(given, password);
    },
  };
  const codes: Record<string, string[]> = {};
  for (const email of [person.email, 'nobody-at-all@example.com']) {
    codes[email] = [];
    for (let i = 0; i < 7; i++) {
      codes[email].push(await codeOf(ask({ email, password: 'wrong' }, true, { passwords })));
    }
  }
  const [first, second] = Object.values(codes);
  assert.deepEqual(first, ['E004', 'E004', 'E004', 'E004', 'E004', 'E006', 'E006']);
  assert.deepEqual(second, first);
  assert.equal(compared.length, 10);
  assert.equal(new Set(compared).size, 1, 'all hashes have the same costs');
});

test('what is no e-mail address is refused', async () => {
  await assertFaults(ask({ email: 'nobody', password: PASSWORD }), ['/email']);
});
