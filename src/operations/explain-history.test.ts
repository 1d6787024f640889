import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';
import { explainTransaction } from './explain-transaction.ts';
import { readCreditLog } from './read-credit-log.ts';

let ledger: OneLedger;
before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

const HOUR_MS = 3_600_000;

test('every entry of a random history is explained to the last millionth', async (t) => {
  let seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * limit);
  };
  const customer = await ledger.newCustomer();
  await ledger.limit(customer, { debtLimit: 20 });
  const [grants, takings, holds]: [string[], string[], string[]] = [[], [], []];
  const pick = (ids: readonly string[]) => ids[below(ids.length)] ?? '';
  const amount = () => (1 + below(2_000)) / 100;
  for (let step = 0; step < 90; step++) {
    if (below(6) === 0) ledger.advance(below(3) * HOUR_MS);
    const dice = below(9);
    if (dice < 2) {
      const expiry = below(2) === 0 ? {} : { expiresInMs: (1 + below(5)) * HOUR_MS };
      const money = below(2_000) / 100;
      const more = { money, priority: 49 + below(3), ...expiry };
      grants.push((await ledger.grant(customer, amount(), more)).transactionId);
    } else if (dice < 4) takings.push((await ledger.spend(customer, amount())).transactionId);
    else if (dice === 4) holds.push((await ledger.hold(customer, amount(), 7200)).holdId);
    else if (dice === 5 && holds.length > 0) {
      takings.push((await ledger.capture(pick(holds), amount(), below(2) === 0)).transactionId);
    } else if (dice === 6 && takings.length > 0 && pick(takings)) {
      await ledger.refund(takings.filter(Boolean).at(-1) ?? '', below(2) === 0 ? undefined : amount());
    } else if (dice === 7 && grants.length > 0) await ledger.voidGrant(pick(grants), below(2) === 0);
    else await ledger.adjust(customer, below(2) === 0 ? amount() : -amount());
    holds.splice(0, holds.length, ...holds.filter(Boolean));
  }
  const { items } = await readCreditLog(ledger.services, ledger.caller, { identityId: customer.identityId });
  const micro = (credits: number) => Math.round(credits * 1_000_000);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + micro(number), 0);
  for (const item of items) {
    const told = await explainTransaction(ledger.services, ledger.caller, { transactionId: item.id });
    assert.deepEqual(told.transaction, item);
    const parts = [...told.lots, ...told.debts];
    assert.equal(sum(parts.map((part) => part.amount)), micro(item.amount), item.id);
    assert.equal(sum(told.lots.map((part) => part.amountMoney)), micro(item.amountMoney), item.id);
    assert.equal(micro(told.newCreditBalance) - micro(told.oldCreditBalance), micro(item.amount));
    assert.ok(parts.every(({ why }) => why.endsWith('.')) && told.summary.endsWith('.'));
    const undone = sum(told.undoneBy.map((refund) => refund.amount));
    if (told.refundable !== undefined) assert.equal(micro(told.refundable) + undone, -micro(item.amount));
    assert.equal(told.hold !== undefined, item.kind === 'capture');
  }
  assert.ok(new Set(items.map(({ kind }) => kind)).size >= 5);
});
