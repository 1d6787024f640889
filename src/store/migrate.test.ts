import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { emptyDatabase, freshDatabase, openTestDatabase, testLog } from '../../test/harness.ts';
import { type Migration, MigrationError, migrate, readMigrations } from './migrate.ts';

const fresh = await freshDatabase();
const database = openTestDatabase(fresh);
after(async () => {
  await database.close();
  await fresh.drop();
});

const first = { number: 1, fileName: '0001_a.sql', sql: 'CREATE TABLE a (n integer)', checksum: 'a' };
const second = { number: 2, fileName: '0002_b.sql', sql: 'CREATE TABLE b (n integer)', checksum: 'b' };

async function onEmpty(work: (run: (known: Migration[]) => Promise<string[]>) => Promise<void>) {
  const empty = await emptyDatabase();
  const opened = openTestDatabase(empty);
  try {
    await work((known) => migrate(opened, testLog, known));
  } finally {
    await opened.close();
    await empty.drop();
  }
}

test('a database that is up to date is left as it is', async () => {
  assert.deepEqual(await migrate(database, testLog), []);
  const { rows } = await database.pool.query('SELECT count(*)::int AS n FROM purser.migrations');
  assert.equal(rows[0].n, (await readMigrations()).length);
});

test('missing migrations are applied in order and once', () =>
  onEmpty(async (run) => {
    assert.deepEqual(await run([first]), ['0001_a.sql']);
    assert.deepEqual(await run([first, second]), ['0002_b.sql']);
    assert.deepEqual(await run([first, second]), []);
  }));

test('of several processes at once each migration is applied by one', () =>
  onEmpty(async (run) => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => run([first, second])));
    assert.deepEqual(applied.flat().sort(), ['0001_a.sql', '0002_b.sql']);
  }));

test('a migration that fails leaves nothing of itself behind', () =>
  onEmpty(async (run) => {
    const broken = { ...second, sql: 'CREATE TABLE b (n integer); SELECT 1/0' };
    await assert.rejects(run([first, broken]), /division by zero/);
    assert.deepEqual(await run([first, second]), ['0002_b.sql']);
  }));

test('a migration that was edited after it was applied is refused', () =>
  onEmpty(async (run) => {
    await run([first]);
    await assert.rejects(run([{ ...first, checksum: 'other' }]), (error) => {
      assert.ok(error instanceof MigrationError);
      return /0001_a\.sql is not the one that was applied/.test(error.message);
    });
  }));

test('a database that a newer Purser has used is refused', () =>
  onEmpty(async (run) => {
    await run([first, second]);
    await assert.rejects(run([first]), (error) => {
      assert.ok(error instanceof MigrationError);
      return /0002_b\.sql, which this Purser does not know/.test(error.message);
    });
  }));
