import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FreshDatabase, freshDatabase, openTestDatabase } from '../../test/harness.ts';
import type { Database } from './database.ts';
import { findPosition, readStateAt } from './instant-rows.ts';

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

interface Step {
  readonly version: number;
  readonly atMs: number;
  /** undefined: a change that is no entry. */
  readonly seq: number | undefined;
}

async function store(accountId: number, steps: readonly Step[]): Promise<void> {
  const { pool } = database;
  const lastSeq = steps.reduce((last, { seq }) => seq ?? last, 0);
  await pool.query(
    'INSERT INTO accounts (account_id, ledger_id, version, last_seq) VALUES ($1, 1, $2, $3::integer)',
    [accountId, steps.length, lastSeq],
  );
  for (const { version, atMs, seq } of steps) {
    if (seq === undefined) {
      await pool.query(
        `INSERT INTO account_changes (account_id, version, at_ms, kind, debt_limit, held, author)
         VALUES ($1, $2::bigint, $3, 'debt-limit', $2::bigint, $2::bigint * 2, 'cli')`,
        [accountId, version, atMs],
      );
    } else {
      await pool.query(
        `INSERT INTO entries (account_id, seq, version, attempt, at_ms, kind, amount, amount_money, balance,
           balance_money, held, debt_limit, slices, author)
         VALUES ($1, $2, $3::bigint, 0, $4, 'grant', 1, 1, $3::bigint * 3, $3::bigint * 4, $3::bigint * 2, $3::bigint,
           '[]', 'cli')`,
        [accountId, seq, version, atMs],
      );
    }
  }
}

test('the place of any instant, and what was true then, is what a look at every row finds', async (t) => {
  let seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * limit);
  };
  for (let accountId = 1; accountId <= 12; accountId++) {
    const steps: Step[] = [];
    const length = below(25);
    const changesOften = below(4);
    let [atMs, seq] = [10, 0];
    for (let version = 1; version <= length; version++) {
      atMs += below(3);
      steps.push({ version, atMs, seq: below(4) < changesOften ? undefined : ++seq });
    }
    await store(accountId, steps);
    for (let at = 8; at <= atMs + 2; at++) {
      const position = await findPosition(database.pool, accountId, at);
      const past = steps.filter((step) => step.atMs <= at);
      const last = past.at(-1);
      const lastEntry = past.findLast((step) => step.seq !== undefined);
      assert.equal(position.seq, lastEntry?.seq ?? 0, `account ${accountId} at ${at}`);
      const figure = (value: number | undefined) => BigInt(value ?? 0);
      assert.deepEqual(await readStateAt(database.pool, accountId, position), {
        balance: figure(lastEntry?.version) * 3n,
        balanceMoney: figure(lastEntry?.version) * 4n,
        held: figure(last?.version) * 2n,
        debtLimit: figure(last?.version),
      });
      for (const step of steps) {
        if (step.seq === undefined) assert.equal(step.version <= position.changeVersion, step.atMs <= at);
      }
    }
  }
});
