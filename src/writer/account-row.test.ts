import assert from 'node:assert';
import { after, before, test } from 'node:test';
import { type OneLedger, openOneLedger } from '../../test/one-ledger.ts';

let ledger: OneLedger;

before(async () => {
  ledger = await openOneLedger();
});
after(() => ledger.close());

/** @returns when the first open hold ends, as the account's row says and as the holds say. */
async function ends(accountId: number): Promise<[row: string | null, holds: string | null]> {
  const { rows } = await ledger.services.database.pool.query<{ row: string | null; holds: string | null }>(
    `SELECT hold_due_ms AS row, (
       SELECT min(expires_at_ms) FROM holds h WHERE h.account_id = a.account_id AND ended_at_ms IS NULL) AS holds
     FROM accounts a WHERE account_id = $1`,
    [accountId],
  );
  return [rows[0]?.row ?? null, rows[0]?.holds ?? null];
}

test('the row of an account says when its first open hold ends, whatever moves that', async () => {
  const customer = await ledger.newCustomer();
  await ledger.grant(customer, 100);
  const seen = new Set<string | null>();
  const isSaid = async () => {
    const [row, holds] = await ends(customer.accountId);
    assert.strictEqual(row, holds);
    assert.ok(!seen.has(row), 'it has moved');
    seen.add(row);
  };
  const { holdId } = await ledger.hold(customer, 10, 60);
  await isSaid();
  await ledger.extend(holdId, { expiresIn: 3_600 });
  await isSaid();
  const second = await ledger.hold(customer, 10, 30);
  await isSaid();
  await ledger.extend(second.holdId, { expiresIn: 600 });
  await isSaid();
  await ledger.release(second.holdId);
  assert.strictEqual(...(await ends(customer.accountId)));
  await ledger.capture(holdId, 10);
  assert.deepStrictEqual(await ends(customer.accountId), [null, null]);
});
