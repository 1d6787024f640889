import assert from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { freshDatabase, openTestDatabase } from '../../test/harness.ts';
import { readAnsweredKeys } from './answered-keys.ts';
import type { Database } from './database.ts';
import { readMonthUses } from './month-use.ts';

const LONG = 20_000;
const HOT = 1;

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let database: Database;
let lane: pg.Client;

/** One account with a long history, an entry a second, amid many with a short one. */
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
  lane = await database.connectLane('test', 500);
  await lane.query(`
    INSERT INTO accounts (account_id, ledger_id, last_seq)
    SELECT i, 1, CASE WHEN i = ${HOT} THEN ${LONG} ELSE 10 END FROM generate_series(1, 3000) AS i`);
  await lane.query(`
    INSERT INTO entries (account_id, seq, version, attempt, at_ms, kind, amount, amount_money, balance, balance_money,
      held, debt_limit, slices, author, key_hash, request_hash, undoes, refundable)
    SELECT a.account_id, i, i, 1, i * 1000, k.kind, CASE WHEN k.kind = 'refund' THEN 3 ELSE -10 END, 0, 0, 0, 0, 0, '[]',
      'cli', gen_random_uuid(), gen_random_uuid(), CASE WHEN k.kind = 'refund' THEN i - 1 END,
      CASE WHEN k.kind = 'refund' THEN 0 END
    FROM accounts a CROSS JOIN LATERAL generate_series(1, a.last_seq) AS i
    CROSS JOIN LATERAL (SELECT CASE WHEN i % 2 = 0 THEN 'refund' ELSE 'spend' END) AS k (kind)`);
  await lane.query('ANALYZE');
});
after(async () => {
  await lane.end();
  await database.close();
  await fresh.drop();
});

/** @returns how many entries `look` fetched. */
async function fetched(look: () => Promise<void>): Promise<number> {
  const count = async () => {
    const { rows } = await lane.query<{ fetched: string }>(
      `SELECT seq_tup_read + idx_tup_fetch AS fetched FROM pg_stat_xact_user_tables WHERE relname = 'entries'`,
    );
    return Number(rows[0]?.fetched);
  };
  await lane.query('BEGIN');
  const before = await count();
  await look();
  const after = await count();
  await lane.query('COMMIT');
  return after - before;
}

test('a key is looked up as itself, however much its account has done', async () => {
  const { rows } = await lane.query<{ keyHash: string }>(
    `SELECT key_hash AS "keyHash" FROM entries WHERE account_id = ${HOT} AND seq = 7`,
  );
  const keyHash = rows[0]?.keyHash ?? '';
  const cost = await fetched(async () => {
    const found = await readAnsweredKeys(lane, [HOT, HOT, 2], [keyHash, randomUUID(), keyHash]);
    assert.deepStrictEqual(
      found.map(({ accountId, entry }) => [accountId, entry?.seq]),
      [[HOT, 7]],
    );
  });
  assert.ok(cost < 10, `${cost} entries were fetched`);
});

test('the use of a month is counted from where the month begins, refunds of earlier spends left out', async () => {
  // Entry 19901 is the month's first: 50 spends, and 50 refunds of them. One entry later, its refund is of another month.
  const first = LONG - 99;
  const cost = await fetched(async () => {
    const asked = [
      { accountId: HOT, fromMs: first * 1000 },
      { accountId: 2, fromMs: 0 },
    ];
    const uses = await readMonthUses(lane, asked);
    assert.deepStrictEqual(
      new Map(uses.map(({ accountId, use }) => [accountId, use])),
      new Map([
        [HOT, 50n * 7n],
        [2, 5n * 7n],
      ]),
    );
  });
  assert.ok(cost < 300, `${cost} entries were fetched`);
  const [later] = await readMonthUses(lane, [{ accountId: HOT, fromMs: first * 1000 + 1 }]);
  assert.strictEqual(later?.use, 49n * 7n);
  const [none] = await readMonthUses(lane, [{ accountId: HOT, fromMs: (LONG + 1) * 1000 }]);
  assert.strictEqual(none?.use, 0n);
});
