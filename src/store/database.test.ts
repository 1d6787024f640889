import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { type FreshDatabase, freshDatabase } from '../../test/harness.ts';
import { CommitInDoubtError, type Database, inTransaction, openDatabase } from './database.ts';

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

test('a commit whose answer is lost is in doubt, one that the server refuses is not', async () => {
  const { pool } = database;
  await pool.query(`CREATE TABLE late (id integer UNIQUE DEFERRABLE INITIALLY DEFERRED)`);
  await assert.rejects(
    inTransaction(database, (tx) => tx.query('INSERT INTO late VALUES (1), (1)')),
    (error: { code?: unknown }) => error.code === '23505',
  );
  const losing = {
    async connect() {
      const client = await pool.connect();
      const query = client.query.bind(client);
      const lose = async (text: string) => {
        const answer = await query(text);
        if (text === 'COMMIT') throw new Error('Connection terminated unexpectedly');
        return answer;
      };
      return Object.assign(Object.create(client), {
        query: (text: string) => lose(text),
        release: (error?: Error) => client.release(error),
      });
    },
  } as unknown as Database['pool'];
  await assert.rejects(
    inTransaction({ pool: losing }, (tx) => tx.query('INSERT INTO late VALUES (2)')),
    CommitInDoubtError,
  );
  assert.equal((await pool.query('SELECT FROM late')).rows.length, 1, 'it has happened');
  await assert.rejects(
    inTransaction({ pool: losing }, (tx) => tx.query('SELECT FROM late'), 'snapshot'),
    /terminated/,
  );
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
