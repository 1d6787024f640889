import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
} from '../../test/harness.ts';
import { type LyingResolver, name, startLyingResolver } from '../../test/lying-resolver.ts';
import { toMicro } from '../ledger/amount.ts';
import type { OpenServices } from '../open-services.ts';
import { captureHold } from '../operations/capture-hold.ts';
import { explainTransaction } from '../operations/explain-transaction.ts';
import { holdCredit } from '../operations/hold-credit.ts';
import { listContactCredit } from '../operations/list-contact-credit.ts';
import type { Caller } from '../operations/services.ts';
import { shortenAddresses } from '../operations/shorten-addresses.ts';
import { spendCredit } from '../operations/spend-credit.ts';
import { verifyLedgers } from '../operations/verify-ledger.ts';
import { type JobWorker, workOnJobs } from './work-on-jobs.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('contexts of entries', () => {
  let fresh: FreshDatabase;
  let open: OpenServices;
  let resolver: LyingResolver;
  let worker: JobWorker;
  let customer: TestCustomer;
  let caller: Caller;

  before(async () => {
    fresh = await freshDatabase();
    resolver = await startLyingResolver((question) =>
      question.startsWith('8.8.8.8.')
        ? [name('dns', 'google')]
        : question.startsWith('1.1.1.1.')
          ? [name('"><script>', 'x')]
          : 'hang',
    );
    const env = { PURSER_DNS_SERVER: resolver.address, PURSER_DNS_TIMEOUT_MS: '100' };
    open = await openTestServices(fresh, { env });
    const { sandbox } = await makeOrganisation(open.services);
    caller = { ledgerId: sandbox, author: 'cli' };
    customer = await makeCustomer(open.services, sandbox, { credit: 1_000 });
    worker = workOnJobs(open.services);
  });
  after(async () => {
    await worker.stop();
    await open.stop();
    await resolver.stop();
    await fresh.drop();
  });

  const spend = async (customerRealIp: string | undefined) => {
    const { identityId } = customer;
    const amount = toMicro(1) ?? 0n;
    const request = { identityId, amount, customerRealIp };
    const answer = await spendCredit(open.services, caller, request, { requestId: 'test' });
    assert.equal(answer.status, 200, answer.body);
    return (JSON.parse(answer.body) as { transactionId: string }).transactionId;
  };
  const explain = (transactionId: string) => explainTransaction(open.services, caller, { transactionId });
  const explainWithContext = async (transactionId: string) => {
    for (let tries = 0; tries < 150; tries++) {
      const explained = await explain(transactionId);
      if (explained.ipContext) return explained;
      await sleep(100);
    }
    throw new Error('no context came');
  };
  const countContexts = async (): Promise<number> => {
    const { rows } = await open.services.database.pool.query<{ count: string }>(
      'SELECT count(*) AS count FROM ip_contexts',
    );
    return Number(rows[0]?.count);
  };

  it('are found out after the commit, once an address and day, and shown by explain', async () => {
    const ids = [await spend('8.8.8.8'), await spend('8.8.8.8'), await spend(undefined)];
    const { customerRealIp, ipContext } = await explainWithContext(ids[0] ?? '');
    assert.equal(customerRealIp, '8.8.8.8');
    assert.equal(ipContext?.hostname, 'dns.google');
    assert.equal(ipContext?.country?.code, 'US');
    assert.equal((await explain(ids[1] ?? '')).ipContext?.asn?.number, 15_169);
    const without = await explain(ids[2] ?? '');
    assert.deepEqual([without.customerRealIp, without.ipContext], [undefined, undefined]);
    const { cuRefNo } = customer;
    const { credit, items, itemCount } = await listContactCredit(open.services, caller, { cuRefNo });
    assert.deepEqual([credit, items.length, itemCount], [997, 4, 4]);
    assert.deepEqual(
      items.map(({ ipContext }) => ipContext?.hostname),
      [undefined, 'dns.google', 'dns.google', undefined],
    );
    assert.equal(await countContexts(), 1);
    const { asked } = resolver;
    await spend('8.8.8.8');
    await sleep(2_500);
    assert.equal(resolver.asked, asked);
  });

  it('of a capture are those of its hold', async () => {
    const context = { requestId: 'test' };
    const { identityId, cuRefNo } = customer;
    const request = { identityId, amount: toMicro(2) ?? 0n, customerRealIp: '8.8.8.8' };
    const { holdId } = JSON.parse((await holdCredit(open.services, caller, request, context)).body);
    const capture = { holdId, amount: toMicro(2) ?? 0n };
    const { transactionId } = JSON.parse((await captureHold(open.services, caller, capture, context)).body);
    const { customerRealIp, ipContext } = await explainWithContext(transactionId);
    assert.deepEqual([customerRealIp, ipContext?.hostname], ['8.8.8.8', 'dns.google']);
    const { items } = await listContactCredit(open.services, caller, { cuRefNo, limit: 1 });
    assert.deepEqual([items[0]?.customerRealIp, items[0]?.ipContext?.country?.code], ['8.8.8.8', 'US']);
  });

  it('come without a name where the resolver lies or hangs', async () => {
    const [lied, hung] = [await spend('1.1.1.1'), await spend('217.31.202.5')];
    const first = await explainWithContext(lied);
    assert.deepEqual([first.ipContext?.hostname, first.ipContext?.asn?.number], [null, 13_335]);
    const second = await explainWithContext(hung);
    assert.deepEqual([second.ipContext?.hostname, second.ipContext?.country?.code], [null, 'CZ']);
  });

  it('and addresses are shortened once they are old, and keep what their network has in common', async () => {
    const six = await spend('2001:4860:4860::8888');
    const [one, other] = [await spend('8.8.8.8'), await spend('8.8.8.4')];
    for (const id of [six, one, other]) await explainWithContext(id);
    await shortenAddresses(open.services, 30);
    assert.equal((await explain(one)).customerRealIp, '8.8.8.8');
    await shortenAddresses(open.services, 30, Date.now() + 32 * DAY_MS);
    for (const [id, network] of [
      [one, '8.8.8.0/24'],
      [other, '8.8.8.0/24'],
      [six, '2001:4860:4860::/48'],
    ] as const) {
      const { customerRealIp, ipContext } = await explain(id);
      assert.equal(customerRealIp, network);
      assert.deepEqual([ipContext?.ip, ipContext?.hostname], [network, null]);
      assert.deepEqual([ipContext?.country?.code, ipContext?.asn?.number], ['US', 15_169]);
    }
    const { rows } = await open.services.database.pool.query(
      'SELECT FROM entries WHERE masklen(ip) IN (32, 128) UNION ALL SELECT FROM ip_contexts WHERE masklen(ip) IN (32, 128)',
    );
    assert.equal(rows.length, 0);
    const findings: string[] = [];
    await verifyLedgers(open.services, { onFinding: ({ text }) => findings.push(text) });
    assert.deepEqual(findings, []);
  });

  it('of holds and sessions are shortened too', async () => {
    const { pool } = open.services.database;
    await pool.query(
      `INSERT INTO holds (account_id, hold, attempt, created_at_ms, expires_at_ms, reserved, unpinned, pins, ip, ended_by, ended_at_ms)
       VALUES (999999, 1, 1, 1000, 2000, 0, 0, '[]', '1.2.3.4', 'released', 1500)`,
    );
    await pool.query(
      `INSERT INTO sessions (identity_hash, account_id, ledger_id, created_at, created_from, expires_at)
       VALUES (decode(repeat('ab', 32), 'hex'), 999999, 1, to_timestamp(1), '2001:db8:1:2::3', now())`,
    );
    await pool.query('DELETE FROM shortened_addresses');
    await shortenAddresses(open.services, 30);
    const { rows } = await pool.query<{ ip: string }>(
      `SELECT ip FROM holds WHERE account_id = 999999 UNION ALL SELECT created_from FROM sessions WHERE account_id = 999999`,
    );
    assert.deepEqual(
      rows.map(({ ip }) => ip),
      ['1.2.3.0/24', '2001:db8:1::/48'],
    );
  });
});
