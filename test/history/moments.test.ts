import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { OpenServices } from '../../src/open-services.ts';
import { captureHold } from '../../src/operations/capture-hold.ts';
import { setLimits } from '../../src/operations/change-account.ts';
import { extendHold } from '../../src/operations/extend-hold.ts';
import { grantCredit } from '../../src/operations/grant-credit.ts';
import { holdCredit } from '../../src/operations/hold-credit.ts';
import { logOut } from '../../src/operations/log-out.ts';
import { moveSandboxClock } from '../../src/operations/move-sandbox-clock.ts';
import { readTransaction } from '../../src/operations/read-transaction.ts';
import { releaseHold } from '../../src/operations/release-hold.ts';
import { spendCredit } from '../../src/operations/spend-credit.ts';
import { type Finding, verifyLedgers } from '../../src/operations/verify-ledger.ts';
import { lockAccounts, lockFreeAccounts } from '../../src/store/account-rows.ts';
import { numberArray } from '../../src/store/array-parameter.ts';
import { inTransaction } from '../../src/store/database.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
} from '../harness.ts';
import { monthAround } from '../model/month.ts';

/** Moments that a random history meets too, here each brought about on purpose. */
describe('at the moment when', () => {
  let fresh: FreshDatabase;
  let open: OpenServices;
  let caller: { ledgerId: number; author: string };

  before(async () => {
    fresh = await freshDatabase();
    open = await openTestServices(fresh);
    caller = { ledgerId: (await makeOrganisation(open.services)).live, author: 'cli' };
  });
  after(async () => {
    await open.stop();
    await fresh.drop();
  });

  const customer = (credit?: number) =>
    makeCustomer(open.services, caller.ledgerId, credit === undefined ? {} : { credit });
  const micro = (credits: number) => BigInt(credits) * 1_000_000n;
  const spend = async ({ identityId }: TestCustomer, credits: number, idempotencyKey?: string) => {
    const request = { requestId: 'moments', idempotencyKey };
    return spendCredit(open.services, caller, { identityId, amount: micro(credits) }, request);
  };
  const grant = async (
    { cuRefNo }: TestCustomer,
    credits: number,
    rest: { expirationDate?: string; priority?: number } = {},
  ) => {
    const command = { customer: { cuRefNo }, amount: micro(credits), ...rest };
    const { status } = await grantCredit(open.services, caller, command, { requestId: 'moments' });
    assert.equal(status, 200);
  };
  const setAside = async ({ identityId }: TestCustomer, credits: number, expiresIn: number) => {
    const members = { identityId, amount: micro(credits), expiresIn };
    const { body } = await holdCredit(open.services, caller, members, { requestId: 'moments' });
    return JSON.parse(body) as { holdId: string };
  };
  /** Locks a customer's row as another process would. */
  const hold = async ({ accountId }: TestCustomer) => {
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM purser.accounts WHERE account_id = $1 FOR UPDATE', [accountId]);
    return async () => {
      await client.query('ROLLBACK');
      await client.end();
    };
  };
  const assertSound = async ({ accountId }: TestCustomer) => {
    const findings: Finding[] = [];
    await verifyLedgers(open.services, { accountId, onFinding: (finding) => findings.push(finding) });
    assert.deepEqual(findings, []);
  };

  it('a lot falls due while its spend waits for the lock, the lot pays nothing', async () => {
    const shopper = await customer();
    const expiresAtMs = Date.now() + 900;
    await grant(shopper, 10, { expirationDate: new Date(expiresAtMs).toISOString() });
    const letGo = await hold(shopper);
    // Shorter than the wait after which a lane gives the account to another one and begins anew.
    await sleep(expiresAtMs - 350 - Date.now());
    const waiting = spend(shopper, 5);
    await sleep(expiresAtMs + 30 - Date.now());
    await letGo();
    const { status, body } = await waiting;
    assert.equal(status, 402);
    assert.equal(JSON.parse(body).error.creditBalance, 0);
    await assertSound(shopper);
  });

  it('a refused spend meets what has fallen due, both the entry and the account are written', async () => {
    const shopper = await customer();
    await grant(shopper, 10, { expirationDate: new Date(Date.now() + 100).toISOString() });
    await sleep(150);
    assert.equal((await spend(shopper, 5)).status, 402);
    await grant(shopper, 5);
    assert.match((await spend(shopper, 5)).body, /"oldCreditBalance":5,"newCreditBalance":0/);
    await assertSound(shopper);
  });

  it('another lot becomes the first to burn, the one before keeps what was left of it', async () => {
    const shopper = await customer(10);
    await spend(shopper, 4);
    await grant(shopper, 10, { priority: 10 });
    assert.match((await spend(shopper, 12)).body, /"newCreditBalance":4/);
    await assertSound(shopper);
    assert.match((await spend(shopper, 4)).body, /"newCreditBalance":0/);
    await assertSound(shopper);
  });

  it('two customers use one key, each has an effect of its own', async () => {
    const [one, other] = [await customer(10), await customer(20)];
    assert.match((await spend(one, 3, 'shared')).body, /"newCreditBalance":7/);
    assert.match((await spend(other, 3, 'shared')).body, /"newCreditBalance":17/);
    const [low, lower] = [await spend(one, 500, 'refused'), await spend(other, 500, 'refused')];
    assert.match(low.body, /"creditBalance":7/);
    assert.match(lower.body, /"creditBalance":17/);
  });

  it('a refused request comes again after a top-up, it gets its refusal again', async () => {
    const shopper = await customer(1);
    const refused = await spend(shopper, 5, 'too-much');
    assert.equal(refused.status, 402);
    await grant(shopper, 100);
    assert.deepEqual(await spend(shopper, 5, 'too-much'), { ...refused, replayed: true });
    assert.match((await spend(shopper, 1)).body, /"oldCreditBalance":101/);
  });

  it('a hold is asked for again, it gets its first answer and nothing more is set aside', async () => {
    const shopper = await customer(10);
    const { identityId } = shopper;
    const request = (idempotencyKey: string) => ({ requestId: 'moments', idempotencyKey });
    const ask = async () => [
      await holdCredit(open.services, caller, { identityId, amount: micro(6) }, request('hold')),
      await extendHold(open.services, caller, { holdId, addAmount: micro(1) }, request('extend')),
      await releaseHold(open.services, caller, { holdId }, request('release')),
    ];
    const first = await holdCredit(open.services, caller, { identityId, amount: micro(6) }, request('hold'));
    const { holdId } = JSON.parse(first.body) as { holdId: string };
    const [, extended, released] = await ask();
    assert.match(released?.body ?? '', /"released":7,"creditBalance":10,"available":10/);
    assert.deepEqual(await ask(), [
      { ...first, replayed: true },
      { ...extended, replayed: true },
      { ...released, replayed: true },
    ]);
    await assertSound(shopper);
  });

  it('a hold is over while its capture waits for the lock, nothing is taken', async () => {
    const shopper = await customer(10);
    const { holdId } = await setAside(shopper, 6, 1);
    const letGo = await hold(shopper);
    // Shorter than the wait after which a lane gives the account to another one and begins anew.
    await sleep(650);
    const capture = { holdId, amount: micro(5) };
    const waiting = captureHold(open.services, caller, capture, { requestId: 'moments' });
    await sleep(400);
    await letGo();
    const { status, body } = await waiting;
    assert.equal(status, 409);
    assert.match(body, /"endedBy":"expired"/);
    assert.match((await spend(shopper, 10)).body, /"newCreditBalance":0/);
    await assertSound(shopper);
  });

  it('a lot has fallen due that a hold had pinned, it goes in two parts and says so', async () => {
    const shopper = await customer();
    await grant(shopper, 10, { expirationDate: new Date(Date.now() + 300).toISOString() });
    const { holdId } = await setAside(shopper, 4, 60);
    await sleep(350);
    assert.match((await spend(shopper, 1)).body, /"creditBalance":4,"held":4,"available":0/);
    const { body } = await releaseHold(open.services, caller, { holdId }, { requestId: 'moments' });
    assert.match(body, /"released":4,"creditBalance":0,"available":0/);
    const { rows } = await open.services.database.pool.query(
      'SELECT written_off FROM lots WHERE account_id = $1',
      [shopper.accountId],
    );
    assert.deepEqual(rows, [{ written_off: '10000000' }]);
    await assertSound(shopper);
  });

  it('a month begins where the organisation is, its limit begins anew', async () => {
    const { sandbox: ledgerId } = await makeOrganisation(open.services, { timeZone: 'Pacific/Auckland' });
    const there = { ledgerId, author: 'cli' };
    const shopper = await makeCustomer(open.services, ledgerId, { credit: 100 });
    const { identityId, cuRefNo } = shopper;
    const limit = { customer: { cuRefNo }, monthlyHardLimit: micro(10) };
    await setLimits(open.services, there, limit);
    const spendThere = () =>
      spendCredit(open.services, there, { identityId, amount: micro(8) }, { requestId: 'moments' });
    const nowMs = Date.now();
    let [, end] = monthAround('Pacific/Auckland', nowMs);
    if (end - nowMs < 60_000) [, end] = monthAround('Pacific/Auckland', end);
    const moveTo = (ms: number) => moveSandboxClock(open.services, there, { to: new Date(ms).toISOString() });
    // So near the end that it passes before the last question, but not before the second one.
    await moveTo(end - 30_000);
    assert.equal((await spendThere()).status, 200);
    const refused = await spendThere();
    assert.equal(refused.status, 402);
    assert.equal(JSON.parse(refused.body).error.resetsAt, new Date(end).toISOString());
    await moveTo(end);
    assert.match((await spendThere()).body, /"oldCreditBalance":92,"newCreditBalance":84/);
    await assertSound(shopper);
  });

  it('a session ends, nothing is spent with it any more, and its replays are still read', async () => {
    const shopper = await customer(10);
    const first = await spend(shopper, 1, 'before');
    await logOut(open.services, caller, { identityId: shopper.identityId });
    assert.equal((await spend(shopper, 1)).status, 401);
    assert.deepEqual(await spend(shopper, 1, 'before'), { ...first, replayed: true });
  });

  it('a transaction is looked up whose commit may be on its way, the answer waits for the lock', async () => {
    const shopper = await customer(10);
    const { ids } = open.services;
    const transactionId = ids.encode({ accountId: shopper.accountId, seq: 2, attempt: 7 });
    const letGo = await hold(shopper);
    let isAnswered = false;
    const looking = readTransaction(open.services, caller, { transactionId }).finally(() => {
      isAnswered = true;
    });
    const refused = assert.rejects(looking, { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
    await sleep(300);
    assert(!isAnswered, 'it waits');
    await letGo();
    await refused;
  });

  it('several accounts are locked, they are locked in the order of their numbers', async () => {
    const shoppers = [];
    for (let i = 0; i < 9; i++) shoppers.push(await customer());
    const accountIds = shoppers.map(({ accountId }) => accountId).sort((a, b) => a - b);
    const middle = shoppers.find(({ accountId }) => accountId === accountIds[4]);
    assert(middle);
    const letGo = await hold(middle);
    const { database } = open.services;
    const shuffled = numberArray(accountIds.toSorted((a, b) => ((a * 7) % 11) - ((b * 7) % 11)));
    const waiting = inTransaction(database, async (tx) => {
      await tx.query("SET LOCAL application_name = 'the one that waits'");
      await lockAccounts(tx, shuffled);
    });
    const isWaiting = `SELECT FROM pg_stat_activity
      WHERE application_name = 'the one that waits' AND wait_event_type = 'Lock'`;
    while ((await database.pool.query(isWaiting)).rowCount === 0) await sleep(10);
    const free = await inTransaction(database, (tx) => lockFreeAccounts(tx, numberArray(accountIds)));
    await letGo();
    await waiting;
    assert.deepEqual(
      free.sort((a, b) => a - b),
      accountIds.slice(5),
    );
  });
});
