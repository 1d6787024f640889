import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestDatabase } from '../../test/harness.ts';
import { openPurserCli, type PurserCli } from '../../test/purser-cli.ts';

let cli: PurserCli;
before(async () => {
  cli = await openPurserCli();
});
after(() => cli.close());

const runUnread: PurserCli['runUnread'] = (...given) => cli.runUnread(...given);
const done: PurserCli['done'] = (...given) => cli.done(...given);
const json: PurserCli['json'] = (...given) => cli.json(...given);
const refused: PurserCli['refused'] = (...given) => cli.refused(...given);

test('a customer is made once, in the live ledger unless the sandbox is named', async () => {
  const email = 'made@example.com';
  const made = await json('customer', 'create', email, '--first-name', 'Some');
  assert.equal(made.isNew, true);
  assert.equal(made.ledger, 'corner-gym/live');
  const again = await json('customer', 'create', '--email', email.toUpperCase());
  assert.deepEqual([again.isNew, again.cuRefNo], [false, made.cuRefNo]);
  const missing = ['customer', 'show', email, '--ledger', 'sandbox'];
  await refused(1, missing, /no customer made@example.com in corner-gym\/sandbox; .*--ledger live/);
  const sandbox = await json('customer', 'create', email, '--ledger', 'sandbox');
  assert.notEqual(sandbox.cuRefNo, made.cuRefNo);
  const shown = await json('customer', 'show', String(sandbox.cuRefNo));
  assert.equal(shown.cuRefNo, sandbox.cuRefNo, 'a reference says which ledger');
  await refused(2, ['customer', 'create', 'nobody'], /--email must be an e-mail address/);
  await refused(2, ['customer', 'show'], /Name one customer/);
  await refused(2, ['customer', 'show', email, '--cu-ref-no', String(made.cuRefNo)], /Name one customer/);
  await refused(2, ['customer', 'show', 'nobody'], /no e-mail address and no cuRefNo/);
});

test('credit is granted, adjusted and shown exactly as it was written', async () => {
  const email = 'credit@example.com';
  await done('customer', 'create', email);
  const granted = await json('grant', email, '--amount', '100.000001', '--money', '90', '--priority', '10');
  assert.equal(granted.newCreditBalance, 100.000001);
  assert.match(String(granted.transactionId), /^[A-Za-z0-9]{16}$/);
  const adjusted = await json(
    'customer',
    'adjust',
    email,
    '--amount',
    '-0.000001',
    '--description',
    'one less',
  );
  assert.deepEqual([adjusted.oldCreditBalance, adjusted.newCreditBalance], [100.000001, 100]);
  await json('customer', 'limits', email, '--debt', '50');
  const shown = await json('customer', 'show', '--email', email);
  assert.deepEqual([shown.creditBalance, shown.debtLimit, shown.available], [100, 50, 150]);
  assert.match(await done('customer', 'show', email), /Credit +100\n/);
});

test('limits that are named are set, and all of them are shown', async () => {
  const email = 'limits@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  const limits = (...words: string[]) => json('customer', 'limits', email, ...words);
  const first = { cuRefNo, email, debtLimit: 50, monthlySoftLimit: 0, monthlyHardLimit: 0, lowBalance: null };
  assert.deepEqual(await limits('--debt', '50'), first);
  const set = await limits('--monthly-soft', '800.5', '--monthly-hard', '1000', '--low-balance', '20');
  assert.deepEqual(set, { ...first, monthlySoftLimit: 800.5, monthlyHardLimit: 1000, lowBalance: 20 });
  const off = await limits('--low-balance', 'none', '--monthly-hard', '0', '--reason', 'asked');
  assert.deepEqual(off, { ...first, monthlySoftLimit: 800.5 });
  assert.match(
    await done('customer', 'show', email),
    /Monthly soft limit +800.5\nMonthly hard limit +none\n/,
  );
  await refused(2, ['customer', 'limits', email], /Name at least one limit/);
  await refused(2, ['customer', 'limits', email, '--debt', '-1'], /must not be negative/);
});

test('an order is listed, shown, marked as paid and cancelled, by its number or its hash', async () => {
  const database = openTestDatabase(cli.fresh);
  const customer = await json('customer', 'create', 'orders@example.com', '--ledger', 'sandbox');
  const hash = 'sSO98YxzR4KJiOu66Jn6K3wRwa4FPI7S';
  await database.pool.query(
    `WITH made AS (
       INSERT INTO orders (ledger_id, account_id, order_number, hash, currency, state, author)
       SELECT ledger_id, account_id, '26000001', $1, 'CZK', 'waiting', 'cli' FROM customers WHERE cu_ref_no = $2
       RETURNING order_id)
     INSERT INTO order_items (order_id, item, label, price, count, credit_amount)
     SELECT order_id, 1, '100 credits', 45000000, 2, 50000000 FROM made`,
    [hash, customer.cuRefNo],
  );
  await database.close();
  const { orders } = await json('order', 'list', '--ledger', 'sandbox', '--state', 'waiting');
  assert.ok(Array.isArray(orders));
  const [{ createdAt: _, ...listed }] = orders;
  assert.deepEqual(listed, { orderNumber: '26000001', hash, state: 'waiting', currency: 'CZK', total: 90 });
  assert.match(await done('order', 'list', '--ledger', 'sandbox'), /26000001 +waiting +90 CZK/);
  assert.match(await done('order', 'list'), /no orders in corner-gym\/live.*--ledger sandbox/);
  const paying = ['order', 'list', '--ledger', 'sandbox', '--state', 'paying'];
  assert.match(await done(...paying), /no orders that are paying in corner-gym\/sandbox/);
  const paid = await json('order', 'mark-paid', '26000001', '--ledger', 'sandbox');
  assert.deepEqual([paid.state, paid.paidBy], ['paid', 'cli']);
  const shown = await done('order', 'show', hash);
  assert.match(shown, /orders@example\.com/);
  assert.match(shown, /100 credits +2 +45 +50 +[A-Za-z0-9]{16}/);
  assert.equal((await json('customer', 'show', String(customer.cuRefNo))).creditBalance, 100);
  assert.equal((await json('order', 'cancel', hash)).state, 'cancelled');
  assert.equal((await json('customer', 'show', String(customer.cuRefNo))).creditBalance, 0);
  await refused(1, ['order', 'mark-paid', hash], /Order is cancelled/);
  await refused(1, ['order', 'show', '26000001'], /no order 26000001 in corner-gym\/live.*--ledger sandbox/);
  await refused(1, ['order', 'show', 'x'.repeat(32)], /no order/);
  await refused(2, ['order', 'show', 'nonsense'], /no order number/);
});

test('a ban is set and lifted', async () => {
  const email = 'ban@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  assert.deepEqual(await json('customer', 'ban', email, '--reason', 'test'), { cuRefNo, email, ban: true });
  assert.match(await done('customer', 'show', email), /Banned +yes\n/);
  assert.deepEqual(await json('customer', 'ban', email, '--lift'), { cuRefNo, email, ban: false });
});

test('operators mark a customer, see where it is logged in, and end that', async () => {
  const email = 'marked@example.com';
  const { cuRefNo } = await json('customer', 'create', email);
  const manager = await json('customer', 'create', 'manager@example.com');
  const update = (...words: string[]) => json('customer', 'update', email, ...words);
  const groups = ['--group', 'Personal Trainer', '--group', 'VIP'];
  const set = await update(
    '--premium',
    ...groups,
    '--meta',
    '{"a":1}',
    '--managed-by',
    String(manager.cuRefNo),
  );
  assert.deepEqual(
    [set.premium, set.groups, set.meta, set.managedBy],
    [true, ['Personal Trainer', 'VIP'], { a: 1 }, manager.cuRefNo],
  );
  const shown = await done('customer', 'show', email);
  assert.match(shown, /Groups +Personal Trainer, VIP\nPremium +yes\nManaged by +\w{16}\n/);
  const off = await update('--no-premium', '--no-group', '--managed-by', 'none');
  assert.deepEqual([off.premium, off.groups, off.meta, off.managedBy], [false, [], { a: 1 }, null]);
  await refused(2, ['customer', 'update', email], /Name at least one thing to set/);
  await refused(2, ['customer', 'update', email, '--meta', '[]'], /must be a JSON object/);
  await refused(2, ['customer', 'update', email, '--group', ' '], /--group must not be empty/);
  await refused(
    2,
    ['customer', 'update', email, '--managed-by', 'x'.repeat(16)],
    /--managed-by is the cuRefNo of no/,
  );

  const database = openTestDatabase(cli.fresh, 1);
  const identityHash = Buffer.alloc(32, 7);
  await database.pool.query(
    `INSERT INTO sessions (identity_hash, account_id, ledger_id, created_from, expires_at)
     SELECT $1, account_id, ledger_id, '1.1.1.1', now() + interval '1 day' FROM customers WHERE cu_ref_no = $2`,
    [identityHash, cuRefNo],
  );
  await database.close();
  const { sessions } = (await json('customer', 'sessions', email)) as { sessions: { sessionId: string }[] };
  const [session] = sessions;
  assert.match(await done('customer', 'sessions', email), /FROM .*\n\w{16} .* 1\.1\.1\.1 /);
  const none = ['customer', 'end-sessions', email, '--session', 'x'.repeat(16)];
  await refused(1, none, /no session x{16} of customer marked@example.com/);
  const one = ['customer', 'end-sessions', email, '--session', String(session?.sessionId)];
  assert.deepEqual(await json(...one), { success: true, ended: 1 });
  assert.match(await done('customer', 'end-sessions', email), /^Ended: 0\./);
  assert.match(await done('customer', 'sessions', email), /not logged in anywhere/);
});

test('a customer is exported, and erased once nothing is left or it is written off', async () => {
  const email = 'erased@example.com';
  const { cuRefNo } = await json('customer', 'create', email, '--first-name', 'Secret');
  await done('grant', email, '--amount', '10', '--description', 'Secret top-up');
  const exported = await json('customer', 'export', email);
  assert.equal((exported.customer as { email: string }).email, email);
  assert.deepEqual((exported.entries as { description: string }[])[0]?.description, 'Secret top-up');
  for (const words of [['customer', 'export', email], ['customer', 'show', email], ['help']])
    assert.equal((await runUnread(...words)).stderr, '', `${words.join(' ')} | head`);
  await refused(2, ['customer', 'erase', email], /required option '--reason/);
  await refused(1, ['customer', 'erase', email, '--reason', 'asked'], /still has credit.*\n.*--write-off/);
  const erase = ['customer', 'erase', email, '--reason', 'asked', '--write-off'];
  assert.deepEqual(await json(...erase), { cuRefNo, erased: true });
  await refused(1, erase, /no customer erased@example.com/);
  const left = await done('customer', 'export', String(cuRefNo));
  assert.doesNotMatch(left, /Secret|erased@example/);
  assert.match(await done('customer', 'show', String(cuRefNo)), /Erased +\d{4}-.*\nBanned +yes/);
});
