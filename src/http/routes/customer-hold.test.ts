import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeCustomer, type TestCustomer } from '../../../test/harness.ts';
import { setBan } from '../../operations/change-account.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const { post, get } = clientOf(() => world);

/** Asks one of the hold's endpoints: `hold`, `extend`, `capture`, `release`, or `spend`. */
function ask(operation: string, body: object, key?: string): Promise<Answer> {
  const headers = key === undefined ? {} : { headers: { 'idempotency-key': key } };
  return post(`/api/v1/customer/credit-${operation}`, body, headers);
}

function newCustomer(credit: number): Promise<TestCustomer> {
  return makeCustomer(world.services, world.acme.sandbox, { credit });
}

async function newHold({ identityId }: TestCustomer, amount: number, expiresIn?: number): Promise<string> {
  const answer = await ask('hold', { identityId, amount, expiresIn });
  assert.equal(answer.status, 200, answer.text);
  return String(memberOf(answer.body, 'holdId'));
}

function secondsFromNow(expiresAt: unknown): number {
  return (Date.parse(String(expiresAt)) - Date.now()) / 1000;
}

test('a hold answers its six members, in their order, and keeps what it reserves from every spend', async () => {
  const { identityId } = await newCustomer(100);
  const held = await ask('hold', { identityId, amount: 60.5 });
  assert.match(
    held.text,
    /^\{"success":true,"holdId":"[A-Za-z0-9]{16}","amount":60\.5,"expiresAt":"[^"]+Z","creditBalance":100,"available":39\.5\}$/,
  );
  assert.ok(Math.abs(secondsFromNow(memberOf(held.body, 'expiresAt')) - 900) < 60);
  const refused = await ask('spend', { identityId, amount: 39.500001 });
  expectRefusal(refused, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  assert.deepEqual(
    ['creditBalance', 'held', 'available', 'required', 'shortBy'].map((member) =>
      memberOf(memberOf(refused.body, 'error'), member),
    ),
    [100, 60.5, 39.5, 39.500001, 0.000001],
  );
  const info = await get(
    `/api/v1/customer/get-account-info?apiKey=${world.keys.dev}&identityId=${identityId}`,
  );
  assert.deepEqual(
    ['creditBalance', 'held', 'available'].map((member) => memberOf(info.body, member)),
    [100, 60.5, 39.5],
  );
});

test('a capture takes its part and lets the rest go; the hold then tells what ended it', async () => {
  const customer = await newCustomer(100);
  const holdId = await newHold(customer, 60);
  const captured = await ask('capture', { holdId, amount: 40, description: 'done' });
  assert.match(
    captured.text,
    new RegExp(
      `^\\{"success":true,"transactionId":"[A-Za-z0-9]{16}","oldCreditBalance":100,"newCreditBalance":60,"holdId":"${holdId}","captured":40,"remaining":0\\}$`,
    ),
  );
  for (const [operation, more] of [
    ['capture', { amount: 1 }],
    ['extend', { expiresIn: 60 }],
    ['release', {}],
  ] as const) {
    const refused = await ask(operation, { holdId, ...more });
    expectRefusal(refused, 'PUBLIC_CREDIT_HOLD_HAS_ENDED');
    assert.equal(memberOf(memberOf(refused.body, 'error'), 'endedBy'), 'captured');
    assert.ok(Math.abs(secondsFromNow(memberOf(memberOf(refused.body, 'error'), 'endedAt'))) < 60);
  }
});

test('a meter captures while the job runs, and 0 at its end ends it', async () => {
  const customer = await newCustomer(100);
  const holdId = await newHold(customer, 30);
  const capture = async (amount: number, final?: boolean) => {
    const { body } = await ask('capture', { holdId, amount, final });
    return ['newCreditBalance', 'captured', 'remaining'].map((member) => memberOf(body, member));
  };
  assert.deepEqual(await capture(10, false), [90, 10, 20]);
  assert.deepEqual(await capture(5.5, false), [84.5, 15.5, 14.5]);
  assert.deepEqual(await capture(0), [84.5, 15.5, 0]);
  assert.equal((await ask('spend', { identityId: customer.identityId, amount: 84.5 })).status, 200);
});

test('an extension adds, prolongs, or both; addAmount alone leaves the end where it is', async () => {
  const customer = await newCustomer(100);
  const holdId = await newHold(customer, 10, 3_600);
  const first = await ask('extend', { holdId, addAmount: 5 });
  assert.deepEqual(
    ['amount', 'creditBalance', 'available'].map((member) => memberOf(first.body, member)),
    [15, 100, 85],
  );
  assert.ok(Math.abs(secondsFromNow(memberOf(first.body, 'expiresAt')) - 3_600) < 60);
  const second = await ask('extend', { holdId, addAmount: 5, expiresIn: 7_200 });
  assert.equal(memberOf(second.body, 'amount'), 20);
  assert.ok(Math.abs(secondsFromNow(memberOf(second.body, 'expiresAt')) - 7_200) < 60);
  const shorter = await ask('extend', { holdId, expiresIn: 60 });
  assert.equal(memberOf(shorter.body, 'expiresAt'), memberOf(second.body, 'expiresAt'));
  expectRefusal(await ask('extend', { holdId, addAmount: 81 }), 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
});

test('a release gives all back', async () => {
  const customer = await newCustomer(100);
  const holdId = await newHold(customer, 60);
  const released = await ask('release', { holdId });
  assert.equal(
    released.text,
    `{"success":true,"holdId":"${holdId}","released":60,"creditBalance":100,"available":100}`,
  );
});

test('a ban refuses new holds and more of an old one, but not what is held already', async () => {
  const customer = await newCustomer(100);
  const holdId = await newHold(customer, 50);
  const caller = { ledgerId: world.acme.sandbox, author: 'cli' };
  await setBan(world.services, caller, { customer: { cuRefNo: customer.cuRefNo }, banned: true });
  const { identityId } = customer;
  expectRefusal(await ask('hold', { identityId, amount: 1 }), 'PUBLIC_CUSTOMER_IS_BANNED');
  expectRefusal(await ask('extend', { holdId, addAmount: 1 }), 'PUBLIC_CUSTOMER_IS_BANNED');
  expectRefusal(await ask('capture', { holdId, amount: 51 }), 'PUBLIC_CUSTOMER_IS_BANNED');
  assert.equal((await ask('extend', { holdId, expiresIn: 3_600 })).status, 200);
  assert.equal((await ask('capture', { holdId, amount: 50 })).status, 200);
});

test('every change of a hold is done once for its key, and answered the same again', async () => {
  const { identityId } = await newCustomer(100);
  const steps: (readonly [string, object, object])[] = [];
  const first = await ask('hold', { identityId, amount: 10 }, 'hold');
  const holdId = String(memberOf(first.body, 'holdId'));
  // The defaults filled in, the same values; and then another request.
  steps.push([
    'hold',
    { identityId, amount: 10, expiresIn: 900 },
    { identityId, amount: 10, expiresIn: 901 },
  ]);
  steps.push(['extend', { holdId, addAmount: 5 }, { holdId, addAmount: 5, expiresIn: 1_000 }]);
  steps.push(['capture', { holdId, amount: 3, final: false }, { holdId, amount: 3 }]);
  steps.push(['release', { holdId }, { holdId: 'x'.repeat(16) }]);
  for (const [operation, same, other] of steps) {
    const once = operation === 'hold' ? first : await ask(operation, same, operation);
    const again = await ask(operation, same, operation);
    assert.equal(once.status, 200, once.text);
    assert.equal(again.text, once.text, operation);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    const code = operation === 'release' ? 'INTERNAL_RESOURCE_NOT_FOUND' : 'PUBLIC_IDEMPOTENCY_KEY_REUSED';
    expectRefusal(await ask(operation, other, operation), code);
  }
  const refused = await ask('capture', { holdId, amount: 1 }, 'late');
  expectRefusal(refused, 'PUBLIC_CREDIT_HOLD_HAS_ENDED');
  assert.equal((await ask('capture', { holdId, amount: 1 }, 'late')).text, refused.text);
});

test('what cannot be meant is told with its place', async () => {
  const { identityId, cuRefNo } = world.customers.own;
  const holdId = await newHold(world.customers.own, 1);
  const wrong: (readonly [string, object, string[]])[] = [
    ['hold', { amount: 1 }, ['/identityId']],
    ['hold', { identityId, cuRefNo, amount: 1 }, ['']],
    ['hold', { identityId, amount: 0, expiresIn: 0 }, ['/amount', '/expiresIn']],
    ['hold', { identityId, amount: 1, expiresIn: 604_801 }, ['/expiresIn']],
    ['hold', { identityId, amount: 1, expiresIn: 1.5 }, ['/expiresIn']],
    ['extend', { holdId }, ['']],
    ['extend', { holdId, addAmount: null, expiresIn: null }, ['']],
    ['extend', { holdId, addAmount: 0 }, ['/addAmount']],
    ['extend', { holdId, expiresIn: 604_801 }, ['/expiresIn']],
    ['capture', { holdId }, ['/amount']],
    ['capture', { holdId, amount: -1 }, ['/amount']],
    ['capture', { holdId, amount: 0, final: false }, ['/amount']],
    ['capture', { holdId, amount: 1, final: 'no' }, ['/final']],
    ['release', { holdId: 'x' }, ['/holdId']],
    ['release', {}, ['/holdId']],
  ];
  for (const [operation, body, places] of wrong) {
    const answer = await ask(operation, body);
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    assert.deepEqual(pointers(answer), places, `${operation} ${JSON.stringify(body)}`);
  }
});
