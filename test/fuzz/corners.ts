import assert from 'node:assert/strict';
import { adjustCredit } from '../../src/operations/adjust-credit.ts';
import { setLimits } from '../../src/operations/change-account.ts';
import { makeObjects, makeOrder, makeToken } from '../access/calls.ts';
import { type Answer, memberOf, send, type World } from '../access/world.ts';
import { makeCustomer, type TestCustomer } from '../harness.ts';
import type { Corners } from './build-request.ts';
import { type Known, SHOP } from './values.ts';

const BILLION = 1_000_000_000_000_000n;

/** Brings a fresh world into every state that refusals need and no request of the fuzzing leads to by itself. */
export async function makeCorners(world: World): Promise<Corners> {
  const { services, acme, customers } = world;
  const transactionId = await makeKnownTransaction(world);
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
  const makeSeveral = async (count: number) => {
    const several: TestCustomer[] = [];
    for (let i = 0; i < count; i++) several.push(await makeCustomer(services, acme.sandbox));
    return several;
  };
  const spare = await makeSeveral(100);
  await services.database.pool.query('UPDATE organisations SET origins = $1', [[SHOP]]);
  const orders = [{ orderNumber: '00000000', hash: 'x'.repeat(32) }];
  const tokens = ['x'.repeat(32), await makeToken(world, 'foreign', 'confirmation')];
  const known: Known = {
    own: customers.own,
    holds: [],
    transactions: [transactionId],
    orders,
    tokens,
    spare,
  };
  for (let i = 0; i < 20; i++) {
    const { spend, grant, hold } = await makeObjects(world, 'own');
    known.transactions.push(spend, grant);
    known.holds.push(hold);
  }
  const undone = await makeObjects(world, 'own');
  await post(world, 'customer/credit-refund', { transactionId: undone.spend });
  await post(world, 'customer/credit-void', { transactionId: undone.grant, debt: true });
  await post(world, 'customer/credit-release', { holdId: undone.hold });
  const makeUsed = async (billions: number) => {
    const customer = await makeCustomer(services, acme.sandbox);
    for (let i = 0; i < billions; i++) {
      await adjust(customer, BILLION);
      await post(world, 'customer/credit-spend', { identityId: customer.identityId, amount: 1_000_000_000 });
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
    cancelledOrder: await makeCancelledOrder(world),
    freshTokens: await makeFreshTokens(world),
    loggedIn: await makeSeveral(20),
    tightHold: await hold(world, await makeCustomer(services, acme.sandbox, { credit: 1 }), 1),
    poor: await makeCustomer(services, acme.sandbox),
    deep: await makeLarge(-BILLION),
  };
}

async function makeCancelledOrder(world: World): Promise<string> {
  const { hash, orderNumber } = await makeOrder(world, 'own');
  await post(world, 'shop/order/storno', { orderId: orderNumber });
  return hash;
}

async function makeFreshTokens(world: World): Promise<Corners['freshTokens']> {
  const [confirmation, reset]: [string[], string[]] = [[], []];
  for (let i = 0; i < 20; i++) {
    confirmation.push(await makeToken(world, 'own', 'confirmation'));
    reset.push(await makeToken(world, 'own', 'reset'));
  }
  return { confirmation, reset };
}

async function hold(world: World, { identityId }: TestCustomer, amount: number): Promise<string> {
  const { body } = await post(world, 'customer/credit-hold', { identityId, amount, expiresIn: 604_800 });
  return String(memberOf(body, 'holdId'));
}

/** So that a look-up by Idempotency-Key finds something. */
async function makeKnownTransaction(world: World): Promise<string> {
  const spend = { identityId: world.customers.own.identityId, amount: 1 };
  const { body } = await post(world, 'customer/credit-spend', spend, { 'idempotency-key': 'known-key' });
  return String(memberOf(body, 'transactionId'));
}

/** A request that must pass. */
async function post(
  world: World,
  operation: string,
  payload: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = `/api/v1/${operation}?apiKey=${world.keys.dev}`;
  const answer = await send(world.app, { method: 'POST', url, headers, payload });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}
