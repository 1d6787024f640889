import assert from 'node:assert';
import { after, before, mock, test } from 'node:test';
import type pg from 'pg';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';

const TABLES = new Set([
  ...['accounts', 'account_limits', 'account_changes', 'lots', 'entries', 'debts', 'holds'],
  ...['refused_requests', 'order_requests'],
]);
/** Indexes over all that ever was; the others hold what is open, or what a key or an id of its own names. */
const WHOLE = new Set(['lots_pkey', 'entries_pkey', 'holds_pkey', 'debts_pkey', 'account_changes_pkey']);
const HOUR_MS = 60 * 60 * 1000;

let ledger: OneLedger;
const lanes: pg.Client[] = [];
/** Number of parameters by name: what the lane has prepared. */
let statements: ReadonlyMap<string, number>;

before(async () => {
  ledger = await openOneLedger();
  const { database } = ledger.services;
  const connect = database.connectLane;
  Object.assign(database, {
    async connectLane(...words: Parameters<typeof connect>) {
      const lane = await connect(...words);
      lanes.push(lane);
      return lane;
    },
  });
  await playEveryCommand();
  const { rows } = await lane().query<{ name: string; parameters: number }>(
    `SELECT name, cardinality(parameter_types) AS parameters FROM pg_prepared_statements WHERE name <> 'commit'`,
  );
  statements = new Map(rows.map(({ name, parameters }) => [name, parameters]));
});
after(() => ledger.close());

function lane(): pg.Client {
  const [first] = lanes;
  assert.ok(first, 'the writer has made its connection');
  return first;
}

async function playEveryCommand(): Promise<void> {
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 100, monthlyHardLimit: 1_000 });
  const granted = await ledger.grant(customer, 10, { expiresInMs: HOUR_MS });
  await ledger.grant(customer, 10, { expiresInMs: 2 * HOUR_MS });
  const spent = await ledger.spend(customer, 15, 'a key');
  await ledger.spend(customer, 1_000, 'another key');
  await ledger.refund(spent.transactionId, 5);
  const held = await ledger.hold(customer, 5, 60);
  await ledger.extend(held.holdId, { addAmount: 1 });
  await ledger.capture(held.holdId, 2, false);
  await ledger.release(held.holdId);
  const owing = await ledger.hold(customer, 20, 60);
  await ledger.capture(owing.holdId, 20);
  await ledger.voidGrant(granted.transactionId, true);
  await ledger.adjust(customer, -5);
  ledger.advance(3 * HOUR_MS);
  await ledger.spend(customer, 1);
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

interface Stray {
  readonly table: string;
  readonly index: string;
  readonly condition: string;
  /** Whether it reads rows of other accounts; otherwise it reads the whole history of its own. */
  readonly isForeign: boolean;
}

/** @returns the scans of money tables that are no look-up by account, or read the whole of its history. */
function strays(node: PlanNode): Stray[] {
  const {
    'Node Type': type,
    'Relation Name': table = '',
    'Index Name': index = '',
    'Index Cond': condition = '',
  } = node;
  const isForeign = !/\baccount_id = /.test(condition);
  const isWhole = WHOLE.has(index) && !/\b(seq|lot|hold|version) [=>]/.test(condition);
  const isStray = TABLES.has(table) && type.includes('Scan') && (isForeign || isWhole);
  return [
    ...(isStray ? [{ table, index, condition, isForeign }] : []),
    ...(node.Plans ?? []).flatMap(strays),
  ];
}

async function straysOf(name: string): Promise<Stray[]> {
  const count = statements.get(name) ?? 0;
  const nulls = count === 0 ? '' : `(${Array.from({ length: count }, () => 'NULL').join(', ')})`;
  // A lane asks for plans that suit any parameters, so these do.
  const { rows } = await lane().query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (FORMAT JSON) EXECUTE "${name}"${nulls}`,
  );
  const [{ Plan: plan }] = JSON.parse(rows[0]?.['QUERY PLAN'] ?? '[]') as [{ Plan: PlanNode }];
  return strays(plan);
}

async function assertByAccount(isMeant: (stray: Stray) => boolean = () => true): Promise<void> {
  await lane().query('DISCARD PLANS');
  for (const name of statements.keys()) {
    const found = await straysOf(name);
    assert.deepStrictEqual(found.filter(isMeant), [], `${name} reads more than it was asked for`);
  }
}

test('all that a lane reads and writes is known here', () => {
  const wanted = [
    ...[
      'lock-accounts',
      'read-moment',
      'read-answered-keys',
      'read-first-lots',
      'read-all-lots',
      'read-pinned-lots',
    ],
    ...['read-asked-holds', 'read-open-holds', 'read-open-debts', 'read-undoings', 'read-lots-of-undoings'],
    ...['update-accounts-burnt', 'update-accounts-held', 'update-accounts-all', 'insert-lots', 'update-lots'],
    ...['insert-holds', 'update-holds', 'write-debts', 'write-limits', 'insert-account-changes'],
    ...['insert-refused-requests', 'insert-entries-'],
  ];
  const known = [...statements.keys()];
  const missing = wanted.filter((name) => !known.some((each) => each.startsWith(name)));
  assert.deepStrictEqual(missing, [], `there are ${known.join(', ')}`);
});

// Of a history that is not there all indexes are as good.
test('whatever a lane reads or writes, it looks up by account while the tables are empty', () =>
  assertByAccount(({ isForeign }) => isForeign));

test('a plan for a few rows does not outlive the growth of its table', async () => {
  const isByAccount = async () => (await straysOf('update-holds')).length === 0;
  await lane().query('ANALYZE');
  assert.ok(!(await isByAccount()), 'a handful of rows is read as a whole');
  await lane().query(`
    INSERT INTO holds (account_id, hold, attempt, created_at_ms, expires_at_ms, reserved, unpinned, pins, ended_by, ended_at_ms)
    SELECT 100000 + i, 1, 1, i, i, 0, 0, '[]', 'released', i FROM generate_series(1, 20000) AS i`);
  assert.ok(!(await isByAccount()), 'the plan is kept');
  const now = performance.now.bind(performance);
  const later = mock.method(performance, 'now', () => now() + 60_000);
  await ledger.grant(await ledger.newCustomer(), 1);
  later.mock.restore();
  assert.ok(await isByAccount(), 'it was made anew');
});

// Statistics from a moment when nearly all was ended and used up make an index by time alone look as good as one by account.
test('it does so when the statistics know of few open lots and holds, of many, of all', async () => {
  await lane().query(`
    INSERT INTO holds (account_id, hold, attempt, created_at_ms, expires_at_ms, reserved, unpinned, pins, ended_by, ended_at_ms)
    SELECT 1000 + i % 5000, 1 + i / 5000, 1, i, i, 0, 0, '[]', 'released', i FROM generate_series(1, 30000) AS i`);
  await lane().query(`
    INSERT INTO lots (account_id, lot, opened_by_seq, amount, money, priority, expires_at_ms, remaining, remaining_money)
    SELECT 1000 + i % 5000, 1 + i / 5000, 1, 1, 0, 50, i, 0, 0 FROM generate_series(1, 30000) AS i`);
  for (const open of ['false', 'account_id < 1010', 'account_id % 3 = 0', 'true']) {
    await lane().query(`UPDATE lots SET remaining = 1 WHERE remaining = 0 AND ${open}`);
    await lane().query(
      `UPDATE holds SET ended_by = NULL, ended_at_ms = NULL, reserved = 1 WHERE reserved = 0 AND ${open}`,
    );
    // Before the statistics know of it, and afterwards.
    await assertByAccount();
    await lane().query('ANALYZE');
    await assertByAccount();
  }
});
