import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, send, type World } from '../../../test/access/world.ts';
import { makeCustomer } from '../../../test/harness.ts';
import { grantCredit } from '../../operations/grant-credit.ts';
import { listContacts } from '../../operations/list-contacts.ts';

let world: World;
before(async () => {
  world = await openWorld();
  // In Kiritimati days begin 14 hours earlier than in UTC.
  await world.services.database.pool.query(
    `UPDATE organisations SET time_zone = 'Pacific/Kiritimati' WHERE slug = 'other'`,
  );
});
after(() => world.close());

function ask(method: 'GET' | 'POST', url: string, payload?: object, ledger = 'other/live'): Promise<Answer> {
  const headers = { authorization: `Bearer ${world.keys.root}`, 'x-purser-ledger': ledger };
  return send(world.app, { method, url, headers, ...(payload ? { payload } : {}) });
}
const post = (url: string, payload: object) => ask('POST', `/bff/contact/${url}`, payload);

async function list(query: Record<string, string> = {}) {
  const answer = await ask('GET', `/bff/contact/list?${new URLSearchParams(query)}`);
  const items = memberOf(answer.body, 'items');
  assert.ok(Array.isArray(items), answer.text);
  const emails = items.map((item) => String(memberOf(item, 'email')).replace('@example.com', ''));
  return { items, emails, itemCount: memberOf(answer.body, 'itemCount') };
}

async function create(name: string, more: object = {}): Promise<string> {
  const answer = await post('create', { email: `${name}@example.com`, ...more });
  assert.equal(memberOf(answer.body, 'isNew'), true, answer.text);
  return String(memberOf(answer.body, 'id'));
}

const day = (dayMs: number) => new Date(dayMs).toISOString().slice(0, 10);

test('contacts are made, found by words, filtered, ordered and paged', async () => {
  const anna = await create('anna', { firstName: 'Anna', companyName: 'Corner Gym', phone: '+420777123456' });
  const bert = await create('bert', { firstName: 'Bert', lastName: 'Percent%Under_score' });
  const cara = await create('cara', { name: 'Cara Gym', groups: ['VIP'] });
  const again = await post('create', { email: 'ANNA@example.com', firstName: 'Other' });
  assert.deepEqual(again.body, { success: true, id: anna, email: 'anna@example.com', isNew: false });
  const ledgers = await world.services.database.pool.query<{ id: string }>(
    'SELECT ledger_id AS id FROM customers WHERE cu_ref_no = $1',
    [anna],
  );
  const caller = { ledgerId: Number(ledgers.rows[0]?.id), author: 'cli' };
  for (const [cuRefNo, amount] of [
    [anna, 5_000_000n],
    [cara, 9_000_000n],
  ] as const)
    await grantCredit(world.services, caller, { customer: { cuRefNo }, amount }, { requestId: 'test' });
  await post('block-contact', { id: bert, reason: 'x', blocked: true });
  await post('update', { id: cara, premium: true });
  await world.services.database.pool.query(
    `INSERT INTO passwords (account_id, password_hash)
     SELECT account_id, '$argon2id$x' FROM customers WHERE cu_ref_no = $1`,
    [bert],
  );

  assert.deepEqual((await list()).emails, ['cara', 'bert', 'anna'], 'the newest first');
  assert.deepEqual((await list({ orderBy: 'credit:desc' })).emails, ['cara', 'anna', 'bert']);
  assert.deepEqual((await list({ orderBy: 'email:asc' })).emails, ['anna', 'bert', 'cara']);
  assert.deepEqual((await list({ orderBy: 'firstName:desc' })).emails, ['bert', 'anna', 'cara']);
  for (const [words, found] of [
    ['gym', ['anna', 'cara']],
    ['GYM anna', ['anna']],
    ['777 123', ['anna']],
    [bert, ['bert']],
    ['%', ['bert']],
    ['_', ['bert']],
    ['\\', []],
    ["'", []],
    ['example.com', ['anna', 'bert', 'cara']],
    [' ', ['anna', 'bert', 'cara']],
  ] as const)
    assert.deepEqual((await list({ filterFulltextQuery: words, orderBy: 'email:asc' })).emails, found, words);
  for (const [query, found] of [
    [{ isBanned: 'true' }, ['bert']],
    [{ isBanned: 'false' }, ['anna', 'cara']],
    [{ isPremium: 'true' }, ['cara']],
    [{ isRegistered: 'true' }, ['bert']],
    [{ isRegistered: 'false', hasCredit: 'true' }, ['anna', 'cara']],
    [{ hasCredit: 'false' }, ['bert']],
    [{ limit: '2' }, ['anna', 'bert']],
    [{ limit: '2', page: '2' }, ['cara']],
    [{ limit: '2', page: '3' }, []],
  ] as const) {
    const page = await list({ orderBy: 'email:asc', ...query });
    assert.deepEqual(page.emails, found, JSON.stringify(query));
    if ('limit' in query) assert.equal(page.itemCount, 3);
    else assert.equal(page.itemCount, found.length);
  }
  const [item] = (await list({ filterFulltextQuery: 'cara' })).items;
  const { id, credit, held, debt, premium, groups, emailConfirmed } = Object(item);
  assert.deepEqual([id, credit, held, debt, premium, emailConfirmed], [cara, 9, 0, 0, true, false]);
  assert.deepEqual(groups, [{ name: 'VIP', slug: 'vip' }]);
});

test('days of the list are those of the organisation, both included', async () => {
  const { pool } = world.services.database;
  const id = await create('dated');
  const at = async (instant: string) => {
    await pool.query('UPDATE customers SET created_at = $2 WHERE cu_ref_no = $1', [id, instant]);
    return async (query: Record<string, string>) =>
      (await list({ filterFulltextQuery: 'dated', ...query })).emails.length === 1;
  };
  // The 2nd of January begins there at 10:00 of the 1st in UTC.
  const first = await at('2026-01-01T10:00:00.000Z');
  assert.equal(await first({ registeredFrom: '2026-01-02', registeredTo: '2026-01-02' }), true);
  assert.equal(await first({ registeredTo: '2026-01-01' }), false);
  assert.equal(await first({ registeredFrom: '2026-01-03' }), false);
  assert.equal(await first({ registeredFrom: '2026-01-01T10:00:00Z' }), true);
  assert.equal(await first({ registeredTo: '2026-01-01T10:00:00Z' }), true);
  assert.equal(await first({ registeredFrom: '2026-01-01T10:00:00.001Z' }), false);
  const before = await at('2026-01-01T09:59:59.999Z');
  assert.equal(await before({ registeredFrom: '2026-01-02' }), false);
  assert.equal(await before({ registeredFrom: '2026-01-01', registeredTo: '2026-01-01' }), true);
  const wrong = `?registeredFrom=2026-02-30&registeredTo=${day(0)}x&isBanned=1&limit=0&page=0&orderBy=meta:asc`;
  const found = pointers(await ask('GET', `/bff/contact/list${wrong}`));
  assert.deepEqual(
    new Set(found),
    new Set(['/registeredFrom', '/registeredTo', '/isBanned', '/limit', '/page', '/orderBy']),
  );
});

test('credit that has fallen due is not listed', async () => {
  const { services, acme } = world;
  const caller = { ledgerId: acme.sandbox, author: 'cli' };
  const { cuRefNo } = await makeCustomer(services, acme.sandbox);
  const expirationDate = new Date(Date.now() + 60_000).toISOString();
  const grant = { customer: { cuRefNo }, amount: 5_000_000n, expirationDate };
  await grantCredit(services, caller, grant, { requestId: 'test' });
  const request = { filterFulltextQuery: cuRefNo };
  assert.deepEqual((await listContacts(services, caller, request)).items[0]?.credit, 5);
  // The list looks by the ledger's clock; moving it is what lets credit fall due without waiting.
  await services.database.pool.query('UPDATE ledgers SET clock_offset_ms = 120000 WHERE ledger_id = $1', [
    acme.sandbox,
  ]);
  assert.deepEqual((await listContacts(services, caller, request)).items[0]?.credit, 0);
});

test('a ban is set, lifted, and toggled where it is not said which', async () => {
  const id = await create('blocked');
  const block = async (more: object) => (await post('block-contact', { id, ...more })).body;
  assert.deepEqual(await block({ reason: 'charge-back' }), { success: true, blocked: true });
  assert.deepEqual(await block({ blocked: true }), { success: true, blocked: true });
  assert.deepEqual((await list({ filterFulltextQuery: id, isBanned: 'true' })).emails, ['blocked']);
  assert.deepEqual(await block({ reason: 'settled' }), { success: true, blocked: false });
  assert.deepEqual(await block({ blocked: false }), { success: true, blocked: false });
  assert.deepEqual(pointers(await post('block-contact', { id: 'x', blocked: 1 })), ['/id', '/blocked']);
});

test('what operators set is set, the rest stays, and meta comes back as it was given', async () => {
  const [id, manager] = [await create('managed'), await create('manager')];
  const meta = { plan: 'gold', 'a/b~c': [1, null, { deep: 'žluť 😀' }], rate: 0.1, empty: {} };
  await post('update', { id, managedBy: manager, premium: true, groups: ['VIP'], meta });
  await post('update', { id, premium: false });
  const answer = await ask('GET', `/bff/contact/export?id=${id}`);
  const { customer, manages } = Object(answer.body);
  const { managedBy, premium, groups, meta: kept } = customer;
  assert.deepEqual([managedBy, premium, groups, manages], [manager, false, ['VIP'], []]);
  assert.deepEqual(kept, meta);
  await post('update', { id, managedBy: null, meta: {}, groups: [] });
  const [item] = (await list({ filterFulltextQuery: id })).items;
  assert.deepEqual([memberOf(item, 'managedBy'), memberOf(item, 'groups')], [null, []]);
});

test('what operators may not set is refused with its place', async () => {
  const id = await create('refused');
  const update = async (members: object) => pointers(await post('update', { id, ...members }));
  assert.deepEqual(await update({}), ['']);
  assert.deepEqual(await update({ premium: null, groups: null }), ['']);
  assert.deepEqual(await update({ managedBy: id }), ['/managedBy']);
  for (const managedBy of ['x'.repeat(16), world.customers.own.cuRefNo]) {
    assert.deepEqual(await update({ managedBy }), ['/managedBy']);
  }
  assert.deepEqual(await update({ managedBy: 1, premium: 'yes', groups: 'VIP', meta: [] }), [
    ...['/managedBy', '/premium', '/groups', '/meta'],
  ]);
  const odd = { a: ['\u0000'], 'b/~': { c: '\ud800' }, '\u0000': 1, '\udfff': 1 };
  assert.deepEqual(await update({ meta: odd }), ['/meta/a/0', '/meta/b~1~0/c', '/meta', '/meta']);
  assert.deepEqual(await update({ meta: { big: 'x'.repeat(17_000) } }), ['/meta']);
  const headers = {
    authorization: `Bearer ${world.keys.root}`,
    'x-purser-ledger': 'other/live',
    'content-type': 'application/json',
  };
  const payload = `{"id":"${id}","meta":{"a":[1.2345678901234567]}}`;
  const inexact = await send(world.app, { method: 'POST', url: '/bff/contact/update', headers, payload });
  assert.deepEqual(pointers(inexact), ['/meta/a/0']);
});

test('a contact is erased, is in no list any more, and can be exported still', async () => {
  const id = await create('gone', { name: 'Gone Customer' });
  await post('update', { id, meta: { note: 'private' } });
  const refused = await post('delete', { id, writeOff: true });
  assert.deepEqual(pointers(refused), ['/reason']);
  assert.deepEqual((await post('delete', { id, reason: 'asked' })).body, { success: true });
  assert.deepEqual((await list({ filterFulltextQuery: id })).emails, []);
  expectRefusal(await post('update', { id, meta: { note: 'private' } }), 'INTERNAL_RESOURCE_NOT_FOUND');
  const exported = await ask('GET', `/bff/contact/export?id=${id}`);
  assert.equal(exported.status, 200);
  assert.doesNotMatch(exported.text, /gone|Gone|private/);
  assert.equal(exported.headers['cache-control'], 'no-store');
  const { own } = world.customers;
  const rich = await ask('POST', '/bff/contact/delete', { id: own.cuRefNo, reason: 'x' }, 'acme/sandbox');
  expectRefusal(rich, 'PUBLIC_CUSTOMER_HAS_CREDIT');
  assert.equal(memberOf(memberOf(rich.body, 'error'), 'creditBalance'), 1_000_000);
});
