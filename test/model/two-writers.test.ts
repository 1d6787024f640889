import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Command } from '../../src/ledger/command.ts';
import { type Finding, verifyLedgers } from '../../src/operations/verify-ledger.ts';
import type { Database } from '../../src/store/database.ts';
import { openIdCipher } from '../../src/store/installation.ts';
import { startWriter, type Writer } from '../../src/writer/writer.ts';
import { type FreshDatabase, freshDatabase, openTestDatabase, testLog } from '../harness.ts';
import { readOptions } from './options.ts';

const { seed, seconds } = readOptions(4);
const ACCOUNTS = 20;
const CALLERS = 24;
const CREDIT = 1_000_000n;

interface OpenHold {
  readonly hold: number;
  readonly attempt: number;
  readonly holdId: string;
}

/** A small repeatable source of chance; what two writers make of it is not repeatable anyway. */
function chanceFrom(start: number): (below: number) => number {
  let state = (start % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

// A mistake once made: accounts were locked and their lots read in one statement, so that a batch which had
// waited for the lock saw the lots from before the wait. The sum over all accounts did not show it.
describe('two writers on one database', () => {
  let fresh: FreshDatabase;
  let databases: Database[];
  let writers: Writer[];

  before(async () => {
    fresh = await freshDatabase();
    databases = [openTestDatabase(fresh), openTestDatabase(fresh)];
    const open = async (database: Database) =>
      startWriter({ database, ids: await openIdCipher(database), log: testLog });
    writers = await Promise.all(databases.map(open));
    await first(databases).pool.query(`
      INSERT INTO organisations (slug, name, currency) VALUES ('one', 'One', 'CZK');
      INSERT INTO ledgers (organisation_id, kind) SELECT organisation_id, 'live' FROM organisations;
      INSERT INTO customers (ledger_id, cu_ref_no, email)
        SELECT ledger_id, lpad(n::text, 16, '0'), 'customer' || n || '@example.com'
        FROM ledgers, generate_series(1, ${ACCOUNTS}) AS n;
      INSERT INTO accounts (account_id, ledger_id) SELECT account_id, ledger_id FROM customers;`);
  });

  after(async () => {
    await Promise.all(writers.map((writer) => writer.stop()));
    await Promise.all(databases.map((database) => database.close()));
    await fresh.drop();
  });

  it(`never let a spend work with lots that the other has changed (--seed ${seed})`, async () => {
    const database = first(databases);
    const { rows } = await database.pool.query<{ accountId: string }>(
      'SELECT account_id AS "accountId" FROM accounts',
    );
    const accountIds = rows.map(({ accountId }) => Number(accountId));
    const ledgerId = Number((await database.pool.query('SELECT ledger_id AS id FROM ledgers')).rows[0]?.id);
    const ids = await openIdCipher(database);
    const holds = new Map<number, OpenHold>();
    const endsAt = performance.now() + seconds * 1000;
    const statuses = new Map<number, number>();
    const balances = new Map(accountIds.map((accountId) => [accountId, [] as number[]]));
    const call = async (chance: (below: number) => number) => {
      while (performance.now() < endsAt) {
        const accountId = accountIds[chance(ACCOUNTS)] ?? 0;
        const writer = writers[chance(2)];
        assert(writer);
        const open = holds.get(accountId);
        const command = commandOf(chance, open);
        const common = { accountId, ledgerId, author: 'cli', requestId: 'two-writers' };
        const submission = { ...common, command, holdId: 'hold' in command ? open?.holdId : undefined };
        const { status, body } = await writer.submit(submission);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status !== 200) continue;
        const { holdId = '', ...members } = JSON.parse(body) as Record<string, number> & { holdId?: string };
        if (command.kind === 'hold') {
          const { seq: hold, attempt } = ids.decode(holdId) ?? { seq: 0, attempt: 0 };
          holds.set(accountId, { hold, attempt, holdId });
        }
        const { oldCreditBalance, newCreditBalance } = members;
        balances.get(accountId)?.push(Math.round(((newCreditBalance ?? 0) - (oldCreditBalance ?? 0)) * 1e6));
      }
    };
    const findings: Finding[] = [];
    const verify = () =>
      verifyLedgers(
        { database },
        { onFinding: (finding) => findings.length < 100 && findings.push(finding) },
      );
    const verifyMeanwhile = async () => {
      while (performance.now() < endsAt) await verify();
    };
    const callers = Array.from({ length: CALLERS }, (_, caller) => call(chanceFrom(seed + caller)));
    await Promise.all([...callers, verifyMeanwhile()]);
    assert((statuses.get(200) ?? 0) > 100 && (statuses.get(402) ?? 0) > 10, JSON.stringify([...statuses]));
    await verify();
    // A few say it; a broken ledger has hundreds of thousands, and comparing those takes all memory.
    assert.deepEqual(findings.slice(0, 5), [], 'neither afterwards nor while they wrote');
    await compareSums(database, balances);
  });
});

function first(databases: readonly Database[]): Database {
  const [database] = databases;
  assert(database);
  return database;
}

/**
 * Grants so small that a spend often empties one and goes on with the next; some expire within moments, as do holds
 * that nobody captures.
 */
function commandOf(chance: (below: number) => number, opened: OpenHold | undefined): Command {
  const open = opened && { hold: opened.hold, attempt: opened.attempt };
  const amount = CREDIT * BigInt(1 + chance(9));
  const kind = chance(10);
  if (kind === 0) return { kind: 'hold', amount, expiresInMs: 50 + chance(500) };
  if (kind === 1 && open) return { kind: 'capture', ...open, amount, final: chance(2) === 0 };
  if (kind === 2 && open && chance(3) === 0) return { kind: 'release', ...open };
  if (chance(5) > 1) return { kind: 'spend', amount };
  const expiresAtMs = chance(3) === 0 ? Date.now() + 50 + chance(500) : null;
  return { kind: 'grant', amount: amount + CREDIT, money: amount, priority: chance(3), expiresAtMs };
}

/** What was answered is what each account has, what expired taken away. */
async function compareSums(
  database: Database,
  balances: ReadonlyMap<number, readonly number[]>,
): Promise<void> {
  const { rows } = await database.pool.query<{ accountId: string; sum: string }>(
    `SELECT account_id AS "accountId", sum(amount) AS sum FROM entries WHERE kind <> 'expiry' GROUP BY 1`,
  );
  for (const { accountId, sum } of rows) {
    const answered = balances.get(Number(accountId))?.reduce((total, each) => total + each, 0);
    assert.equal(Number(sum), answered, `account ${accountId}`);
  }
}
