import assert from 'node:assert';
import { after, before, test } from 'node:test';
import { freshDatabase, makeCustomer, makeOrganisation, openTestServices } from '../../test/harness.ts';
import { setBan, setLimits } from '../operations/change-account.ts';
import { grantCredit } from '../operations/grant-credit.ts';
import { readCreditLog } from '../operations/read-credit-log.ts';
import { spendCredit } from '../operations/spend-credit.ts';
import { verifyLedgers } from '../operations/verify-ledger.ts';

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let open: Awaited<ReturnType<typeof openTestServices>>;
let ledgerId: number;

before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  ledgerId = (await makeOrganisation(open.services)).live;
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

const credits = (n: number) => BigInt(n) * 1_000_000n;

test('spends of one customer at the same moment form one serial history', async () => {
  const { services } = open;
  const caller = { ledgerId, author: 'cli' };
  const customer = await makeCustomer(services, ledgerId, { credit: 510 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      spendCredit(
        services,
        caller,
        { identityId: customer.identityId, amount: credits(10), description: 'a "b" \\ {c}, d' },
        { requestId: `r${i}` },
      ),
    ),
  );
  const passed = answers.filter(({ status }) => status === 200);
  assert.strictEqual(passed.length, 51);
  const olds = passed.map(({ body }) => JSON.parse(body).oldCreditBalance).sort((a, b) => b - a);
  assert.deepStrictEqual(
    olds,
    Array.from({ length: 51 }, (_, i) => 510 - i * 10),
  );
  for (const { body } of answers.filter(({ status }) => status !== 200)) {
    const { code, shortBy } = JSON.parse(body).error;
    assert.deepStrictEqual([code, shortBy], ['PUBLIC_CREDIT_IS_NOT_SUFFICIENT', 10]);
  }
  const log = await readCreditLog(services, caller, { identityId: customer.identityId, limit: 3 });
  assert.strictEqual(log.creditBalance, 0);
  assert.strictEqual(log.items.length, 3);
  assert.strictEqual(log.items[0]?.description, 'a "b" \\ {c}, d');
});

test('equal keys at the same moment give one effect and the same bytes, later too', async () => {
  const { services } = open;
  const caller = { ledgerId, author: 'cli' };
  const customer = await makeCustomer(services, ledgerId, { credit: 100 });
  const spend = (requestId: string, amount = 30) =>
    spendCredit(
      services,
      caller,
      { identityId: customer.identityId, amount: credits(amount) },
      { requestId, idempotencyKey: 'k1' },
    );
  const twins = await Promise.all([spend('a'), spend('b'), spend('c')]);
  const later = await spend('d');
  assert.deepStrictEqual(new Set([...twins, later].map(({ body }) => body)).size, 1);
  assert.deepStrictEqual(twins.filter(({ replayed }) => !replayed).length, 1);
  assert.ok(later.replayed);
  assert.match((await spend('e', 31)).body, /PUBLIC_IDEMPOTENCY_KEY_REUSED/);
});

test('a grant pays debt at once, a ban stops spends', async () => {
  const { services } = open;
  const caller = { ledgerId, author: 'cli' };
  const { identityId, cuRefNo } = await makeCustomer(services, ledgerId, { credit: 10 });
  await setLimits(services, caller, { customer: { cuRefNo }, debtLimit: credits(50) });
  const spend = () => spendCredit(services, caller, { identityId, amount: credits(15) }, { requestId: 'x' });
  assert.match((await spend()).body, /"newCreditBalance":-5/);
  assert.match((await spend()).body, /"newCreditBalance":-20/);
  const granted = await grantCredit(
    services,
    caller,
    { customer: { cuRefNo }, amount: credits(100), amountMoney: credits(90) },
    { requestId: 'y' },
  );
  assert.match(granted.body, /"oldCreditBalance":-20,"newCreditBalance":80/);
  await setBan(services, caller, { customer: { cuRefNo }, banned: true });
  assert.match((await spend()).body, /PUBLIC_CUSTOMER_IS_BANNED/);
  const log = await readCreditLog(services, caller, { identityId });
  assert.deepStrictEqual(
    log.items.map(({ kind, amount, amountMoney }) => [kind, amount, amountMoney]),
    [
      ['settlement', 0, -18],
      ['grant', 100, 90],
      ['spend', -15, 0],
      ['spend', -15, -10],
      ['grant', 10, 10],
    ],
  );
  assert.strictEqual(log.creditMoneyBalance, 72);
});

test('all invariants hold afterwards', async () => {
  const findings: string[] = [];
  const result = await verifyLedgers(open.services, {
    onFinding: (finding) => findings.push(JSON.stringify(finding)),
  });
  assert.deepStrictEqual(findings, []);
  assert.ok(result.entries > 50);
});
