import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FreshDatabase, freshDatabase, openTestDatabase } from '../../test/harness.ts';
import { healthyAccount, type Rows, storeAccount } from '../../test/healthy-account.ts';
import type { Invariant } from '../ledger/audit-words.ts';
import type { Database } from '../store/database.ts';
import { type Finding, type Verification, verifyLedgers } from './verify-ledger.ts';

// $1 is the account. Each statement spoils one thing that reading alone can get wrong; the clauses of the
// invariants themselves are spoiled one by one beside the audit.
const FAULTS: readonly [Invariant, string, string][] = [
  ['I1', 'an entry was deleted', 'DELETE FROM entries WHERE account_id = $1 AND seq = 4'],
  ['I1', 'the last entry was deleted', 'DELETE FROM entries WHERE account_id = $1 AND seq = 10'],
  ['I1', 'all entries were deleted', 'DELETE FROM entries WHERE account_id = $1'],
  ['I1', 'a change was deleted', 'DELETE FROM account_changes WHERE account_id = $1 AND version = 8'],
  ['I1', 'a balance was changed', 'UPDATE accounts SET balance = balance + 1 WHERE account_id = $1'],
  ['I1', 'a ban was set by hand', 'UPDATE accounts SET banned = true WHERE account_id = $1'],
  ['I2', 'a lot was deleted', 'DELETE FROM lots WHERE account_id = $1 AND lot = 3'],
  ['I2', 'a lot was refilled', 'UPDATE lots SET remaining = 74 WHERE account_id = $1 AND lot = 3'],
  ['I2', 'a lot has more money', 'UPDATE lots SET remaining_money = 8 WHERE account_id = $1 AND lot = 3'],
  ['I2', 'the cursor has more', 'UPDATE accounts SET cursor_remaining = 36 WHERE account_id = $1'],
  ['I2', 'the cursor has more money', 'UPDATE accounts SET cursor_money = 1 WHERE account_id = $1'],
  ['I9', 'the cursor is held', 'UPDATE accounts SET cursor_held = 1 WHERE account_id = $1'],
  ['I2', 'the cursor expires', 'UPDATE accounts SET cursor_expires_at_ms = 1 WHERE account_id = $1'],
  ['I2', 'the cursor burns later', 'UPDATE accounts SET cursor_priority = 51 WHERE account_id = $1'],
  ['I2', 'the next expiry is lost', 'UPDATE accounts SET next_due_ms = NULL WHERE account_id = $1'],
  ['I2', 'an expiry is told of another', 'UPDATE lots SET written_off = 1 WHERE account_id = $1 AND lot = 2'],
  ['I3', 'a debt is open again', 'UPDATE debts SET open = 1 WHERE account_id = $1 AND seq = 5'],
  ['I3', 'a debt was deleted', 'DELETE FROM debts WHERE account_id = $1 AND seq = 5'],
  ['I3', 'the account owes something', 'UPDATE accounts SET debt = 1 WHERE account_id = $1'],
  ['I4', 'an amount was changed', 'UPDATE entries SET amount = -61 WHERE account_id = $1 AND seq = 3'],
  ['I4', 'slices were blanked', `UPDATE entries SET slices = '[]' WHERE account_id = $1 AND seq = 3`],
  ['I4', 'slices are null', `UPDATE entries SET slices = 'null' WHERE account_id = $1 AND seq = 3`],
  [
    'I5',
    'two entries have one key',
    `UPDATE entries SET key_hash = '00000000-0000-0000-0000-000000000001',
       request_hash = '00000000-0000-0000-0000-000000000002' WHERE account_id = $1 AND seq IN (1, 2)`,
  ],
  [
    'I5',
    'a refused key has an entry',
    `WITH keyed AS (UPDATE entries SET key_hash = '00000000-0000-0000-0000-000000000001',
       request_hash = '00000000-0000-0000-0000-000000000002' WHERE account_id = $1 AND seq = 1 RETURNING *)
     INSERT INTO refused_requests SELECT account_id, key_hash, request_hash, 402, '{}', now() FROM keyed`,
  ],
  ['I6', 'a lot burns earlier', 'UPDATE lots SET priority = 0 WHERE account_id = $1 AND lot = 1'],
  ['I6', 'a lot fell due earlier', 'UPDATE lots SET expires_at_ms = 6200 WHERE account_id = $1 AND lot = 4'],
  ['I7', 'the customer moved', 'UPDATE customers SET ledger_id = 1 WHERE account_id = $1'],
  ['I7', 'the account moved', 'UPDATE accounts SET ledger_id = 1 WHERE account_id = $1'],
  ['I7', 'a session moved', 'UPDATE sessions SET ledger_id = 1 WHERE account_id = $1'],
  ['I7', 'the customer was deleted', 'DELETE FROM customers WHERE account_id = $1'],
  ['I7', 'the ledger is not there', 'UPDATE accounts SET ledger_id = 999 WHERE account_id = $1'],
  [
    'I7',
    'another ledger brought the customer',
    'UPDATE customers SET referral_account_id = 99 WHERE account_id = $1',
  ],
  [
    'I7',
    'a key of another ledger wrote an entry',
    `UPDATE entries SET author = 'key:1' WHERE account_id = $1 AND seq = 3`,
  ],
  ['I8', 'a debt limit was lowered', 'UPDATE entries SET debt_limit = 0 WHERE account_id = $1 AND seq = 5'],
  ['I9', 'something is held', 'UPDATE accounts SET held = 1 WHERE account_id = $1'],
  ['I11', 'an entry is dated back', 'UPDATE entries SET at_ms = 1 WHERE account_id = $1 AND seq = 6'],
  ['I1', 'the account was deleted', 'DELETE FROM accounts WHERE account_id = $1'],
];

describe('purser verify', () => {
  let fresh: FreshDatabase;
  let database: Database;

  before(async () => {
    fresh = await freshDatabase();
    database = openTestDatabase(fresh);
    await database.pool.query(`
      INSERT INTO organisations (slug, name, currency) VALUES ('one', 'One', 'CZK'), ('two', 'Two', 'CZK');
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

  async function store(accountId: number, ledgerId: number, change?: (rows: Rows) => void): Promise<void> {
    const rows = healthyAccount();
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

  for (const [index, [invariant, fault, statement]] of FAULTS.entries()) {
    it(`names ${invariant} and the customer when ${fault}`, async () => {
      const accountId = 1000 + index;
      await store(accountId, 2);
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

  it('finds the same when it looks at all accounts', async () => {
    const { found } = await verify();
    const accounts = new Set(found.map((finding) => finding.accountId));
    for (const index of FAULTS.keys()) assert(accounts.has(1000 + index), `missed ${FAULTS[index]?.[1]}`);
    for (const healthy of [99, 100, 101]) assert(!accounts.has(healthy));
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
     WHERE contype = 'c' AND conrelid::regclass::text = ANY('{accounts,lots,debts,entries}')`,
  );
  for (const { table, constraint } of rows) {
    await pool.query(`ALTER TABLE ${table} DROP CONSTRAINT ${constraint}`);
  }
  await pool.query('DROP INDEX entries_by_key');
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
       LATERAL (SELECT CASE seq WHEN 1 THEN $3::bigint ELSE -1 END AS change)`,
    [accountId, spends, amount],
  );
}
