import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import { type FreshDatabase, freshDatabase, openTestDatabase } from '../../test/harness.ts';
import type { Database } from '../store/database.ts';
import { findOrganisation, findOrganisationOfLedger, listLedgers } from '../store/organisations.ts';
import { createOrganisation, slugOf } from './create-organisation.ts';

let fresh: FreshDatabase;
let database: Database;
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
});
after(async () => {
  await database.close();
  await fresh.drop();
});

const EURO = { currency: 'EUR', timeZone: 'UTC' };

test('an organisation gets both ledgers, which know its currency and time zone', async () => {
  const zone = { currency: 'CZK', timeZone: 'europe/prague' };
  const { slug } = await createOrganisation({ database }, { name: ' Two Ledgers ', ...zone });
  assert.equal(slug, 'two-ledgers');
  const ledgers = (await listLedgers(database.pool)).filter((ledger) => ledger.organisationSlug === slug);
  assert.deepEqual(ledgers.map((ledger) => ledger.kind).sort(), ['live', 'sandbox']);
  for (const { ledgerId } of ledgers) {
    const organisation = await findOrganisationOfLedger(database.pool, ledgerId);
    assert.equal(organisation?.name, 'Two Ledgers');
    assert.equal(organisation?.currency, 'CZK');
    assert.equal(organisation?.timeZone, 'Europe/Prague');
  }
});

test('a slug is made of the name, and numbered where it is taken', async () => {
  const names = ['Corner Gym', 'Corner  GYM!', 'corner-gym'];
  const made = await Promise.all(names.map((name) => createOrganisation({ database }, { name, ...EURO })));
  assert.deepEqual(made.map(({ slug }) => slug).sort(), ['corner-gym', 'corner-gym-2', 'corner-gym-3']);
});

test('a slug has the published form whatever the name', () => {
  assert.equal(slugOf('Příliš žluťoučký kůň'), 'prilis-zlutoucky-kun');
  assert.equal(slugOf('-- ?! --'), 'organisation');
  assert.equal(slugOf('日本'), 'organisation');
  assert.match(slugOf(`${'a'.repeat(39)} bcd`), /^[a-z0-9][a-z0-9-]{0,39}$/);
});

test('a given slug that is taken is refused, and nothing is made', async () => {
  await createOrganisation({ database }, { name: 'One', slug: 'taken', ...EURO });
  const again = createOrganisation({ database }, { name: 'Other', slug: 'taken', ...EURO });
  await assertFaults(again, ['/slug']);
  assert.equal((await findOrganisation(database.pool, 'taken'))?.name, 'One');
});

test('every fault of an organisation is told at once', async () => {
  const wrong = { name: ' ', currency: 'eur', timeZone: '+02:00', slug: '-x' };
  const attempt = createOrganisation({ database }, wrong);
  await assertFaults(attempt, ['/name', '/currency', '/timeZone', '/slug']);
});
