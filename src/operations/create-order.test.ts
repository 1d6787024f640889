import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import { type Line, linesOf, type OneShop, openOneShop } from '../../test/one-shop.ts';
import { toMicro } from '../ledger/amount.ts';
import { createCustomer } from './create-customer.ts';
import { createOrder } from './create-order.ts';
import { eraseCustomer } from './erase-customer.ts';
import { grantCredit } from './grant-credit.ts';
import { readCreditLog } from './read-credit-log.ts';
import { shortenAddresses } from './shorten-addresses.ts';
import { showOrder } from './show-order.ts';

const REQUEST = { requestId: 'test' };
const CREDITS: Line[] = [{ price: 90, creditAmount: 100 }];

let shop: OneShop;
before(async () => {
  shop = await openOneShop();
});
after(() => shop.close());

const create = (email: string, lines: readonly Line[], more: object = {}, key?: string) =>
  createOrder(
    shop.services,
    shop.caller,
    { email, items: linesOf(lines), ...more },
    { ...REQUEST, idempotencyKey: key },
  );

describe('an order', () => {
  it('waits until it is paid, and then grants each line with its money, named in the log', async () => {
    const customer = await shop.newCustomer();
    const lines = [
      { price: 45.5, count: 2, creditAmount: 50 },
      { price: 10, creditAmount: 0 },
      { price: 0.000001, count: 3, creditAmount: 0.1 },
    ];
    const order = await shop.order(customer.email, lines, { orderGroupId: 'GymRoom' });
    assert.equal(await shop.stateOf(order), 'waiting');
    assert.deepEqual(await shop.amounts(customer), []);
    assert.equal(await shop.pay(order), 200);
    assert.equal(await shop.stateOf(order), 'paid');
    const { items, creditBalance, creditMoneyBalance } = await readCreditLog(shop.services, shop.caller, {
      cuRefNo: customer.cuRefNo,
    });
    assert.deepEqual([creditBalance, creditMoneyBalance], [100.3, 91.000003]);
    const { orderNumber, hash } = order;
    for (const item of items) {
      assert.deepEqual(item.order, { orderNumber, hash, groupName: 'GymRoom' });
      assert.equal(item.description, `Order ${orderNumber}`);
    }
    const shown = await showOrder(shop.services, shop.caller, { hash });
    assert.deepEqual([shown.total, shown.items.length, shown.paidBy], [101.000003, 3, 'cli']);
    assert.deepEqual(
      shown.items.map(({ transactionId }) => transactionId),
      [items[1]?.id, null, items[0]?.id],
    );
    await shop.verify();
  });

  it('that is paid twice grants once', async () => {
    const customer = await shop.newCustomer();
    const order = await shop.order(customer.email, CREDITS);
    assert.deepEqual(await Promise.all([shop.pay(order), shop.pay(order), shop.pay(order)]), [200, 200, 200]);
    assert.equal(await shop.pay(order), 200);
    assert.deepEqual(await shop.amounts(customer), [100]);
  });

  it('that is free is paid at once; one without credit grants nothing', async () => {
    const customer = await shop.newCustomer();
    const free = await shop.order(customer.email, [{ price: 0, count: 3, creditAmount: 5 }]);
    assert.equal(await shop.stateOf(free), 'paid');
    assert.deepEqual(await shop.amounts(customer), [15]);
    const gift = await shop.order(customer.email, [{ price: 0 }]);
    assert.equal(await shop.stateOf(gift), 'paid');
    const goods = await shop.order(customer.email, [{ price: 5 }]);
    assert.equal(await shop.stateOf(goods), 'waiting');
    assert.equal(await shop.pay(goods), 200);
    assert.equal(await shop.stateOf(goods), 'paid');
    assert.deepEqual(await shop.amounts(customer), [15]);
  });

  it('creates the customer of an unknown e-mail address, once', async () => {
    const order = await shop.order(' New.Customer@example.com ', CREDITS);
    await shop.order('new.customer@example.com', CREDITS);
    const found = await createCustomer(shop.services, shop.caller, { email: 'new.customer@example.com' });
    assert.equal(found.isNew, false);
    const { customer } = await showOrder(shop.services, shop.caller, order);
    assert.deepEqual(customer, { cuRefNo: found.cuRefNo, email: 'new.customer@example.com' });
  });

  it('has the next number of its ledger and year, however many are made at once, and links to its page', async () => {
    const { email } = await shop.newCustomer();
    const orders = await Promise.all(Array.from({ length: 20 }, () => shop.order(email, CREDITS)));
    const numbers = orders.map(({ orderNumber }) => Number(orderNumber)).sort((a, b) => a - b);
    assert.deepEqual(
      numbers.map((number) => number - (numbers[0] ?? 0)),
      Array.from({ length: 20 }, (_, i) => i),
    );
    const year = String(new Date().getUTCFullYear() % 100).padStart(2, '0');
    for (const { orderNumber, hash, links, ...rest } of orders) {
      assert.match(orderNumber, new RegExp(`^${year}\\d{6}$`));
      assert.match(hash, /^[A-Za-z0-9]{32}$/);
      const page = `${shop.services.publicAddress.url}/order/${hash}`;
      assert.deepEqual([links, rest], [{ orderPageLink: page, payLink: page }, {}]);
    }
    const live = { ...shop.caller, ledgerId: shop.organisation.live };
    const answer = await createOrder(shop.services, live, { email, items: linesOf(CREDITS) }, REQUEST);
    assert.equal((JSON.parse(answer.body) as { orderNumber: string }).orderNumber, `${year}000001`);
  });

  it('in another currency, too large, or with addresses that nobody listed is refused, and makes no customer', async () => {
    const email = 'nobody@example.com';
    await assertFaults(create(email, CREDITS, { currency: 'EUR' }), ['/currency']);
    await assertFaults(create(email, [{ price: 500_000_000, count: 3 }]), ['/items']);
    const much = [
      { price: 1, creditAmount: 1_000_000_000 },
      { price: 1, creditAmount: 0.000001 },
    ];
    await assertFaults(create(email, much), ['/items']);
    const elsewhere = 'https://elsewhere.example.com/x';
    const all = { currency: 'EUR', returnUrl: elsewhere, notificationUrl: elsewhere };
    await assertFaults(create(email, much, all), ['/items', '/currency', '/returnUrl', '/notificationUrl']);
    for (const member of ['returnUrl', 'notificationUrl']) {
      for (const url of ['https://elsewhere.example.com/x', 'javascript:alert(1)', '//shop.example.com'])
        await assertFaults(create(email, CREDITS, { [member]: url }), [`/${member}`]);
    }
    const { rows } = await shop.services.database.pool.query('SELECT FROM customers WHERE email = $1', [
      email,
    ]);
    assert.equal(rows.length, 0);
    assert.equal((await create('somebody@example.com', CREDITS, { currency: 'CZK' })).status, 200);
  });

  it('of the former address of a customer who was erased is that of a new one', async () => {
    const { services, caller } = shop;
    const customer = await shop.newCustomer();
    const waiting = await shop.order(customer.email, CREDITS);
    await eraseCustomer(services, caller, { customer: { cuRefNo: customer.cuRefNo } });
    assert.equal(await shop.stateOf(waiting), 'cancelled');
    const order = await shop.order(customer.email, CREDITS);
    assert.notEqual((await showOrder(services, caller, order)).customer?.cuRefNo, customer.cuRefNo);
  });

  it('whose credit would be too much grants nothing of it and waits on; a free one is cancelled', async () => {
    const { services, caller } = shop;
    const customer = await shop.newCustomer();
    const billion = toMicro(1_000_000_000) ?? 0n;
    for (let i = 0; i < 5; i++) {
      const wish = { customer: { cuRefNo: customer.cuRefNo }, amount: billion, amountMoney: 0n };
      assert.equal((await grantCredit(services, caller, wish, REQUEST)).status, 200);
    }
    const lines = (price: number) => [
      { price, creditAmount: 1 },
      { price, creditAmount: 999_999_999 },
    ];
    const [first, second] = [
      await shop.order(customer.email, lines(1)),
      await shop.order(customer.email, lines(1)),
    ];
    assert.equal(await shop.pay(first), 200);
    assert.equal(await shop.pay(second), 'PUBLIC_CREDIT_TOO_LARGE');
    assert.equal(await shop.pay(second, { idempotencyKey: 'again' }), 'PUBLIC_CREDIT_TOO_LARGE');
    assert.equal(await shop.stateOf(second), 'waiting');
    const free = await create(customer.email, lines(0), {}, 'free');
    assert.equal(free.status, 409);
    const again = await create(customer.email, lines(0), {}, 'free');
    assert.deepEqual([again.body, again.replayed], [free.body, true]);
    const { rows } = await services.database.pool.query(
      `SELECT state FROM orders WHERE account_id = $1 ORDER BY order_id`,
      [customer.accountId],
    );
    assert.deepEqual(
      rows.map(({ state }) => state),
      ['paid', 'waiting', 'cancelled'],
    );
    assert.equal(await shop.cancel(first), 200);
    assert.equal(await shop.pay(second, { idempotencyKey: 'again' }), 'PUBLIC_CREDIT_TOO_LARGE');
    assert.equal(await shop.pay(second), 200);
    assert.equal((await shop.amounts(customer)).length, 5 + 2 + 2 + 2);
    await shop.verify();
  });
});

describe('the address that an order came from', () => {
  it('is kept with it, and shortened once it is old', async () => {
    const { email, accountId } = await shop.newCustomer();
    const { pool } = shop.services.database;
    const ips = async () => {
      const { rows } = await pool.query<{ ip: string }>(
        'SELECT ip FROM orders WHERE account_id = $1 ORDER BY order_id',
        [accountId],
      );
      return rows.map(({ ip }) => ip);
    };
    for (const customerRealIp of ['8.8.8.8', '2001:4860:4860::8888'])
      await create(email, CREDITS, { customerRealIp });
    await shortenAddresses(shop.services, 30);
    assert.deepEqual(await ips(), ['8.8.8.8', '2001:4860:4860::8888']);
    await shortenAddresses(shop.services, 30, Date.now() + 32 * 86_400_000);
    assert.deepEqual(await ips(), ['8.8.8.0/24', '2001:4860:4860::/48']);
  });
});
