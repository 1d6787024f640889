import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { type FreshDatabase, freshDatabase } from '../../test/harness.ts';
import { type Database, inTransaction, openDatabase } from './database.ts';

let fresh: FreshDatabase;
let database: Database;
const logged: string[] = [];

before(async () => {
  fresh = await freshDatabase();
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  database = openDatabase(fresh.address, 3, log);
});
after(async () => {
  await database.close();
  await fresh.drop();
});

/** Ends a connection as an operator or a crash of the server would. */
async function end(pid: number): Promise<void> {
  await database.pool.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
}

test('a connection that breaks in the middle of a transaction fails that transaction and nothing else', async () => {
  await assert.rejects(
    inTransaction(database, async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await end(rows[0]?.pid ?? 0);
      await tx.query('SELECT 1');
    }),
  );
  await assert.rejects(
    inTransaction(database, async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      setTimeout(() => void end(rows[0]?.pid ?? 0), 100);
      await tx.query('SELECT pg_sleep(5)');
    }),
  );
  const { rows } = await inTransaction(database, (tx) => tx.query<{ one: number }>('SELECT 1 AS one'));
  assert.equal(rows[0]?.one, 1);
});

test('of an idle connection that breaks the log says why, and nothing of the connection', async () => {
  const { rows } = await database.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const other = openDatabase(fresh.address, 1, pino({ level: 'silent' }));
  await other.pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
  await other.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.match(logged.join(''), /an idle database connection was lost/);
  assert.doesNotMatch(logged.join(''), /connectionParameters/);
});
