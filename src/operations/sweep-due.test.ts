import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestOrganisation,
} from '../../test/harness.ts';
import { toMicro } from '../ledger/amount.ts';
import type { OpenServices } from '../open-services.ts';
import { grantCredit } from './grant-credit.ts';
import { holdCredit } from './hold-credit.ts';
import { listEvents } from './list-events.ts';
import { moveSandboxClock } from './move-sandbox-clock.ts';
import type { Services } from './services.ts';
import { startSweeper } from './sweep-due.ts';

const DAY_MS = 86_400_000;
const REQUEST = { requestId: 'test' };
let fresh: FreshDatabase;
let open: OpenServices;
let organisation: TestOrganisation;
let clockOffsetMs = 0;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh, { clockOffsetMs: () => clockOffsetMs });
  organisation = await makeOrganisation(open.services);
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

/** A customer with 10 credits that expire in so many days, 3 more that never do, and a hold of 2 for a day. */
async function makeWaiting(ledgerId: number, days: number) {
  const { services } = open;
  const caller = { ledgerId, author: 'cli' };
  const { accountId, cuRefNo, identityId } = await makeCustomer(services, ledgerId, { credit: 3 });
  const expirationDate = new Date(Date.now() + clockOffsetMs + days * DAY_MS).toISOString();
  const grant = { customer: { cuRefNo }, amount: toMicro(10) ?? 0n, expirationDate };
  assert.equal((await grantCredit(services, caller, grant, REQUEST)).status, 200);
  const hold = { identityId, amount: toMicro(2) ?? 0n, expiresIn: 86_400 };
  assert.equal((await holdCredit(services, caller, hold, REQUEST)).status, 200);
  return { accountId, cuRefNo };
}

/** What stands on the account's row, which nobody but the sweeper has looked at. */
async function readRow(accountId: number): Promise<{ balance: number; held: number }> {
  const { rows } = await open.services.database.pool.query<{ balance: string; held: string }>(
    'SELECT balance, held FROM accounts WHERE account_id = $1',
    [accountId],
  );
  return { balance: Number(rows[0]?.balance) / 1e6, held: Number(rows[0]?.held) / 1e6 };
}

async function kindsOf(ledgerId: number, cuRefNo: string): Promise<string[]> {
  const { items } = await listEvents(open.services, { ledgerId }, {});
  return items.filter(({ customerId }) => customerId === cuRefNo).map(({ kind }) => kind);
}

/** Lets the sweeper work until the state is reached; the failure shows how far it came. */
async function sweepUntil<T>(
  read: () => Promise<T>,
  wanted: T,
  services: Services = open.services,
): Promise<void> {
  const sweeper = startSweeper(services);
  try {
    for (let i = 0; i < 200; i++) {
      if (JSON.stringify(await read()) === JSON.stringify(wanted)) break;
      await sleep(100);
    }
  } finally {
    await sweeper.stop();
  }
  assert.deepEqual(await read(), wanted);
}

test('a moved clock ends holds, lets credit expire and tells of it in that sandbox alone', async () => {
  const waiting = await makeWaiting(organisation.sandbox, 30);
  const live = await makeWaiting(organisation.live, 30);
  const state = async () => [
    await readRow(waiting.accountId),
    await kindsOf(organisation.sandbox, waiting.cuRefNo),
  ];
  await moveSandboxClock(open.services, { ledgerId: organisation.sandbox }, { advance: '23d1h' });
  await sweepUntil(state, [{ balance: 13, held: 0 }, ['credit-expiring']]);
  await moveSandboxClock(open.services, { ledgerId: organisation.sandbox }, { advance: '7d' });
  await sweepUntil(state, [{ balance: 3, held: 0 }, ['credit-expiring']]);
  assert.deepEqual(await readRow(live.accountId), { balance: 13, held: 2 });
  assert.deepEqual(await kindsOf(organisation.live, live.cuRefNo), []);
});

test('in real time holds end, credit expires and is told of before', async () => {
  const { accountId, cuRefNo } = await makeWaiting(organisation.live, 30);
  const state = async () => [await readRow(accountId), await kindsOf(organisation.live, cuRefNo)];
  clockOffsetMs += 24 * DAY_MS;
  await sweepUntil(state, [{ balance: 13, held: 0 }, ['credit-expiring']]);
  clockOffsetMs += 7 * DAY_MS;
  await sweepUntil(state, [{ balance: 3, held: 0 }, ['credit-expiring']]);
});

test('a sandbox that cannot be looked at keeps nobody else waiting', async () => {
  const { services } = open;
  await moveSandboxClock(services, { ledgerId: organisation.sandbox }, { advance: '1d' });
  const { accountId } = await makeWaiting(organisation.live, 8);
  clockOffsetMs += 9 * DAY_MS;
  const { database } = services;
  const refuse = (statement: { name?: string }, ...rest: []) =>
    statement.name === 'read-due-accounts-of-ledger'
      ? Promise.reject(new Error('canceling statement due to statement timeout'))
      : database.pool.query(statement as never, ...rest);
  const pool: typeof database.pool = Object.assign(Object.create(database.pool), { query: refuse });
  const crippled = { ...services, database: { ...database, pool } };
  await sweepUntil(() => readRow(accountId), { balance: 3, held: 0 }, crippled);
});
