import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { InjectOptions } from 'fastify';
import { adjustCredit } from '../../src/operations/adjust-credit.ts';
import { setLimits } from '../../src/operations/change-account.ts';
import { verifyLedgers } from '../../src/operations/verify-ledger.ts';
import { makeObjects } from '../access/calls.ts';
import { type Answer, memberOf, openWorld, send, type World } from '../access/world.ts';
import { makeCustomer, type TestCustomer } from '../harness.ts';
import { Chance } from './chance.ts';
import { type Operation, readOperations } from './operations.ts';
import { readOptions } from './options.ts';
import { ALWAYS, type Corners, RECIPES } from './requests.ts';
import { type Known, SHOP } from './values.ts';

const { seed, seconds } = readOptions(8);
const BILLION = 1_000_000_000_000_000n;
/** Every recipe of every operation at least so often, however short the run. */
const ROUNDS_AT_LEAST = 6;

let world: World;
let corners: Corners;
let operations: Operation[];

describe(`requests made from openapi.json (--seed ${seed})`, () => {
  before(async () => {
    console.log(`fuzz: --seed ${seed} --seconds ${seconds}`);
    world = await openWorld({ env: { PURSER_UNKNOWN_KEYS_PER_MINUTE: '1000000' } });
    corners = await makeCorners(world);
    operations = readOperations((await send(world.app, { url: '/openapi.json' })).body);
  });
  after(() => world.close());

  it('are answered with a documented status and body, never with a 5xx, and reach every status', async () => {
    const chance = new Chance(seed);
    const seen = new Set<string>();
    const end = Date.now() + seconds * 1000;
    let sent = 0;
    for (let round = 0; round < ROUNDS_AT_LEAST || Date.now() < end; round++) {
      for (const operation of operations) {
        for (const [recipe, make] of Object.entries(RECIPES)) {
          const request = make({ chance, world, corners, operation });
          if (request === undefined) continue;
          const answer = await send(world.app, request);
          judge(operation, recipe, request, answer);
          learn(answer);
          seen.add(`${operation.name} ${answer.status}`);
          sent++;
        }
        await wrongMethod(chance, operation);
      }
    }
    console.log(`fuzz: ${sent} requests, ${seen.size} statuses of operations`);
    assert.deepEqual(unreached(seen), [], 'documented statuses that no request reached');
  });

  it('leave a ledger in which every invariant holds', async () => {
    const findings: string[] = [];
    await verifyLedgers(world.services, { onFinding: ({ text }) => findings.push(text) });
    assert.deepEqual(findings, []);
  });
});

function judge(operation: Operation, recipe: string, request: InjectOptions, answer: Answer): void {
  const told = `${operation.name}, ${recipe}, --seed ${seed}: ${JSON.stringify(request).slice(0, 1_500)} -> ${answer.status} ${answer.text.slice(0, 500)}`;
  assert.ok(answer.status < 500, told);
  const always = ALWAYS[recipe];
  if (always !== undefined) assert.equal(answer.status, always, told);
  const check = operation.answers.get(answer.status);
  assert.ok(check, `the status is not documented: ${told}`);
  const fault = check(answer.body);
  assert.equal(fault, undefined, `${fault}: ${told}`);
  assert.ok(answer.headers['x-request-id'], told);
}

/** An address that exists answers every other method with 405. */
async function wrongMethod(chance: Chance, operation: Operation): Promise<void> {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
  const method = chance.pick(methods.filter((each) => each !== operation.method));
  const answer = await send(world.app, {
    method,
    url: operation.path,
    payload: chance.pick(['', '{}', 'x']),
  });
  assert.equal(answer.status, 405, `${method} ${operation.path}`);
  assert.ok(String(answer.headers.allow).includes(operation.method));
}

function unreached(seen: ReadonlySet<string>): string[] {
  return operations.flatMap(({ name, answers }) =>
    [...answers.keys()]
      .map((status) => `${name} ${status}`)
      .filter((each) => !/ 5\d\d$/.test(each) && !seen.has(each)),
  );
}

/** Remembers the latest ids that answers told, so that later requests name them. */
function learn(answer: Answer): void {
  const { holds, transactions, orders } = corners.known;
  const [orderNumber, hash] = [memberOf(answer.body, 'orderNumber'), memberOf(answer.body, 'hash')];
  if (typeof orderNumber === 'string' && typeof hash === 'string') {
    orders.push({ orderNumber, hash });
    if (orders.length > 60) orders.shift();
  }
  for (const [member, ids] of [
    ['holdId', holds],
    ['transactionId', transactions],
  ] as const) {
    const id = answer.status === 200 ? memberOf(answer.body, member) : undefined;
    if (typeof id !== 'string') continue;
    ids.push(id);
    if (ids.length > 60) ids.shift();
  }
}

async function makeCorners({ services, acme, customers }: World): Promise<Corners> {
  const transactionId = await makeKnownTransaction();
  const caller = { ledgerId: acme.sandbox, author: 'cli' };
  const adjust = async ({ cuRefNo }: TestCustomer, amount: bigint) => {
    const change = { customer: { cuRefNo }, amount };
    const answer = await adjustCredit(services, caller, change, { requestId: 'test' });
    assert.equal(answer.status, 200, answer.body);
  };
  const makeLarge = async (amount: bigint) => {
    const customer = await makeCustomer(services, acme.sandbox);
    for (let i = 0; i < 6; i++) await adjust(customer, amount);
    return customer;
  };
  // The first login by a backend would end the session that all requests use.
  await services.database.pool.query(
    'UPDATE customers SET email_confirmed_at = now() WHERE account_id = $1',
    [customers.own.accountId],
  );
  const spare: TestCustomer[] = [];
  for (let i = 0; i < 100; i++) spare.push(await makeCustomer(services, acme.sandbox));
  await services.database.pool.query('UPDATE organisations SET origins = $1', [[SHOP]]);
  const orders = [{ orderNumber: '00000000', hash: 'x'.repeat(32) }];
  const known: Known = { own: customers.own, holds: [], transactions: [transactionId], orders, spare };
  for (let i = 0; i < 20; i++) {
    const { spend, grant, hold } = await makeObjects(world, 'own');
    known.transactions.push(spend, grant);
    known.holds.push(hold);
  }
  const undone = await makeObjects(world, 'own');
  await post('credit-refund', { transactionId: undone.spend });
  await post('credit-void', { transactionId: undone.grant, debt: true });
  await post('credit-release', { holdId: undone.hold });
  const makeUsed = async (billions: number) => {
    const customer = await makeCustomer(services, acme.sandbox);
    for (let i = 0; i < billions; i++) {
      await adjust(customer, BILLION);
      await post('credit-spend', { identityId: customer.identityId, amount: 1_000_000_000 });
    }
    return customer;
  };
  const limited = await makeUsed(6);
  const limits = { customer: { cuRefNo: limited.cuRefNo }, monthlyHardLimit: BILLION };
  assert.equal((await setLimits(services, caller, limits)).status, 200);
  return {
    ...{ known, transactionId, limited },
    busy: await makeUsed(7),
    full: await makeLarge(BILLION),
    refundedSpend: undone.spend,
    voidedGrant: undone.grant,
    endedHold: undone.hold,
    tightHold: await hold(await makeCustomer(services, acme.sandbox, { credit: 1 }), 1),
    poor: await makeCustomer(services, acme.sandbox),
    deep: await makeLarge(-BILLION),
  };
}

async function hold({ identityId }: TestCustomer, amount: number): Promise<string> {
  const { body } = await post('credit-hold', { identityId, amount, expiresIn: 604_800 });
  return String(memberOf(body, 'holdId'));
}

/** So that a look-up by Idempotency-Key finds something. */
async function makeKnownTransaction(): Promise<string> {
  const spend = { identityId: world.customers.own.identityId, amount: 1 };
  const { body } = await post('credit-spend', spend, { 'idempotency-key': 'known-key' });
  return String(memberOf(body, 'transactionId'));
}

/** A request that must pass. */
async function post(
  operation: string,
  payload: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = `/api/v1/customer/${operation}?apiKey=${world.keys.dev}`;
  const answer = await send(world.app, { method: 'POST', url, headers, payload });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}
