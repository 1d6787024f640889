import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FreshDatabase, freshDatabase, openTestDatabase, testLog } from '../../test/harness.ts';
import { hashSecret } from '../ids.ts';
import { type Database, inTransaction } from './database.ts';
import { noteSessionUse } from './session-use.ts';
import { insertSession, readSession } from './sessions.ts';

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

async function makeSession(identity: string, lastUsed: string, change = ''): Promise<number> {
  const session = { identityHash: hashSecret(identity), accountId: 1, ledgerId: 1, createdFrom: undefined };
  const sessionId = await inTransaction(database, (tx) => insertSession(tx, session));
  await database.pool.query(
    `UPDATE sessions SET last_used_at = now() - $2::interval ${change} WHERE session_id = $1`,
    [sessionId, lastUsed],
  );
  return sessionId;
}

async function note(identity: string, sessionId: number, remembered?: number): Promise<number> {
  const before = await readSession(database.pool, hashSecret(identity));
  assert.ok(before);
  noteSessionUse({ database, log: testLog }, sessionId, remembered ?? before.lastUsedAt);
  await sleep(1_250);
  const afterwards = await readSession(database.pool, hashSecret(identity));
  return (afterwards?.lastUsedAt ?? 0) - before.lastUsedAt;
}

test('a use more than a day after the last moves the end of the session, a use before that does not', async () => {
  const old = await makeSession('old', '2 days', ", expires_at = now() + interval '1 day'");
  const recent = await makeSession('recent', '23 hours');
  const [oldMoved, recentMoved] = await Promise.all([note('old', old), note('recent', recent)]);
  assert.ok(oldMoved > 0);
  assert.equal(recentMoved, 0);
  const { rows } = await database.pool.query(
    `SELECT expires_at > now() + interval '2 months' AS moved FROM sessions WHERE session_id = $1`,
    [old],
  );
  assert.deepEqual(rows, [{ moved: true }]);
});

test('a caller that remembers an old use moves nothing when the row knows a newer one', async () => {
  const sessionId = await makeSession('remembered', '23 hours');
  assert.equal(await note('remembered', sessionId, 0), 0);
});

test('a session that has ended or expired is not brought back to life', async () => {
  const ended = await makeSession('ended', '2 days', ', ended_at = now()');
  const expired = await makeSession('expired', '2 days', ', expires_at = now()');
  const moved = await Promise.all([note('ended', ended), note('expired', expired)]);
  assert.deepEqual(moved, [0, 0]);
});

test('many uses at once are one statement', async () => {
  const sessionId = await makeSession('many', '2 days');
  let statements = 0;
  const query = (text: string, values: unknown[]) => {
    statements += 1;
    return database.pool.query(text, values);
  };
  const counted = { pool: { query } } as unknown as Pick<Database, 'pool'>;
  for (let i = 0; i < 1_000; i++) noteSessionUse({ database: counted, log: testLog }, sessionId, 0);
  await sleep(1_250);
  noteSessionUse({ database: counted, log: testLog }, sessionId, 0);
  await sleep(1_250);
  assert.equal(statements, 1);
});
