import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeCustomer } from '../../../test/harness.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const { post } = clientOf(() => world);

function ask(operation: string, body: object, key?: string): Promise<Answer> {
  const headers = key === undefined ? {} : { headers: { 'idempotency-key': key } };
  return post(`/api/v1/customer/credit-${operation}`, body, headers);
}

function idOf(answer: Answer): string {
  assert.equal(answer.status, 200, answer.text);
  return String(memberOf(answer.body, 'transactionId'));
}

function refundable(answer: Answer): unknown {
  return memberOf(memberOf(answer.body, 'error'), 'refundable');
}

/** A customer with a grant of 100 of which 40 are spent. */
async function makeSpent() {
  const customer = await makeCustomer(world.services, world.acme.sandbox);
  const { identityId, cuRefNo } = customer;
  const grant = idOf(await ask('grant', { cuRefNo, amount: 100 }));
  return { identityId, cuRefNo, grant, spend: idOf(await ask('spend', { identityId, amount: 40 })) };
}

test('a refund gives back in parts until nothing is left, and tells what is left', async () => {
  const { spend } = await makeSpent();
  const first = await ask('refund', { transactionId: spend, amount: 15.5, description: 'too slow' });
  assert.match(
    first.text,
    /^\{"success":true,"transactionId":"[A-Za-z0-9]{16}","oldCreditBalance":60,"newCreditBalance":75\.5,"refundable":24\.5\}$/,
  );
  const refused = await ask('refund', { transactionId: spend, amount: 24.500001 });
  expectRefusal(refused, 'PUBLIC_CREDIT_REFUND_TOO_LARGE');
  assert.equal(refundable(refused), 24.5);
  const rest = await ask('refund', { transactionId: spend });
  assert.deepEqual(
    ['newCreditBalance', 'refundable'].map((member) => memberOf(rest.body, member)),
    [100, 0],
  );
  const again = await ask('refund', { transactionId: spend });
  expectRefusal(again, 'PUBLIC_CREDIT_REFUND_TOO_LARGE');
  assert.equal(refundable(again), 0);
});

test('a capture is refunded as a spend is', async () => {
  const { identityId } = await makeSpent();
  const holdId = memberOf((await ask('hold', { identityId, amount: 10 })).body, 'holdId');
  const capture = idOf(await ask('capture', { holdId, amount: 7 }));
  const refund = await ask('refund', { transactionId: capture });
  assert.equal(memberOf(refund.body, 'newCreditBalance'), 60);
});

test('a void takes what is left of a grant; with debt the customer owes what was used', async () => {
  const one = await makeSpent();
  const taken = await ask('void', { transactionId: one.grant });
  assert.match(
    taken.text,
    /^\{"success":true,"transactionId":"[A-Za-z0-9]{16}","oldCreditBalance":60,"newCreditBalance":0\}$/,
  );
  const nothing = await ask('void', { transactionId: one.grant, debt: false });
  expectRefusal(nothing, 'PUBLIC_CREDIT_REFUND_TOO_LARGE');
  assert.equal(refundable(nothing), 0);
  const other = await makeSpent();
  const owed = await ask('void', { transactionId: other.grant, debt: true });
  assert.equal(memberOf(owed.body, 'newCreditBalance'), -40);
});

test('a transaction of another kind is not there', async () => {
  const { grant, spend } = await makeSpent();
  const refund = idOf(await ask('refund', { transactionId: spend }));
  for (const transactionId of [grant, refund])
    expectRefusal(await ask('refund', { transactionId }), 'INTERNAL_RESOURCE_NOT_FOUND');
  for (const transactionId of [spend, refund])
    expectRefusal(await ask('void', { transactionId }), 'INTERNAL_RESOURCE_NOT_FOUND');
});

test('refunds and voids are done once for their key', async () => {
  const { grant, spend } = await makeSpent();
  for (const [operation, body, other] of [
    ['refund', { transactionId: spend, amount: 1 }, { transactionId: spend }],
    ['void', { transactionId: grant, debt: false }, { transactionId: grant, debt: true }],
  ] as const) {
    const once = await ask(operation, body, operation);
    const again = await ask(operation, { ...body, description: null }, operation);
    assert.equal(once.status, 200, once.text);
    assert.equal(again.text, once.text);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    expectRefusal(await ask(operation, other, operation), 'PUBLIC_IDEMPOTENCY_KEY_REUSED');
  }
});

test('what cannot be meant is told with its place', async () => {
  const { spend, grant } = await makeSpent();
  const wrong: (readonly [string, object, string[]])[] = [
    ['refund', {}, ['/transactionId']],
    ['refund', { transactionId: 'x', amount: 0 }, ['/transactionId', '/amount']],
    ['refund', { transactionId: spend, amount: -1 }, ['/amount']],
    ['void', { transactionId: grant, debt: 1 }, ['/debt']],
    ['void', { transactionId: null }, ['/transactionId']],
  ];
  for (const [operation, body, places] of wrong) {
    const answer = await ask(operation, body);
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    assert.deepEqual(pointers(answer), places, `${operation} ${JSON.stringify(body)}`);
  }
});
