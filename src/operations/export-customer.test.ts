import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
} from '../../test/harness.ts';
import { ADDRESS, exportText, makeKnownCustomer, newWord } from '../../test/known-customer.ts';
import type { OpenServices } from '../open-services.ts';
import { exportCustomer } from './export-customer.ts';
import { readCreditLog } from './read-credit-log.ts';
import type { Caller } from './services.ts';
import { spendBatch } from './spend-batch.ts';

let fresh: FreshDatabase;
let open: OpenServices;
let caller: Caller;
let live: Caller;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  const organisation = await makeOrganisation(open.services);
  caller = { ledgerId: organisation.sandbox, author: 'cli' };
  live = { ledgerId: organisation.live, author: 'cli' };
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

test('the export has every part, and nothing with which anybody could log in', async () => {
  const word = newWord();
  const customer = await makeKnownCustomer(open.services, caller, word);
  const text = await exportText(open.services, caller, customer);
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

test('a history of several pages is exported whole, each entry once, newest first', async () => {
  const { services } = open;
  const { cuRefNo, identityId } = await makeCustomer(services, caller.ledgerId, { credit: 10 });
  for (let batch = 0; batch < 5; batch++) {
    const members = Array.from({ length: 900 }, () => ({ identityId, amount: 1n }));
    await spendBatch(services, caller, { members, atomic: true }, 'test');
  }
  const told = JSON.parse(await exportText(services, caller, { cuRefNo })) as { entries: { id: string }[] };
  const log = await readCreditLog(services, caller, { cuRefNo });
  assert.equal(told.entries.length, 4_501);
  assert.deepEqual(
    told.entries.map(({ id }) => id),
    log.items.map(({ id }) => id),
  );
});

test('a customer of another ledger is not there to be exported', async () => {
  const { cuRefNo } = await makeCustomer(open.services, caller.ledgerId);
  await assert.rejects(exportCustomer(open.services, live, { cuRefNo }), {
    code: 'INTERNAL_RESOURCE_NOT_FOUND',
  });
});
