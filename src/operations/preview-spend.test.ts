import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { toMicro } from '../ledger/amount.ts';
import { setBan } from './change-account.ts';
import { explainTransaction } from './explain-transaction.ts';
import { type CreditPreview, previewSpend } from './preview-spend.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

const HOUR_MS = 3_600_000;

function preview({ cuRefNo }: { readonly cuRefNo: string }, amount: number): Promise<CreditPreview> {
  const spend = { cuRefNo, amount: toMicro(amount) ?? 0n };
  return previewSpend(ledger.services, ledger.caller, spend, { requestId: 'preview' });
}

async function rowsOf(accountId: number): Promise<unknown> {
  const { pool } = ledger.services.database;
  const tables = ['accounts', 'entries', 'lots', 'debts', 'account_changes', 'account_limits', 'events'];
  return Promise.all(
    tables.map(
      async (table) =>
        (await pool.query(`SELECT * FROM ${table} AS t WHERE account_id = ${accountId} ORDER BY t::text`))
          .rows,
    ),
  );
}

test('a preview tells what the spend then does, lot by lot, and changes nothing', async (t) => {
  let seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * limit);
  };
  for (let round = 0; round < 8; round++) {
    const customer = await ledger.newCustomer();
    if (below(2) === 0) await ledger.limit(customer, { debtLimit: below(60) });
    if (below(2) === 0) await ledger.limit(customer, { monthlyHardLimit: 30 + below(60) });
    for (let grants = 0; grants < 5; grants++) {
      const expiresInMs = below(2) === 0 ? undefined : (1 + below(5)) * HOUR_MS;
      const more = { money: below(30), priority: 49 + below(3), ...(expiresInMs && { expiresInMs }) };
      await ledger.grant(customer, (1 + below(3_000)) / 100, more);
    }
    for (let spends = 0; spends < 6; spends++) {
      if (below(3) === 0) ledger.advance(HOUR_MS);
      if (below(3) === 0) await ledger.hold(customer, (1 + below(1_000)) / 100, 1800 + below(7200));
      const amount = (1 + below(5_000)) / 100;
      const told = await preview(customer, amount);
      const before = await rowsOf(customer.accountId);
      assert.deepEqual(await preview(customer, amount), told);
      assert.deepEqual(await rowsOf(customer.accountId), before);
      const spent = await ledger.spend(customer, amount);
      assert.equal(told.wouldSucceed, spent.status === 200);
      if (spent.status === 200) await expectSame(told, spent.transactionId);
      else {
        assert.equal(told.newCreditBalance, told.oldCreditBalance);
        assert.deepEqual({ ...told.refusal, requestId: 'test' }, spent.body.error);
      }
    }
  }
});

async function expectSame(told: CreditPreview, transactionId: string): Promise<void> {
  const explained = await explainTransaction(ledger.services, ledger.caller, { transactionId });
  assert.equal(told.oldCreditBalance, explained.oldCreditBalance);
  assert.equal(told.newCreditBalance, explained.newCreditBalance);
  assert.deepEqual(
    told.lots.map((lot) => ({ ...lot, amount: 0 - lot.amount, amountMoney: 0 - lot.amountMoney })),
    explained.lots.map(({ why: _, ...part }) => part),
  );
  assert.equal(
    told.debt ?? 0,
    explained.debts.reduce((owed, { amount }) => owed - amount, 0),
  );
}

test('the smallest change is the least top-up that lets the spend pass', async () => {
  for (const tooLittle of [0.000001, 0]) {
    const customer = await ledger.newCustomer();
    await ledger.limit(customer, { debtLimit: 3 });
    await ledger.grant(customer, 10);
    const { refusal, smallestChange } = await preview(customer, 20.5);
    assert.equal(refusal?.code, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
    assert.deepEqual(smallestChange, { amount: 7.5 });
    await ledger.grant(customer, 7.5 - tooLittle);
    assert.equal((await ledger.spend(customer, 20.5)).status, tooLittle > 0 ? 402 : 200);
  }
});

test('credit that has fallen due is booked first and pays nothing', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 10, { expiresInMs: HOUR_MS });
  ledger.advance(HOUR_MS);
  const { wouldSucceed, oldCreditBalance } = await preview(customer, 5);
  assert.deepEqual([wouldSucceed, oldCreditBalance], [false, 0]);
});

test('a limit that is reached is told with its figures, and no top-up', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 10);
  await ledger.limit(customer, { monthlyHardLimit: 8 });
  await ledger.hold(customer, 3);
  const { refusal, smallestChange } = await preview(customer, 6);
  assert.equal(refusal?.code, 'PUBLIC_CREDIT_LIMIT_REACHED');
  assert.deepEqual([refusal?.limit, refusal?.used, refusal?.held], [8, 3, 3]);
  assert.equal(smallestChange, undefined);
  assert.equal((await preview(customer, 5)).wouldSucceed, true);
});

test('where something else than credit is missing, no top-up is told', async () => {
  const customer = await ledger.newCustomer();
  await setBan(ledger.services, ledger.caller, { customer: { cuRefNo: customer.cuRefNo }, banned: true });
  const { refusal, smallestChange } = await preview(customer, 5);
  assert.equal(refusal?.code, 'PUBLIC_CUSTOMER_IS_BANNED');
  assert.equal(smallestChange, undefined);
});
