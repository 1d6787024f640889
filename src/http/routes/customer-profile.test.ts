import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { memberOf, openWorld, type World, withoutRequestId } from '../../../test/access/world.ts';
import { makeCustomer } from '../../../test/harness.ts';
import { updateContact } from '../../operations/update-contact.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const { post, get } = clientOf(() => world);
const CUSTOMER = '/api/v1/customer';
const read = (operation: string, members: Record<string, string>) =>
  get(`${CUSTOMER}/${operation}?${new URLSearchParams({ apiKey: world.keys.dev, ...members })}`);

test('a customer is created once, with its company, and found again unchanged', async () => {
  const company = { companyRegistrationNumber: '12345678', taxIdentificationNumber: 'CZ12345678' };
  const body = { email: ' Shop@Example.com', companyName: ' Corner Gym ', ...company, customerRealIp: '::1' };
  const made = await post(`${CUSTOMER}/create`, body);
  const {
    cuRefNo,
    phone,
    premium,
    ban,
    groups,
    meta,
    creditBalance,
    runningSubscriptionList,
    isNew,
    ...rest
  } = Object(made.body);
  assert.match(cuRefNo, /^[A-Za-z0-9]{16}$/);
  assert.deepEqual([isNew, phone, premium, ban, creditBalance], [true, null, false, false, 0]);
  assert.deepEqual([groups, meta, runningSubscriptionList], [[], {}, []]);
  const { success, email, companyName, companyRegistrationNumber, taxIdentificationNumber } = rest;
  assert.deepEqual(
    [success, email, companyName, companyRegistrationNumber, taxIdentificationNumber],
    [true, 'shop@example.com', 'Corner Gym', '12345678', 'CZ12345678'],
  );
  const again = await post(`${CUSTOMER}/create`, { email: 'shop@example.com', companyName: 'Other' });
  assert.deepEqual(again.body, { ...Object(made.body), isNew: false });
  const wrong = { email: 'shop', companyName: 1, customerRealIp: 'here' };
  assert.deepEqual(pointers(await post(`${CUSTOMER}/create`, wrong)), [
    '/email',
    '/companyName',
    '/customerRealIp',
  ]);
});

test('a profile is updated, told by detail, and by account info as far as that is published', async () => {
  const { email, identityId, cuRefNo } = await makeCustomer(world.services, world.acme.sandbox);
  const profile = {
    ...{ name: 'Sample Customer', firstName: 'Sample', lastName: 'Customer', companyName: 'Corner Gym' },
    ...{ companyRegistrationNumber: '1', taxIdentificationNumber: '2', streetAddress: 'Main Street 1' },
    ...{ city: 'Prague', cityPart: 'Vinohrady', stateRegion: 'Prague', postalCode: '120 00', country: 'CZ' },
    ...{ newsletter: true, primaryLocale: 'cs' },
  };
  const groups = ['Personal Trainer', 'VIP'];
  const update = { email: email.toUpperCase(), ...profile, phone: '777 123 456', groups, unknown: 1 };
  assert.deepEqual((await post(`${CUSTOMER}/update-profile`, update)).body, { success: true });
  const known = [
    { name: 'Personal Trainer', slug: 'personal-trainer' },
    { name: 'VIP', slug: 'vip' },
  ];
  const detail = Object((await read('detail', { identityId, cuRefNo, customerRealIp: '1.1.1.1' })).body);
  const { phone, loggedIn, identityId: absent } = detail;
  assert.deepEqual([phone, loggedIn, absent, detail.groups], ['+420 777123456', true, undefined, known]);
  for (const [member, value] of Object.entries(profile)) assert.equal(detail[member], value, member);
  const info = Object((await read('get-account-info', { identityId })).body);
  assert.deepEqual([info.phone, info.firstName, info.companyName], [phone, 'Sample', 'Corner Gym']);
  assert.deepEqual(info.groups, known);
  const cleared = { email, phone: '', groups: [], city: null, newsletter: false };
  assert.equal((await post(`${CUSTOMER}/update-profile`, cleared)).status, 200);
  const last = Object((await read('detail', { identityId, cuRefNo })).body);
  assert.deepEqual([last.phone, last.groups, last.city, last.newsletter], [null, [], 'Prague', false]);
});

test('all faults of a profile are told at once, in words, and nothing of it is kept', async () => {
  const { email, identityId, cuRefNo } = await makeCustomer(world.services, world.acme.sandbox);
  const update = (members: object) => post(`${CUSTOMER}/update-profile`, { email, ...members });
  const shapes = { name: 'a\u0000', newsletter: 'yes', groups: [1], customerRealIp: 'x' };
  assert.deepEqual(pointers(await update(shapes)), ['/name', '/newsletter', '/groups/0', '/customerRealIp']);
  const meanings = { firstName: 'Kept?', phone: '12', country: 'Nowhere', primaryLocale: '?', groups: [' '] };
  const refused = await update(meanings);
  expectRefusal(refused, 'INTERNAL_VALIDATION_FAILED');
  assert.deepEqual(pointers(refused), ['/country', '/primaryLocale', '/phone', '/groups/0']);
  assert.equal(memberOf((await read('detail', { identityId, cuRefNo })).body, 'firstName'), null);
  const unknown = { email: 'nobody@example.com', firstName: 'x' };
  expectRefusal(await post(`${CUSTOMER}/update-profile`, unknown), 'INTERNAL_RESOURCE_NOT_FOUND');
});

test('detail shows oneself and whom one manages; all others look like nobody', async () => {
  const { services, acme, customers } = world;
  const caller = { ledgerId: acme.sandbox };
  const manager = await makeCustomer(services, acme.sandbox);
  const managed = await makeCustomer(services, acme.sandbox, { credit: 7 });
  const ask = (identityId: string, cuRefNo: string) => read('detail', { identityId, cuRefNo });
  const before = await ask(manager.identityId, managed.cuRefNo);
  expectRefusal(before, 'PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED');
  const named = { customer: { cuRefNo: managed.cuRefNo } };
  await updateContact(services, caller, { ...named, managedBy: manager.cuRefNo });
  const shown = await ask(manager.identityId, managed.cuRefNo);
  assert.deepEqual(
    [memberOf(shown.body, 'email'), memberOf(shown.body, 'creditBalance')],
    [managed.email, 7],
  );
  const { foreign, live, own } = customers;
  for (const cuRefNo of ['x'.repeat(16), own.cuRefNo, foreign.cuRefNo, live.cuRefNo]) {
    const answer = await ask(manager.identityId, cuRefNo);
    assert.deepEqual(withoutRequestId(answer), withoutRequestId(before), cuRefNo);
  }
  // It goes one way, and ends when an operator says so.
  expectRefusal(await ask(managed.identityId, manager.cuRefNo), 'PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED');
  await updateContact(services, caller, { ...named, managedBy: null });
  expectRefusal(await ask(manager.identityId, managed.cuRefNo), 'PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED');
});

test('detail asks for a living session of the same ledger, and for both names', async () => {
  const { own, ended, foreign, live, banned } = world.customers;
  const first = await read('detail', { identityId: 'x'.repeat(32), cuRefNo: own.cuRefNo });
  expectRefusal(first, 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  for (const { identityId, cuRefNo } of [ended, foreign, live]) {
    const answer = await read('detail', { identityId, cuRefNo });
    assert.deepEqual(withoutRequestId(answer), withoutRequestId(first));
  }
  const both = await read('detail', { identityId: 'x', cuRefNo: 'y' });
  assert.deepEqual(pointers(both), ['/identityId', '/cuRefNo']);
  assert.deepEqual(pointers(await read('detail', { identityId: own.identityId })), ['/cuRefNo']);
  const { identityId, cuRefNo } = banned;
  assert.equal(memberOf((await read('detail', { identityId, cuRefNo })).body, 'ban'), true);
});
