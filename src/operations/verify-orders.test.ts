import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type OneShop, openOneShop } from '../../test/one-shop.ts';
import { type Finding, verifyLedgers } from './verify-ledger.ts';

let shop: OneShop;
before(async () => {
  shop = await openOneShop();
});
after(() => shop.close());

/** What is wrong with an order of two lines, paid at the first try, and the statement that makes it so; $1 is its account. */
const FAULTS = [
  ['the grant of a line is gone', 'DELETE FROM entries WHERE account_id = $1 AND seq = 2', 1],
  [
    'it waits again, with its grants',
    `UPDATE orders SET state = 'waiting', paid_at = NULL WHERE account_id = $1`,
    2,
  ],
  [
    'its grants are those of a try that was refused',
    `UPDATE orders SET payment = 2 WHERE account_id = $1`,
    4,
  ],
  [
    'a line brings more than was granted',
    `UPDATE order_items SET count = 3 WHERE item = 2
       AND order_id = (SELECT order_id FROM orders WHERE account_id = $1)`,
    1,
  ],
  [
    'a line is worth less than was granted',
    `UPDATE order_items SET price = price - 1 WHERE item = 1
       AND order_id = (SELECT order_id FROM orders WHERE account_id = $1)`,
    1,
  ],
  [
    'a line names no grant',
    `UPDATE order_items SET transaction_id = NULL WHERE item = 1
       AND order_id = (SELECT order_id FROM orders WHERE account_id = $1)`,
    1,
  ],
] as const;

async function verify(accountId: number): Promise<Finding[]> {
  const found: Finding[] = [];
  await verifyLedgers(shop.services, { onFinding: (finding) => found.push(finding), accountId });
  return found;
}

for (const [what, statement, lines] of FAULTS) {
  test(`purser verify names I5 and the order when ${what}`, async () => {
    const { pool } = shop.services.database;
    const { accountId, email } = await shop.newCustomer();
    const order = await shop.order(email, [
      { price: 90, creditAmount: 100 },
      { price: 0.000001, count: 2, creditAmount: 1.5 },
    ]);
    await shop.pay(order);
    assert.deepEqual(await verify(accountId), []);
    await pool.query(statement, [accountId]);
    const found = (await verify(accountId)).filter(({ invariant }) => invariant === 'I5');
    assert.equal(found.length, lines);
    for (const { text } of found) assert.match(text, new RegExp(`order ${order.orderNumber} `));
  });
}

test('purser verify names an order of another ledger', async () => {
  const { accountId, email } = await shop.newCustomer();
  await shop.order(email, [{ price: 1 }]);
  const { pool } = shop.services.database;
  await pool.query('UPDATE orders SET ledger_id = $2 WHERE account_id = $1', [
    accountId,
    shop.organisation.live,
  ]);
  assert.deepEqual(
    (await verify(accountId)).map(({ invariant }) => invariant),
    ['I7'],
  );
});
