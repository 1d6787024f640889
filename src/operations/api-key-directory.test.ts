import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FreshDatabase, freshDatabase, openTestDatabase, testLog } from '../../test/harness.ts';
import { newApiKey } from '../ids.ts';
import type { Database } from '../store/database.ts';
import { type ApiKeyDirectory, type ApiKeyRecord, startApiKeyDirectory } from './api-key-directory.ts';
import { createKey } from './create-key.ts';
import { createOrganisation } from './create-organisation.ts';
import { listKeys } from './list-keys.ts';
import { revokeKey } from './revoke-key.ts';
import { suspendOrganisation } from './suspend-organisation.ts';

let fresh: FreshDatabase;
let database: Database;
const directories: ApiKeyDirectory[] = [];
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
  await createOrganisation({ database }, { name: 'First', currency: 'EUR', timeZone: 'UTC' });
});
afterEach(async () => {
  for (const directory of directories.splice(0)) await directory.stop();
});
after(async () => {
  await database.close();
  await fresh.drop();
});

async function start(used: Pick<Database, 'pool'> = database): Promise<ApiKeyDirectory> {
  const directory = await startApiKeyDirectory(used, testLog);
  directories.push(directory);
  return directory;
}

/** Waits for what a poll brings. The bound is no promise: it only ends a test that would never end. */
async function until(holds: () => boolean): Promise<void> {
  for (let waits = 0; !holds(); waits++) {
    assert.ok(waits < 400, 'it did not come');
    await sleep(25);
  }
}

/** A database that counts the queries of keys by their hash, and fails while `broken`. */
function observed() {
  const state = { lookUps: 0, broken: false };
  const query = async (text: string, values: unknown[]) => {
    if (state.broken) throw new Error('the database is away');
    if (text.includes('key_hash = $1')) state.lookUps += 1;
    return database.pool.query(text, values);
  };
  return { state, database: { pool: { query } } as unknown as Pick<Database, 'pool'> };
}

test('a start knows all keys with what their requests need, deleted ones too', async () => {
  const dev = await createKey({ database }, { kind: 'DEV', requestsPerMinute: 9 });
  const prod = await createKey({ database }, { kind: 'PROD', scopes: ['credit-log'] });
  const root = await createKey({ database }, { kind: 'ROOT' });
  await revokeKey({ database }, { apiKey: root.apiKeyId });
  const directory = await start();
  const record = directory.known(dev.apiKey);
  assert.deepEqual({ ...record, scopes: [...(record?.scopes ?? [])] }, {
    apiKeyId: dev.apiKeyId,
    kind: 'DEV',
    organisationId: record?.organisationId,
    organisationSlug: 'first',
    ledgerId: directory.ledger('first', 'sandbox'),
    scopes: ['default', 'credit-grant'],
    requestsPerMinute: 9,
    expiresAt: dev.expiresAt.getTime(),
    deleted: false,
    suspended: false,
  } satisfies Record<keyof ApiKeyRecord, unknown>);
  assert.equal(directory.known(prod.apiKey)?.ledgerId, directory.ledger('first', 'live'));
  assert.notEqual(directory.ledger('first', 'live'), directory.ledger('first', 'sandbox'));
  assert.deepEqual([...(directory.known(prod.apiKey)?.scopes ?? [])], ['credit-log']);
  assert.equal(directory.known(root.apiKey)?.deleted, true);
  assert.equal(directory.known(root.apiKey)?.ledgerId, undefined);
});

test('a key made a moment ago is found by looking it up, and known from then on', async () => {
  const { state, database: counted } = observed();
  const directory = await start(counted);
  const { apiKey, apiKeyId } = await createKey({ database }, { kind: 'DEV' });
  assert.equal(directory.known(apiKey), undefined);
  const answers = await Promise.all(Array.from({ length: 20 }, () => directory.lookUp(apiKey)));
  assert.ok(answers.every((record) => record?.apiKeyId === apiKeyId));
  assert.equal(state.lookUps, 1, 'look-ups at once share one query');
  assert.equal(directory.known(apiKey)?.apiKeyId, apiKeyId);
});

test('a miss is not remembered: a key that is made after it was asked for works', async () => {
  const directory = await start();
  const apiKey = newApiKey('DEV');
  assert.equal(await directory.lookUp(apiKey), undefined);
  await createKey({ database }, { kind: 'DEV', apiKey });
  assert.ok(await directory.lookUp(apiKey));
});

test('revoking, suspending and resuming reach a directory that knows the key', async () => {
  const directory = await start();
  const kept = await createKey({ database }, { kind: 'PROD' });
  const gone = await createKey({ database }, { kind: 'PROD' });
  const root = await createKey({ database }, { kind: 'ROOT' });
  for (const { apiKey } of [kept, gone, root]) await directory.lookUp(apiKey);
  await revokeKey({ database }, { apiKey: gone.apiKeyId });
  await suspendOrganisation({ database }, { suspended: true });
  await until(() => directory.known(kept.apiKey)?.suspended === true);
  assert.equal(directory.known(gone.apiKey)?.deleted, true);
  assert.equal(directory.known(kept.apiKey)?.deleted, false);
  assert.equal(directory.known(root.apiKey)?.suspended, false);
  await suspendOrganisation({ database }, { suspended: false });
  await until(() => directory.known(kept.apiKey)?.suspended === false);
  assert.equal(directory.known(gone.apiKey)?.deleted, true);
});

test('changes made by many at once are all seen', async () => {
  const directory = await start();
  const keys = await Promise.all(Array.from({ length: 12 }, () => createKey({ database }, { kind: 'DEV' })));
  await until(() => keys.every(({ apiKey }) => directory.known(apiKey) !== undefined));
  await Promise.all(keys.map(({ apiKeyId }) => revokeKey({ database }, { apiKey: apiKeyId })));
  await until(() => keys.every(({ apiKey }) => directory.known(apiKey)?.deleted === true));
});

test('the ledgers of an organisation made later become known', async () => {
  const directory = await start();
  assert.equal(directory.ledger('late', 'live'), undefined);
  await createOrganisation({ database }, { name: 'Late', currency: 'EUR', timeZone: 'UTC' });
  await until(() => directory.ledger('late', 'live') !== undefined);
  assert.equal(directory.ledger('late', 'sandbox') === undefined, false);
});

test('known keys stay in use while the database is away, and changes arrive once it is back', async () => {
  const { state, database: breakable } = observed();
  const { apiKey, apiKeyId } = await createKey({ database }, { kind: 'DEV' });
  const directory = await start(breakable);
  state.broken = true;
  await revokeKey({ database }, { apiKey: apiKeyId });
  await sleep(700);
  assert.equal(directory.known(apiKey)?.deleted, false);
  await assert.rejects(directory.lookUp(newApiKey('DEV')));
  state.broken = false;
  await until(() => directory.known(apiKey)?.deleted === true);
});

test('requests are counted by key and day when the directory stops', async () => {
  const directory = await start();
  const { apiKeyId } = await createKey({ database }, { kind: 'DEV' });
  for (let i = 0; i < 5; i++) directory.noteUse(apiKeyId);
  directories.splice(0);
  await directory.stop();
  const keys = await listKeys({ database });
  assert.equal(keys.find((key) => key.apiKeyId === apiKeyId)?.requests, 5);
});
