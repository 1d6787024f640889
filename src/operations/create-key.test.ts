import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import { type FreshDatabase, freshDatabase, openTestDatabase } from '../../test/harness.ts';
import { API_KEY_PATTERN } from '../ids.ts';
import type { Database } from '../store/database.ts';
import { createKey } from './create-key.ts';
import { createOrganisation } from './create-organisation.ts';
import { type KeyListing, keysEndingSoon, listKeys } from './list-keys.ts';
import { revokeKey } from './revoke-key.ts';
import { suspendOrganisation } from './suspend-organisation.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
let fresh: FreshDatabase;
let database: Database;
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
  await createOrganisation({ database }, { name: 'First', currency: 'EUR', timeZone: 'UTC' });
  await createOrganisation({ database }, { name: 'Second', currency: 'EUR', timeZone: 'UTC' });
});
after(async () => {
  await database.close();
  await fresh.drop();
});

async function listed(apiKeyId: number): Promise<KeyListing> {
  const key = (await listKeys({ database })).find((each) => each.apiKeyId === apiKeyId);
  assert.ok(key);
  return key;
}

function daysUntil(instant: Date): number {
  return (instant.getTime() - Date.now()) / DAY_MS;
}

test('a key has the published form, belongs to the first organisation, may grant and lives 90 days', async () => {
  for (const [kind, beginning] of [
    ['PROD', 'PROD'],
    ['DEV', 'DEV_'],
  ] as const) {
    const key = await createKey({ database }, { kind });
    assert.match(key.apiKey, API_KEY_PATTERN);
    assert.ok(key.apiKey.startsWith(beginning));
    assert.equal(key.organisation, 'first');
    assert.deepEqual(key.scopes, ['default', 'credit-grant']);
    assert.ok(Math.abs(daysUntil(key.expiresAt) - 90) < 0.01);
  }
});

test('a ROOT key belongs to no organisation and names no scopes', async () => {
  const key = await createKey({ database }, { kind: 'ROOT' });
  assert.equal(key.organisation, undefined);
  assert.deepEqual(key.scopes, []);
  await assertFaults(createKey({ database }, { kind: 'ROOT', organisation: 'first' }), ['/organisation']);
  await assertFaults(createKey({ database }, { kind: 'ROOT', scopes: ['default'] }), ['/scopes']);
});

test('the database keeps nothing of a key but its hash and its first and last four characters', async () => {
  const { apiKey, apiKeyId } = await createKey({ database }, { kind: 'DEV', description: 'no secret' });
  const { rows } = await database.pool.query<{ row: string }>(
    'SELECT k::text AS row FROM api_keys k WHERE api_key_id = $1',
    [apiKeyId],
  );
  for (let start = 1; start + 8 <= apiKey.length; start++) {
    assert.ok(!rows[0]?.row.includes(apiKey.slice(start, start + 8)));
  }
  const { firstCharacters, lastCharacters } = await listed(apiKeyId);
  assert.equal(firstCharacters + lastCharacters, apiKey.slice(0, 4) + apiKey.slice(-4));
});

test('unknown scopes, unknown organisations and an end in the past are refused', async () => {
  const root = { kind: 'DEV' } as const;
  await assertFaults(createKey({ database }, { ...root, scopes: ['everything'] }), ['/scopes']);
  await assertFaults(createKey({ database }, { ...root, organisation: 'third' }), ['/organisation']);
  await assertFaults(createKey({ database }, { ...root, expiresAt: new Date(0) }), ['/expiresAt']);
  await assertFaults(createKey({ database }, { ...root, overlapMs: 5 }), ['/overlapMs']);
});

test('a date means through that day where the organisation is, an instant means itself', async () => {
  const zone = { currency: 'EUR', timeZone: 'America/New_York' };
  const { slug } = await createOrganisation({ database }, { name: 'West', ...zone });
  const endOf = async (expiresAt: string, kind: 'PROD' | 'ROOT' = 'PROD') => {
    const organisation = kind === 'ROOT' ? undefined : slug;
    const key = await createKey({ database }, { kind, organisation, expiresAt });
    return key.expiresAt.toISOString();
  };
  assert.equal(await endOf('2990-12-31'), '2991-01-01T05:00:00.000Z');
  assert.equal(await endOf('2990-12-31', 'ROOT'), '2991-01-01T00:00:00.000Z');
  assert.equal(await endOf('2990-12-31T12:00:00+02:00'), '2990-12-31T10:00:00.000Z');
  for (const wrong of ['2990-02-30', '2990-12-31T12:00:00', 'soon', '2020-01-01']) {
    await assertFaults(createKey({ database }, { kind: 'DEV', expiresAt: wrong }), ['/expiresAt']);
  }
});

test('the replaced key works on for the overlap, and its successor inherits what is not named', async () => {
  const old = await createKey(
    { database },
    { kind: 'PROD', organisation: 'second', scopes: ['credit-log'], requestsPerMinute: 7 },
  );
  const successor = await createKey(
    { database },
    { kind: 'PROD', replaces: old.apiKeyId, overlapMs: 2 * DAY_MS },
  );
  assert.equal(successor.organisation, 'second');
  assert.deepEqual(successor.scopes, ['credit-log']);
  assert.ok(Math.abs(daysUntil((await listed(old.apiKeyId)).expiresAt) - 2) < 0.01);
  const { replacesApiKeyId, requestsPerMinute } = await listed(successor.apiKeyId);
  assert.equal(replacesApiKeyId, old.apiKeyId);
  assert.equal(requestsPerMinute, 7);
});

test('an overlap never lengthens the life of the replaced key', async () => {
  const expiresAt = new Date(Date.now() + DAY_MS);
  const old = await createKey({ database }, { kind: 'DEV', expiresAt });
  await createKey({ database }, { kind: 'DEV', replaces: old.apiKey, overlapMs: 30 * DAY_MS });
  assert.deepEqual((await listed(old.apiKeyId)).expiresAt, expiresAt);
});

test('a key of another kind, of another organisation, or one that was revoked cannot be replaced', async () => {
  const { apiKeyId } = await createKey({ database }, { kind: 'PROD' });
  await assertFaults(createKey({ database }, { kind: 'DEV', replaces: apiKeyId }), ['/replaces']);
  const foreign = createKey({ database }, { kind: 'PROD', organisation: 'second', replaces: apiKeyId });
  await assertFaults(foreign, ['/replaces']);
  await revokeKey({ database }, { apiKey: apiKeyId });
  await assertFaults(createKey({ database }, { kind: 'PROD', replaces: apiKeyId }), ['/replaces']);
  await assertFaults(createKey({ database }, { kind: 'PROD', replaces: 999_999 }), ['/replaces']);
});

test('a key can be revoked by its id or by itself, and stays revoked from the first time on', async () => {
  const one = await createKey({ database }, { kind: 'DEV' });
  assert.deepEqual(await revokeKey({ database }, { apiKey: one.apiKey }), {
    apiKeyId: one.apiKeyId,
    wasDeleted: false,
  });
  const { deletedAt } = await listed(one.apiKeyId);
  assert.equal((await revokeKey({ database }, { apiKey: one.apiKeyId })).wasDeleted, true);
  assert.deepEqual((await listed(one.apiKeyId)).deletedAt, deletedAt);
  assert.equal((await listed(one.apiKeyId)).state, 'deleted');
  await assertFaults(revokeKey({ database }, { apiKey: 'nothing' }), ['/apiKey']);
});

test('keys that end within 14 days are marked, others and ended ones are not', async () => {
  const make = (days: number) =>
    createKey({ database }, { kind: 'DEV', expiresAt: new Date(Date.now() + days * DAY_MS) });
  const [soon, later, revoked, ended] = [await make(13.9), await make(14.1), await make(1), await make(1)];
  await revokeKey({ database }, { apiKey: revoked.apiKeyId });
  await database.pool.query('UPDATE api_keys SET expires_at = now() WHERE api_key_id = $1', [ended.apiKeyId]);
  const ids = (await keysEndingSoon({ database })).map((key) => key.apiKeyId);
  assert.ok(ids.includes(soon.apiKeyId));
  for (const other of [later, revoked, ended]) assert.ok(!ids.includes(other.apiKeyId));
  assert.equal((await listed(soon.apiKeyId)).state, 'ends-soon');
  assert.equal((await listed(later.apiKeyId)).state, 'active');
  assert.equal((await listed(ended.apiKeyId)).state, 'expired');
});

test('every change of a key or of a suspension takes a revision of its own, none is given twice', async () => {
  const { apiKeyId } = await createKey({ database }, { kind: 'PROD', organisation: 'second' });
  const revisionOf = async () => {
    const { rows } = await database.pool.query<{ revision: string }>(
      'SELECT revision FROM api_keys WHERE api_key_id = $1',
      [apiKeyId],
    );
    return Number(rows[0]?.revision);
  };
  const seen = [await revisionOf()];
  await suspendOrganisation({ database }, { organisation: 'second', suspended: true });
  seen.push(await revisionOf());
  assert.equal((await listed(apiKeyId)).state, 'suspended');
  await suspendOrganisation({ database }, { organisation: 'second', suspended: false });
  seen.push(await revisionOf());
  await createKey({ database }, { kind: 'PROD', replaces: apiKeyId });
  seen.push(await revisionOf());
  await revokeKey({ database }, { apiKey: apiKeyId });
  seen.push(await revisionOf());
  assert.deepEqual(
    [...new Set(seen)].sort((a, b) => a - b),
    seen,
  );
  assert.equal(seen.length, 5);
});

test('the list of one organisation holds its keys alone', async () => {
  const keys = await listKeys({ database }, { organisation: 'second' });
  assert.ok(keys.length > 0);
  assert.ok(keys.every((key) => key.organisationSlug === 'second'));
  await assertFaults(listKeys({ database }, { organisation: 'third' }), ['/organisation']);
});
