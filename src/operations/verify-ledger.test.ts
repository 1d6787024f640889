import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FreshDatabase, freshDatabase, openTestDatabase } from '../../test/harness.ts';
import { healthyAccount, type Rows, storeAccount } from '../../test/healthy-account.ts';
import { healthyHolds } from '../../test/healthy-holds.ts';
import { FAULTS, HOLD_FAULTS } from '../../test/stored-faults.ts';
import type { Database } from '../store/database.ts';
import { type Finding, type Verification, verifyLedgers } from './verify-ledger.ts';

describe('purser verify', () => {
  let fresh: FreshDatabase;
  let database: Database;

  before(async () => {
    fresh = await freshDatabase();
    database = openTestDatabase(fresh);
    await database.pool.query(`
      INSERT INTO organisations (slug, name, currency, time_zone)
        VALUES ('one', 'One', 'CZK', 'Europe/Prague'), ('two', 'Two', 'CZK', 'UTC');
      INSERT INTO ledgers (organisation_id, kind)
        SELECT organisation_id, kind FROM organisations, unnest('{live,sandbox}'::text[]) AS kind
        ORDER BY organisation_id, kind;
      INSERT INTO api_keys (key_hash, kind, organisation_id, first_characters, last_characters, expires_at, revision)
        SELECT sha256(kind::bytea), kind, organisation, 'PROD', '0000', now() + interval '1 day', 0
        FROM (VALUES ('PROD', 1), ('DEV', 1), ('ROOT', NULL)) AS k (kind, organisation);`);
    await dropConstraints(database);
    await store(99, 1);
  });

  after(async () => {
    await database.close();
    await fresh.drop();
  });

  async function store(
    accountId: number,
    ledgerId: number,
    change?: (rows: Rows) => void,
    rows = healthyAccount(),
  ): Promise<void> {
    Object.assign(rows.account, { accountId, ledgerId });
    change?.(rows);
    await storeAccount(database.pool, rows);
  }

  async function verify(accountId?: number): Promise<Verification & { found: Finding[] }> {
    const found: Finding[] = [];
    const onFinding = (finding: Finding) => found.push(finding);
    const verification = await verifyLedgers({ database }, { onFinding, accountId });
    return { ...verification, found };
  }

  it('finds nothing in a healthy database, and tells what is due without calling it a fault', async () => {
    await store(100, 2, (rows) => {
      for (const entry of rows.entries) entry.author = 'key:2';
    });
    await store(101, 2, (rows) => {
      for (const entry of rows.entries) entry.author = 'key:3';
    });
    const verification = await verify();
    assert.deepEqual(verification.found, []);
    assert.equal(verification.findings, 0);
    assert.equal(verification.accounts, 3);
    assert.equal(verification.entries, 30);
    assert.deepEqual(verification.due, { count: 3, oldest: new Date(9000).toISOString() });
  });

  it('finds nothing in an account with holds, refunds, voids and limits, and tells what of it is due', async () => {
    await store(200, 2, undefined, healthyHolds());
    const { found, due } = await verify(200);
    assert.deepEqual(found, []);
    // Two holds and the free credit of a lot.
    assert.deepEqual(due, { count: 3, oldest: new Date(13 * 86_400_000).toISOString() });
  });

  it("tells what is due by the ledger's own time", async () => {
    const inAnHour = Date.now() + 3_600_000;
    const expireSoon = (rows: Rows) => {
      const [, , , lot] = rows.lots;
      assert(lot && rows.account.cursor);
      lot.expiresAtMs = inAnHour;
      rows.account.nextDueMs = inAnHour;
      rows.account.cursor = { ...rows.account.cursor, expiresAtMs: inAnHour };
    };
    await store(201, 1, expireSoon);
    await store(202, 4, expireSoon);
    await database.pool.query('UPDATE ledgers SET clock_offset_ms = 7200000 WHERE ledger_id = 4');
    const none = { accounts: 1, entries: 10, findings: 0, found: [], due: { count: 0 } };
    assert.deepEqual(await verify(201), none);
    assert.deepEqual(await verify(202), {
      ...none,
      due: { count: 1, oldest: new Date(inAnHour).toISOString() },
    });
  });

  const faults = [
    ...FAULTS.map((fault, index) => ({ fault, accountId: 1000 + index, healthy: healthyAccount })),
    ...HOLD_FAULTS.map((fault, index) => ({ fault, accountId: 2000 + index, healthy: healthyHolds })),
  ];
  for (const {
    accountId,
    healthy,
    fault: [invariant, fault, statement],
  } of faults) {
    it(`names ${invariant} and the customer when ${fault}`, async () => {
      await store(accountId, 2, undefined, healthy());
      assert.deepEqual((await verify(accountId)).found, [], 'healthy before');
      const { rowCount } = await database.pool.query(statement, [accountId]);
      assert(rowCount, 'the statement must spoil something');
      const { found, findings } = await verify(accountId);
      assert.equal(findings, found.length);
      const [named] = found.filter((finding) => finding.invariant === invariant);
      assert(named, `found only: ${found.map((finding) => finding.invariant).join(' ') || 'nothing'}`);
      assert.equal(named.accountId, accountId);
      const hasNames = !/was deleted|is not there|account moved/.test(fault);
      if (hasNames) assert.equal(named.ledger, 'one/sandbox');
      if (hasNames) assert.equal(named.cuRefNo, String(accountId).padStart(16, '0'));
    });
  }

  it('names rows whose account is not there', async () => {
    await database.pool.query(`
      INSERT INTO holds (account_id, hold, attempt, created_at_ms, expires_at_ms, reserved, unpinned, pins)
        VALUES (7001, 1, 0, 1, 2, 1, 1, '[]');
      INSERT INTO account_limits (account_id, month_from_ms, month_to_ms, month_used) VALUES (7002, 0, 1, 0);
      INSERT INTO events (account_id, ledger_id, kind, at_ms, details) VALUES (7003, 1, 'debt-begun', 0, '{}');`);
    for (const accountId of [7001, 7002, 7003]) {
      const { found } = await verify(accountId);
      assert.deepEqual(
        found.map((finding) => [finding.invariant, finding.accountId]),
        [['I1', accountId]],
      );
    }
  });

  it('finds the same when it looks at all accounts', async () => {
    const { found } = await verify();
    const accounts = new Set(found.map((finding) => finding.accountId));
    for (const { fault, accountId } of faults) assert(accounts.has(accountId), `missed ${fault[1]}`);
    for (const healthy of [99, 100, 101, 200, 201, 202]) assert(!accounts.has(healthy));
  });

  it('reads a history longer than a page to its end', async () => {
    const accountId = 5000;
    await storeLongHistory(database, accountId, 12_000);
    const whole = await verify(accountId);
    assert.deepEqual(whole.found, []);
    assert.equal(whole.entries, 12_001);
    await database.pool.query('UPDATE entries SET balance = 0 WHERE account_id = $1 AND seq = 11999', [
      accountId,
    ]);
    assert.deepEqual(
      (await verify(accountId)).found.map((finding) => finding.invariant),
      ['I1', 'I1'],
    );
  });
});

/** The database itself refuses some of what is to be found, as long as it keeps its constraints. */
async function dropConstraints({ pool }: Database): Promise<void> {
  const { rows } = await pool.query<{ table: string; constraint: string }>(
    `SELECT conrelid::regclass AS table, conname AS constraint FROM pg_constraint
     WHERE contype = 'c' AND conrelid::regclass::text = ANY('{accounts,lots,debts,entries,account_changes,holds,account_limits}')`,
  );
  for (const { table, constraint } of rows) {
    await pool.query(`ALTER TABLE ${table} DROP CONSTRAINT ${constraint}`);
  }
  await pool.query('DROP INDEX entries_by_key, account_changes_by_key');
  await pool.query('ALTER TABLE customers DROP CONSTRAINT customers_ledger_id_fkey');
}

/** One grant and `spends` spends of a credit each. */
async function storeLongHistory({ pool }: Database, accountId: number, spends: number): Promise<void> {
  const rows = healthyAccount();
  const amount = 20_000n;
  const remaining = amount - BigInt(spends);
  const lot = { lot: 1, openedBySeq: 1, amount, money: amount, priority: 50, expiresAtMs: null, held: 0n };
  const written = { writtenOff: 0n, writtenOffAtMs: null };
  Object.assign(rows.account, {
    ...{ accountId, ledgerId: 2, version: spends + 1, lastSeq: spends + 1, lastAtMs: 1, lastLot: 1 },
    ...{ balance: remaining, balanceMoney: remaining, debtLimit: 0n, nextDueMs: null },
    cursor: { lot: 1, priority: 50, expiresAtMs: null, remaining, money: remaining, held: 0n },
  });
  const lots = [{ ...lot, ...written, remaining: amount, remainingMoney: amount }];
  await storeAccount(pool, { ...rows, lots, debts: [], entries: [], changes: [] });
  await pool.query(
    `INSERT INTO entries (account_id, seq, version, attempt, at_ms, kind, amount, amount_money, balance,
       balance_money, held, debt_limit, slices, author)
     SELECT $1, seq, seq, 0, 1, CASE seq WHEN 1 THEN 'grant' ELSE 'spend' END, change, change,
       $3::bigint + 1 - seq, $3::bigint + 1 - seq, 0, 0,
       jsonb_build_array(jsonb_build_object('lot', 1, 'amount', change, 'money', change)
         || CASE seq WHEN 1 THEN '{"opens":true}'::jsonb ELSE '{}' END), 'cli'
     FROM generate_series(1, $2::integer + 1) AS seq,
       LATERAL (SELECT CASE seq WHEN 1 THEN $3::bigint ELSE -1 END AS change) AS moved`,
    [accountId, spends, amount],
  );
}
