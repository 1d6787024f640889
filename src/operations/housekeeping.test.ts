import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
} from '../../test/harness.ts';
import { hashSecret } from '../ids.ts';
import type { OpenServices } from '../open-services.ts';
import { deleteOldSessions } from '../store/sessions.ts';
import { forgetWhatIsOld } from './housekeeping.ts';

let fresh: FreshDatabase;
let open: OpenServices;
let accountId: number;
let ledgerId: number;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  const organisation = await makeOrganisation(open.services);
  ledgerId = organisation.sandbox;
  ({ accountId } = await makeCustomer(open.services, ledgerId));
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

const query = (text: string, values: unknown[] = []) => open.services.database.pool.query(text, values);

/** Adds a session; days are counted back from now, and those ahead are negative. */
function addSession(name: string, days: { created: number; expires: number; ended?: number }) {
  return query(
    `INSERT INTO sessions (identity_hash, account_id, ledger_id, created_at, expires_at, ended_at)
     VALUES ($1, $2, $3, now() - $4 * interval '1 day', now() - $5 * interval '1 day',
       now() - $6 * interval '1 day')`,
    [hashSecret(name), accountId, ledgerId, days.created, days.expires, days.ended ?? null],
  );
}

async function sessionsLeft(names: readonly string[]): Promise<string[]> {
  const { rows } = await query('SELECT identity_hash AS hash FROM sessions');
  const hashes = new Set(rows.map(({ hash }) => Buffer.from(hash).toString('hex')));
  return names.filter((name) => hashes.has(hashSecret(name).toString('hex')));
}

test('a session is forgotten 36 days after it ended or expired, whichever came first, and not before', async () => {
  const kept = {
    living: { created: 100, expires: -10 },
    new: { created: 0, expires: -90 },
    'ended lately': { created: 60, expires: -30, ended: 35.9 },
    'expired lately': { created: 200, expires: 35.9 },
  };
  const old = {
    'ended long ago': { created: 37, expires: -50, ended: 36.1 },
    'expired long ago': { created: 127, expires: 36.1 },
    'ended after it had expired': { created: 200, expires: 40, ended: 1 },
  };
  for (const [name, days] of Object.entries({ ...kept, ...old })) await addSession(name, days);
  const names = [...Object.keys(kept), ...Object.keys(old)];
  await forgetWhatIsOld(open.services);
  assert.deepEqual(await sessionsLeft(names), Object.keys(kept));
});

test('many old sessions are forgotten a part at a time', async () => {
  for (let i = 0; i < 5; i++) await addSession(`old ${i}`, { created: 90, expires: 50 });
  const { pool } = open.services.database;
  assert.deepEqual([await deleteOldSessions(pool, 36, 3), await deleteOldSessions(pool, 36, 3)], [3, 2]);
});

test('links and attempts that nothing hangs on any more are forgotten, the others are not', async () => {
  const add = async (name: string, expiredDays: number) => {
    const values = [hashSecret(name), accountId, expiredDays];
    await query(
      `INSERT INTO registrations (token_hash, account_id, password_hash, profile, expires_at)
       VALUES ($1, $2, '$argon2id$x', '{}', now() - $3 * interval '1 day')`,
      values,
    );
    await query(
      `INSERT INTO password_resets (token_hash, account_id, expires_at)
       VALUES ($1, $2, now() - $3 * interval '1 day')`,
      values,
    );
    await query(
      `INSERT INTO attempts (subject, count, last_at) VALUES ($1, 9, now() - $2 * interval '1 day')`,
      [name, expiredDays],
    );
  };
  await add('waiting', -1);
  await add('old', 8);
  await forgetWhatIsOld(open.services);
  for (const [table, column] of [
    ['registrations', 'token_hash'],
    ['password_resets', 'token_hash'],
  ] as const) {
    const { rows } = await query(`SELECT ${column} AS hash FROM ${table}`);
    assert.deepEqual(
      rows.map(({ hash }) => Buffer.from(hash).equals(hashSecret('waiting'))),
      [true],
      table,
    );
  }
  assert.deepEqual((await query('SELECT subject FROM attempts')).rows, [{ subject: 'waiting' }]);
});

test('a table that cannot be tidied keeps nothing else from being forgotten', async () => {
  const { pool } = open.services.database;
  const picky = (given: string | { text: string }, ...more: unknown[]) => {
    const text = typeof given === 'string' ? given : given.text;
    if (text.includes('refused_requests')) return Promise.reject(new Error('it takes too long'));
    return Reflect.apply(pool.query, pool, [given, ...more]);
  };
  await query(
    `INSERT INTO attempts (subject, count, last_at) VALUES ('older', 1, now() - interval '2 days')`,
  );
  const database = { ...open.services.database, pool: { query: picky } as unknown as typeof pool };
  await assert.rejects(forgetWhatIsOld({ database }), /too long/);
  assert.deepEqual((await query(`SELECT FROM attempts WHERE subject = 'older'`)).rows, []);
});
