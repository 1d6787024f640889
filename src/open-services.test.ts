import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { emptyDatabase, freshDatabase, openTestDatabase, testConfig, testLog } from '../test/harness.ts';
import { openConfiguredDatabase, openServices, UnsafeDatabaseError } from './open-services.ts';

const fresh = await freshDatabase();
const name = new URL(fresh.url).pathname.slice(1);
after(() => fresh.drop());

async function set(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

test('a database that may lose what it has confirmed is refused, also when only the database says so', async () => {
  await set(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  await assert.rejects(openServices(testConfig(fresh), testLog), (error) => {
    assert.ok(error instanceof UnsafeDatabaseError);
    return error.message.includes('synchronous_commit is off');
  });
  const allowed = testConfig(fresh, { PURSER_ALLOW_UNSAFE_DATABASE: '1' });
  await (await openServices(allowed, testLog)).stop();
  await set(`ALTER DATABASE ${name} RESET synchronous_commit`);
  await (await openServices(testConfig(fresh), testLog)).stop();
});

test('opening migrates, unless that is left to somebody else', async () => {
  const empty = await emptyDatabase();
  const config = testConfig(empty);
  const leave = { as: 'use', migrate: false } as const;
  await assert.rejects(openConfiguredDatabase(config, testLog, leave), /lacks migration 0001_core\.sql/);
  await (await openConfiguredDatabase(config, testLog, { as: 'use' })).stop();
  await (await openConfiguredDatabase(config, testLog, leave)).stop();
  await empty.drop();
});

test('the key of transaction ids is made once and stays', async () => {
  const entry = { accountId: 7, seq: 1, attempt: 5 };
  const ids: string[] = [];
  for (let start = 1; start <= 2; start++) {
    const { services, stop } = await openServices(testConfig(fresh), testLog);
    ids.push(services.ids.encode(entry));
    await stop();
  }
  assert.equal(ids[0], ids[1]);
  const database = openTestDatabase(fresh, 2);
  const { rows } = await database.pool.query('SELECT length(value) AS n FROM installation_values');
  await database.close();
  assert.deepEqual(rows, [{ n: 16 }]);
});
