import assert from 'node:assert';
import { after, before, test } from 'node:test';
import {
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
} from '../../test/harness.ts';
import type { Command } from '../ledger/command.ts';
import { verifyLedgers } from '../operations/verify-ledger.ts';
import type { Database } from '../store/database.ts';
import type { Submission } from './job.ts';
import { startWriter } from './writer.ts';

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let open: Awaited<ReturnType<typeof openTestServices>>;
let ledgerId: number;

before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  ledgerId = (await makeOrganisation(open.services)).live;
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

const credits = (n: number) => BigInt(n) * 1_000_000n;

function submission({ accountId }: TestCustomer, command: Command): Submission {
  return { accountId, ledgerId, command, author: 'cli', requestId: 'test' };
}

function grantOf(amount: number, priority: number): Command {
  return { kind: 'grant', amount: credits(amount), money: credits(amount), priority, expiresAtMs: null };
}

const spendOf = (amount: number): Command => ({ kind: 'spend', amount: credits(amount) });

async function balanceOf({ accountId }: TestCustomer): Promise<number> {
  const { rows } = await open.services.database.pool.query<{ balance: string }>(
    'SELECT balance FROM accounts WHERE account_id = $1',
    [accountId],
  );
  return Number(rows[0]?.balance) / 1e6;
}

async function findings(): Promise<string[]> {
  const found: string[] = [];
  await verifyLedgers(open.services, { onFinding: (finding) => found.push(JSON.stringify(finding)) });
  return found;
}

test('a batch of which one statement cannot even be built is not committed without it', async () => {
  const { writer } = open.services;
  const [bad, good] = [
    await makeCustomer(open.services, ledgerId, { credit: 10 }),
    await makeCustomer(open.services, ledgerId, { credit: 10 }),
  ];
  // No smallint can carry this priority, which the API would not let through.
  const [granted, spent] = await Promise.allSettled([
    writer.submit(submission(bad, grantOf(5, 70_000))),
    writer.submit(submission(good, spendOf(4))),
  ]);
  assert.strictEqual(granted.status, 'rejected');
  assert.strictEqual(spent.status, 'fulfilled');
  assert.deepStrictEqual([await balanceOf(bad), await balanceOf(good)], [10, 6]);
  assert.deepStrictEqual(await findings(), []);
});

test('a batch that fails behind its COMMIT leaves the next, begun behind it, alone', async () => {
  const { writer } = open.services;
  const customers = await Promise.all(
    Array.from({ length: 8 }, () => makeCustomer(open.services, ledgerId, { credit: 100 })),
  );
  const [bad] = customers;
  assert.ok(bad);
  // A priority that a smallint carries and the table's constraint refuses.
  const jobs = customers.flatMap((customer) =>
    Array.from({ length: 40 }, () => submission(customer, spendOf(1))),
  );
  jobs.splice(20, 0, submission(bad, grantOf(5, 1_000)));
  const answers = await Promise.allSettled(jobs.map((job) => writer.submit(job)));
  assert.strictEqual(answers.filter(({ status }) => status === 'rejected').length, 1);
  assert.deepStrictEqual(
    await Promise.all(customers.map(balanceOf)),
    customers.map(() => 60),
  );
  assert.deepStrictEqual(await findings(), []);
});

test('a refusal that only an uncertain commit made true is not told', async () => {
  const { database, ids, log } = open.services;
  // The connection breaks at COMMIT, and no other is to be had while the doubt could be settled.
  const broken: Database = {
    ...database,
    pool: Object.create(database.pool, { connect: { value: () => Promise.reject(new Error('away')) } }),
    async connectLane(name, lockTimeoutMs) {
      const client = await database.connectLane(name, lockTimeoutMs);
      const query = client.query.bind(client) as (config: { name?: string }) => Promise<unknown>;
      const lose = (config: { name?: string }) =>
        config.name === 'commit' ? Promise.reject(new Error('lost')) : query(config);
      return Object.defineProperty(client, 'query', { value: lose });
    },
  };
  const writer = startWriter({ database: broken, ids, log });
  const [one, other] = [
    await makeCustomer(open.services, ledgerId, { credit: 10 }),
    await makeCustomer(open.services, ledgerId, { credit: 10 }),
  ];
  const [spent, afterIt, alone] = await Promise.allSettled([
    writer.submit(submission(one, spendOf(6))),
    writer.submit(submission(one, spendOf(5))),
    writer.submit(submission(other, spendOf(11))),
  ]);
  await writer.stop();
  assert.ok(spent.status === 'rejected' && afterIt.status === 'rejected' && alone.status === 'fulfilled');
  assert.strictEqual(spent.reason.code, 'PUBLIC_OUTCOME_IS_UNKNOWN');
  // With 10 credits left this spend could have been done.
  assert.deepStrictEqual([afterIt.reason.code, await balanceOf(one)], ['INTERNAL_OVERLOADED', 10]);
  assert.strictEqual(alone.value.status, 402);
});

test('a group that has waited too long is refused as a whole', async (t) => {
  const { writer } = open.services;
  const customer = await makeCustomer(open.services, ledgerId, { credit: 100 });
  // The clock runs on while the members are handed over: two seconds each.
  const now = performance.now();
  let calls = 0;
  t.mock.method(performance, 'now', () => now + 2_000 * calls++);
  const answers = writer.submitTogether([1, 2, 3].map((amount) => submission(customer, spendOf(amount))));
  const settled = await Promise.allSettled(answers);
  t.mock.restoreAll();
  assert.strictEqual(new Set(settled.map(({ status }) => status)).size, 1);
  assert.ok([94, 100].includes(await balanceOf(customer)));
});

test('a group with a member at fault is refused as a whole, with the fault, and holds nobody up', async () => {
  const { writer } = open.services;
  const [bad, good] = [
    await makeCustomer(open.services, ledgerId, { credit: 10 }),
    await makeCustomer(open.services, ledgerId, { credit: 10 }),
  ];
  const group = writer.submitTogether([submission(bad, spendOf(1)), submission(bad, grantOf(5, 1_000))]);
  const other = writer.submit(submission(good, spendOf(1)));
  for (const answer of group) await assert.rejects(answer, /lots_priority_check/);
  assert.strictEqual((await other).status, 200);
  assert.deepStrictEqual([await balanceOf(bad), await balanceOf(good)], [10, 9]);
});

test("a month's use without a hard limit is exact however large it grows", async () => {
  const { writer } = open.services;
  const customer = await makeCustomer(open.services, ledgerId, { credit: 1 });
  const limited = await writer.submit(submission(customer, { kind: 'set-limits', softLimit: credits(5) }));
  assert.strictEqual(limited.status, 200);
  const amount = credits(1_000_000_000) - 1n;
  for (let i = 0; i < 11; i++) {
    assert.strictEqual((await writer.submit(submission(customer, grantOf(1_000_000_000, 50)))).status, 200);
    assert.strictEqual((await writer.submit(submission(customer, { kind: 'spend', amount }))).status, 200);
  }
  const { rows } = await open.services.database.pool.query<{ used: string }>(
    'SELECT month_used AS used FROM account_limits WHERE account_id = $1',
    [customer.accountId],
  );
  assert.strictEqual(BigInt(rows[0]?.used ?? 0), 11n * amount);
  assert.deepStrictEqual(await findings(), []);
});
