import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { InjectOptions } from 'fastify';
import { verifyLedgers } from '../../src/operations/verify-ledger.ts';
import { type Answer, memberOf, openWorld, send, type World } from '../access/world.ts';
import type { Corners } from './build-request.ts';
import { Chance } from './chance.ts';
import { makeCorners } from './corners.ts';
import { type Operation, readOperations } from './operations.ts';
import { readOptions } from './options.ts';
import { ALWAYS, RECIPES } from './requests.ts';

const { seed, seconds } = readOptions(8);
/** Every recipe of every operation at least so often, however short the run. */
const ROUNDS_AT_LEAST = 6;
/** A status that chance alone reaches may take longer, but not longer than this. */
const ROUNDS_TO_REACH_ALL = 20;

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
    const goesOn = (round: number) =>
      round < ROUNDS_AT_LEAST ||
      Date.now() < end ||
      (round < ROUNDS_TO_REACH_ALL && unreached(seen).length > 0);
    for (let round = 0; goesOn(round); round++) {
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

  it('that people send to the pages behind links are answered with a page, never with a 5xx', async () => {
    const chance = new Chance(seed);
    const { confirmation, reset } = corners.freshTokens;
    for (let i = 0; i < 400; i++) {
      const request = pageRequest(chance, [...confirmation, ...reset, corners.cancelledOrder]);
      const answer = await send(world.app, request);
      const told = `--seed ${seed}: ${JSON.stringify(request).slice(0, 1_000)} -> ${answer.status} ${answer.text.slice(0, 500)}`;
      assert.ok(answer.status < 500, told);
      assert.match(answer.text, /<main>|^\{"success":false/, told);
    }
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
  // A failure of this has status 200 too.
  if (recipe === 'freshToken') assert.equal(memberOf(answer.body, 'success'), true, told);
  const check = operation.answers.get(answer.status);
  assert.ok(check, `the status is not documented: ${told}`);
  const fault = check(answer.body);
  assert.equal(fault, undefined, `${fault}: ${told}`);
  assert.ok(answer.headers['x-request-id'], told);
  // What a key repeats tells the request that it answered first.
  const requestId = memberOf(memberOf(answer.body, 'error'), 'requestId');
  if (requestId === undefined || answer.headers['idempotency-replayed'] !== undefined) return;
  assert.equal(requestId, answer.headers['x-request-id'], told);
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

/** A request for a page with a token in its address, or nearly one. */
function pageRequest(chance: Chance, tokens: readonly string[]): InjectOptions {
  const page = chance.pick(['confirm', 'new-password', 'order']);
  const odd = ['x'.repeat(32), 'x'.repeat(5_000), '%00', '%ff', '%F0%9F%98%80', '..%2f', '', '<script>'];
  const token = chance.happens(0.5) ? chance.pick(tokens) : chance.pick(odd);
  const url = `/${page}/${token}${chance.pick(['', '', '?a=b', '/', '?apiKey=x'])}`;
  if (chance.happens(0.3)) return { method: 'GET', url };
  const types = ['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data', ''];
  const type = chance.happens(0.7) ? (types[0] ?? '') : chance.pick(types);
  const payload = chance.pick([
    'password=correct+horse+battery&repeated=correct+horse+battery',
    'password=a&repeated=a',
    'password=correct+horse&repeated=other',
    'password=%00%00%00%00%00%00%00%00%00&repeated=%00%00%00%00%00%00%00%00%00',
    'password=%ed%a0%80%ed%a0%80%ed%a0%80&repeated=%ed%a0%80%ed%a0%80%ed%a0%80',
    'password=a&password=b&repeated=a',
    '%%%=&&&&=',
    '',
    '{"__proto__":1}',
    `password=${'a'.repeat(chance.below(20_000))}`,
  ]);
  return { method: 'POST', url, payload, headers: type === '' ? {} : { 'content-type': type } };
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
