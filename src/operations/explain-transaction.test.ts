import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeOrganisation } from '../../test/harness.ts';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { Refusal } from '../refusals.ts';
import { type CreditExplanation, explainTransaction } from './explain-transaction.ts';
import { readCreditLog } from './read-credit-log.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function explain(transactionId: string): Promise<CreditExplanation> {
  return explainTransaction(ledger.services, ledger.caller, { transactionId });
}

/** @returns [opened by, amount, why] of each lot; instants in `why` are left out. */
function partsOf({ lots }: CreditExplanation): unknown[] {
  return lots.map(({ transactionId, amount, why }) => [
    transactionId,
    amount,
    why.replaceAll(/\d{4}-\S+Z/g, 'DATE'),
  ]);
}

async function newestOf(customer: { readonly identityId: string }) {
  const { items } = await readCreditLog(ledger.services, ledger.caller, {
    identityId: customer.identityId,
    limit: 1,
  });
  return items[0] ?? assert.fail('the log is empty');
}

test('a spend tells which lots paid, in which order and why, and what is owed', async () => {
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 10 });
  const never = await ledger.grant(customer, 20);
  const soon = await ledger.grant(customer, 30, { money: 15, expiresInMs: DAY_MS });
  const later = await ledger.grant(customer, 5);
  const present = await ledger.grant(customer, 7, { money: 0, priority: 10 });
  const spent = await ledger.spend(customer, 65);
  const told = await explain(spent.transactionId);
  assert.deepEqual(partsOf(told), [
    [present.transactionId, -7, 'Burned first: priority 10, never expires.'],
    [
      soon.transactionId,
      -30,
      'Next, as the one before had no more: priority 50, expires DATE. Priority 10 burns before 50.',
    ],
    [
      never.transactionId,
      -20,
      'Next, as the one before had no more: priority 50, never expires. What expires sooner burns first.',
    ],
    [
      later.transactionId,
      -5,
      'Next, as the one before had no more: priority 50, never expires, like the one before, but opened later.',
    ],
  ]);
  assert.deepEqual(
    told.lots.map(({ amountMoney }) => amountMoney),
    [0, -15, -20, -5],
  );
  const owed = { transactionId: spent.transactionId, amount: -3 };
  assert.deepEqual(told.debts, [{ ...owed, why: 'No free credit was left; up to 10 may be owed.' }]);
  assert.equal(told.summary, 'Spent 65 credits from 4 lots. 3 of it was owed.');
  assert.deepEqual([told.oldCreditBalance, told.newCreditBalance, told.refundable], [62, -3, 65]);
  assert.deepEqual(told.limits, {
    debtLimit: 10,
    monthlySoftLimit: 0,
    monthlyHardLimit: 0,
    held: 0,
    available: 7,
  });
  assert.equal(told.transaction.id, spent.transactionId);
});

test('what fell due directly before is told, oldest first; another command’s settlement is not', async () => {
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 10 });
  await ledger.spend(customer, 4);
  await ledger.grant(customer, 100, { expiresInMs: 2 * HOUR_MS });
  const before = await ledger.spend(customer, 1);
  assert.deepEqual((await explain(before.transactionId)).fellDueBefore, []);
  await ledger.grant(customer, 9, { expiresInMs: HOUR_MS });
  const third = await ledger.grant(customer, 50);
  assert.deepEqual((await explain(third.transactionId)).fellDueBefore, []);
  ledger.advance(3 * HOUR_MS);
  const spent = await ledger.spend(customer, 1);
  const { fellDueBefore } = await explain(spent.transactionId);
  assert.deepEqual(
    fellDueBefore.map(({ kind, amount }) => [kind, amount]),
    [
      ['expiry', -9],
      ['expiry', -95],
    ],
  );
  const [first, second] = fellDueBefore;
  assert.ok(first && second && first.insertedDate < second.insertedDate);
  assert.equal((await explain(second.id)).fellDueBefore[0]?.id, first.id);
  const expiry = await explain(first.id);
  assert.equal(expiry.summary, '9 credits expired unused.');
  assert.match(expiry.lots[0]?.why ?? '', /^Not used by \S+Z, when it expired\.$/);
});

test('a top-up tells what has become of its credit, and a settlement whose debt it paid', async () => {
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 10 });
  const spent = await ledger.spend(customer, 10);
  const granted = await ledger.grant(customer, 25, { expiresInMs: HOUR_MS });
  const settled = await explain((await newestOf(customer)).id);
  assert.equal(settled.transaction.kind, 'settlement');
  assert.deepEqual(partsOf(settled), [
    [
      granted.transactionId,
      -10,
      'Free credit pays what is owed at once. Burned first: priority 50, expires DATE.',
    ],
  ]);
  const paid = {
    transactionId: spent.transactionId,
    amount: 10,
    why: 'What was owed longest is paid first.',
  };
  assert.deepEqual(settled.debts, [paid]);
  const since = (await explain(spent.transactionId)).settledBy;
  assert.deepEqual(since, [
    {
      ...{
        transactionId: settled.transaction.id,
        insertedDate: settled.transaction.insertedDate,
        amount: 10,
      },
      lots: [{ transactionId: granted.transactionId, amount: -10, amountMoney: -10 }],
    },
  ]);
  await ledger.hold(customer, 3);
  const { opened, summary } = await explain(granted.transactionId);
  const [lot] = opened;
  assert.deepEqual([lot?.amount, lot?.remaining, lot?.held, lot?.expired], [25, 15, 3, 0]);
  assert.equal(summary, 'Topped up by 25 credits.');
  ledger.advance(2 * HOUR_MS);
  const [gone] = (await explain(granted.transactionId)).opened;
  assert.deepEqual([gone?.remaining, gone?.held, gone?.expired], [0, 0, 15]);
});

test('a capture tells what its hold had set aside and what came on top', async () => {
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 10 });
  const first = await ledger.grant(customer, 30);
  const second = await ledger.grant(customer, 20);
  const { holdId } = await ledger.hold(customer, 20);
  const part = await ledger.capture(holdId, 5, false);
  await ledger.extend(holdId, { addAmount: 12 });
  const whole = await ledger.capture(holdId, 50);
  const pinned = 'Its hold had set this aside: priority 50, never expires.';
  assert.deepEqual(partsOf(await explain(part.transactionId)), [[first.transactionId, -5, pinned]]);
  const told = await explain(whole.transactionId);
  assert.deepEqual(partsOf(told), [
    [first.transactionId, -25, pinned],
    [second.transactionId, -2, pinned],
    [
      second.transactionId,
      -18,
      'Beyond what its hold had set aside. Burned first: priority 50, never expires.',
    ],
  ]);
  assert.equal(told.summary, 'Took 50 credits for a held job from 2 lots. 5 of it was owed.');
  assert.deepEqual(
    told.debts.map(({ why }) => why),
    ['No credit was left for this part.'],
  );
  const { id, amount, captured, reserved, endedBy } = told.hold ?? assert.fail('no hold');
  assert.deepEqual([id, amount, captured, reserved, endedBy], [holdId, 32, 55, 0, 'captured']);
  assert.equal(told.transaction.relatedId, holdId);
});

test('what a capture took before is not set aside any more, also in the same lot', async () => {
  const customer = await ledger.newCustomer();
  const { transactionId } = await ledger.grant(customer, 30);
  const { holdId } = await ledger.hold(customer, 20);
  await ledger.capture(holdId, 5, false);
  const last = await ledger.capture(holdId, 18);
  assert.deepEqual(partsOf(await explain(last.transactionId)), [
    [transactionId, -15, 'Its hold had set this aside: priority 50, never expires.'],
    [transactionId, -3, 'Beyond what its hold had set aside. Burned first: priority 50, never expires.'],
  ]);
});

test('a hold whose time was over is told as what fell due before', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 30, { expiresInMs: HOUR_MS / 2 });
  const { holdId } = await ledger.hold(customer, 20, 3600);
  ledger.advance(2 * HOUR_MS);
  const granted = await ledger.grant(customer, 1);
  const { fellDueBefore } = await explain(granted.transactionId);
  assert.deepEqual(
    fellDueBefore.map(({ kind, amount }) => [kind, amount]),
    [
      ['expiry', -10],
      ['hold-expiry', -20],
      ['expiry', -20],
    ],
  );
  assert.equal(fellDueBefore[1]?.id, holdId);
});

test('a spend tells its refunds, and a refund where it went: back, off a debt, or into new credit', async () => {
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 10 });
  const [soon, never] = [
    await ledger.grant(customer, 20, { expiresInMs: HOUR_MS }),
    await ledger.grant(customer, 5),
  ];
  const spent = await ledger.spend(customer, 30);
  const openDebt = await ledger.refund(spent.transactionId, 2);
  ledger.advance(2 * HOUR_MS);
  const rest = await ledger.refund(spent.transactionId);
  const told = await explain(spent.transactionId);
  assert.deepEqual(
    told.undoneBy.map(({ id, kind, amount }) => [id, kind, amount]),
    [
      [openDebt.transactionId, 'refund', 2],
      [rest.transactionId, 'refund', 28],
    ],
  );
  assert.equal(told.refundable, 0);
  const first = await explain(openDebt.transactionId);
  const givenUp = { transactionId: spent.transactionId, amount: 2 };
  assert.deepEqual(first.debts, [{ ...givenUp, why: 'This part was still owed; now it is not.' }]);
  assert.equal(first.summary, 'Gave back 2 credits; 2 of it had still been owed.');
  const second = await explain(rest.transactionId);
  const back = 'Given back to where it was taken from; what was taken last comes back first.';
  const anew = 'Where it was taken from has expired, so this is new credit: priority 50, expires DATE.';
  assert.deepEqual(partsOf(second), [
    [never.transactionId, 5, back],
    [rest.transactionId, 20, anew],
  ]);
  assert.deepEqual(
    second.opened.map(({ amount, remaining }) => [amount, remaining]),
    [[20, 20]],
  );
  assert.equal(second.transaction.relatedId, spent.transactionId);
  assert.notEqual(soon.transactionId, rest.transactionId);
});

test('a void tells what was taken back and what is owed', async () => {
  const customer = await ledger.newCustomer();
  const granted = await ledger.grant(customer, 20);
  await ledger.spend(customer, 4);
  const voided = await ledger.voidGrant(granted.transactionId, true);
  const told = await explain(voided.transactionId);
  assert.equal(told.summary, 'Took back 20 credits that had been brought by mistake. 4 of it was owed.');
  const takenBack = 'What was free of the voided credit was taken back.';
  assert.deepEqual(partsOf(told), [[granted.transactionId, -16, takenBack]]);
  assert.equal(told.debts[0]?.why, 'This part of the voided credit had been used already.');
  assert.deepEqual(
    (await explain(granted.transactionId)).undoneBy.map(({ id }) => id),
    [voided.transactionId],
  );
});

test('an unknown id, a hold’s, and one of another ledger are not found', async () => {
  const customer = await ledger.newCustomer();
  const granted = await ledger.grant(customer, 20);
  const { holdId } = await ledger.hold(customer, 5);
  const isNotFound = (error: unknown) =>
    error instanceof Refusal && error.code === 'INTERNAL_RESOURCE_NOT_FOUND';
  for (const id of ['0000000000000000', holdId]) await assert.rejects(explain(id), isNotFound);
  const { live } = await makeOrganisation(ledger.services);
  const elsewhere = { ledgerId: live, author: 'cli' };
  const { transactionId } = granted;
  await assert.rejects(explainTransaction(ledger.services, elsewhere, { transactionId }), isNotFound);
});
