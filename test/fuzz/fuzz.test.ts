import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { InjectOptions } from 'fastify';
import { adjustCredit } from '../../src/operations/adjust-credit.ts';
import { verifyLedgers } from '../../src/operations/verify-ledger.ts';
import { type Answer, memberOf, openWorld, send, type World } from '../access/world.ts';
import { makeCustomer } from '../harness.ts';
import { Chance } from './chance.ts';
import { type Operation, readOperations } from './operations.ts';
import { readOptions } from './options.ts';
import { ALWAYS, type Corners, RECIPES } from './requests.ts';

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

async function makeCorners({ services, acme }: World): Promise<Corners> {
  const transactionId = await makeKnownTransaction();
  const caller = { ledgerId: acme.sandbox, author: 'cli' };
  const make = async (amount: bigint) => {
    const customer = await makeCustomer(services, acme.sandbox);
    for (let i = 0; i < 6; i++) {
      const change = { customer: { cuRefNo: customer.cuRefNo }, amount };
      const answer = await adjustCredit(services, caller, change, { requestId: 'test' });
      assert.equal(answer.status, 200, answer.body);
    }
    return customer;
  };
  return {
    transactionId,
    poor: await makeCustomer(services, acme.sandbox),
    full: await make(BILLION),
    deep: await make(-BILLION),
  };
}

/** So that a look-up by Idempotency-Key finds something. */
async function makeKnownTransaction(): Promise<string> {
  const answer = await send(world.app, {
    method: 'POST',
    url: `/api/v1/customer/credit-spend?apiKey=${world.keys.dev}`,
    headers: { 'idempotency-key': 'known-key' },
    payload: { identityId: world.customers.own.identityId, amount: 1 },
  });
  assert.equal(answer.status, 200, answer.text);
  return String(memberOf(answer.body, 'transactionId'));
}
