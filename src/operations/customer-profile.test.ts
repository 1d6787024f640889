import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeOrganisation,
  openTestDatabase,
  type TestOrganisation,
} from '../../test/harness.ts';
import { readCustomer } from '../store/customers.ts';
import { type Database, inTransaction } from '../store/database.ts';
import { createCustomer } from './create-customer.ts';
import { applyProfile, normaliseProfile, type ProfileRequest } from './customer-profile.ts';
import { updateProfile } from './update-profile.ts';

let fresh: FreshDatabase;
let database: Database;
let organisation: TestOrganisation;
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
  organisation = await makeOrganisation({ database });
});
after(async () => {
  await database.close();
  await fresh.drop();
});

const WHOLE: ProfileRequest = {
  name: 'Sample Customer',
  firstName: 'Sample',
  lastName: 'Customer',
  phone: '+420777123456',
  companyName: 'Corner Gym',
  companyRegistrationNumber: '12345678',
  taxIdentificationNumber: 'CZ12345678',
  streetAddress: 'Main Street 1',
  city: 'Prague',
  cityPart: 'Vinohrady',
  stateRegion: 'Prague',
  postalCode: '120 00',
  country: 'cz',
  newsletter: true,
  primaryLocale: 'cs_cz',
  groups: ['Personal Trainer'],
};

/** Asserts that a profile is refused for exactly these members. */
function refused(request: ProfileRequest, pointers: string[], country?: string): Promise<void> {
  return assertFaults((async () => normaliseProfile(request, country))(), pointers);
}

test('every member is stored in its one form', () => {
  assert.deepEqual(normaliseProfile(WHOLE), {
    ...WHOLE,
    phone: '+420 777123456',
    country: 'CZ',
    primaryLocale: 'cs-CZ',
  });
  assert.deepEqual(
    normaliseProfile({ name: '  a  ', city: ' ', phone: ' ', country: '', primaryLocale: '' }),
    {
      ...{ name: 'a', city: null, phone: null, country: null, primaryLocale: null },
    },
  );
  assert.deepEqual(normaliseProfile({}), {});
});

test('a phone number without a country code takes the country of the request, then that of the customer', async () => {
  assert.equal(normaliseProfile({ phone: '777123456', country: 'SK' }, 'CZ').phone, '+421 777123456');
  assert.equal(normaliseProfile({ phone: '777123456' }, 'CZ').phone, '+420 777123456');
  await refused({ phone: '777123456' }, ['/phone']);
  await refused({ phone: '777123456', country: '' }, ['/phone'], 'CZ');
});

test('all faults of a profile are told at once', async () => {
  const long = 'x'.repeat(301);
  const request = {
    ...{ name: long, streetAddress: long, postalCode: 'x'.repeat(41), country: 'Czechia', phone: 'call me' },
    ...{ primaryLocale: 'č', groups: ['', 'x'.repeat(101), 'fine'] },
  };
  await refused(request, [
    '/name',
    '/streetAddress',
    '/postalCode',
    '/country',
    '/primaryLocale',
    '/phone',
    '/groups/0',
    '/groups/1',
  ]);
  await refused({ groups: Array.from({ length: 51 }, (_, i) => `g${i}`) }, ['/groups']);
});

test('of groups with one slug the first counts, and names in other scripts are not mixed up', () => {
  const groups = ['Personal Trainer', ' personal-trainer ', '学生', '老师', '学生'];
  assert.deepEqual(normaliseProfile({ groups }).groups, ['Personal Trainer', '学生', '老师']);
});

test('what a change does not name stays, and an empty text clears', async () => {
  const caller = { ledgerId: organisation.sandbox };
  const email = 'profile@example.com';
  const { accountId } = await createCustomer({ database }, caller, { email, ...WHOLE });
  const made = await readCustomer(database.pool, accountId);
  const change = { email: ' PROFILE@example.com', city: '', firstName: 'Other', phone: '608 123 456' };
  await updateProfile({ database }, caller, change);
  const changed = await readCustomer(database.pool, accountId);
  assert.deepEqual(changed, { ...made, city: null, firstName: 'Other', phone: '+420 608123456' });
  await updateProfile({ database }, caller, { email, groups: [], newsletter: false });
  const last = await readCustomer(database.pool, accountId);
  assert.deepEqual(last, { ...changed, groups: [], newsletter: false });
});

test('a profile that was kept as JSON changes what it would have changed at once', async () => {
  const caller = { ledgerId: organisation.sandbox };
  const { accountId } = await createCustomer({ database }, caller, { email: 'kept@example.com' });
  const kept: unknown = JSON.parse(JSON.stringify(normaliseProfile(WHOLE)));
  await inTransaction(database, (tx) => applyProfile(tx, accountId, Object(kept)));
  const { name, country, newsletter, groups } = (await readCustomer(database.pool, accountId)) ?? {};
  assert.deepEqual(
    [name, country, newsletter, groups],
    ['Sample Customer', 'CZ', true, ['Personal Trainer']],
  );
});

test('a profile changes in its own ledger alone, and an existing customer is returned as it is', async () => {
  const { sandbox, live } = organisation;
  const email = 'two@example.com';
  const there = await createCustomer({ database }, { ledgerId: sandbox }, { email, firstName: 'First' });
  const again = await createCustomer({ database }, { ledgerId: sandbox }, { email, firstName: 'Second' });
  assert.deepEqual([again.isNew, again.cuRefNo], [false, there.cuRefNo]);
  await assert.rejects(updateProfile({ database }, { ledgerId: live }, { email, firstName: 'Third' }), {
    code: 'INTERNAL_RESOURCE_NOT_FOUND',
  });
  assert.equal((await readCustomer(database.pool, there.accountId))?.firstName, 'First');
});
