import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, type World } from '../../../test/access/world.ts';
import { makeCustomer, makeKey } from '../../../test/harness.ts';

const CREATE = '/api/v1/shop/order/create';
const MARK_PAID = '/api/v1/shop/order/mark-paid';
const STORNO = '/api/v1/shop/order/storno';

let world: World;
before(async () => {
  world = await openWorld();
  await world.services.database.pool.query(`UPDATE organisations SET origins = '{https://shop.example.com}'`);
});
after(() => world.close());

const { post, get } = clientOf(() => world);
const customer = { email: 'customer@example.com' };
const item = { label: '100 credits', price: 90, vat: 21, count: 1, creditAmount: 100 };

async function makeOrder(more: object = {}) {
  const answer = await post(CREATE, { customer, items: [item], ...more });
  assert.equal(answer.status, 200, answer.text);
  return answer.body as {
    orderNumber: string;
    hash: string;
    links: { orderPageLink: string; payLink: string };
  };
}

const withKey = (idempotencyKey: string) => ({ headers: { 'idempotency-key': idempotencyKey } });

describe('shop/order', () => {
  it('creates an order with exactly the published members, pays it and takes it back', async () => {
    const { identityId } = await makeCustomer(world.services, world.acme.sandbox, { email: customer.email });
    const order = await makeOrder({ currency: 'CZK', orderGroupId: 'GymRoom', customerRealIp: '1.1.1.1' });
    assert.deepEqual(Object.keys(order), ['orderNumber', 'hash', 'links']);
    assert.deepEqual(Object.keys(order.links), ['orderPageLink', 'payLink']);
    const log = async () => {
      const url = `/api/v1/customer/credit-log?apiKey=${world.keys.dev}&identityId=${identityId}`;
      return (await get(url)).body as { creditBalance: number; creditMoneyBalance: number; items: object[] };
    };
    assert.deepEqual((await log()).items, []);
    for (let i = 0; i < 2; i++)
      assert.deepEqual((await post(MARK_PAID, { hash: order.hash })).text, '{"success":true}');
    const { creditBalance, creditMoneyBalance, items } = await log();
    assert.deepEqual([creditBalance, creditMoneyBalance, items.length], [100, 90, 1]);
    const { orderNumber, hash } = order;
    assert.deepEqual(memberOf(items[0], 'order'), { orderNumber, hash, groupName: 'GymRoom' });
    for (let i = 0; i < 2; i++)
      assert.deepEqual((await post(STORNO, { orderId: orderNumber })).text, '{"success":true}');
    assert.equal((await log()).creditBalance, 0);
    expectRefusal(await post(MARK_PAID, { hash }), 'PUBLIC_ORDER_IS_CANCELLED');
  });

  it('takes null for every optional member, and ignores members that it does not know', async () => {
    const nothing = { currency: null, orderGroupId: null, returnUrl: null, notificationUrl: null };
    const items = [{ label: 'x', price: 1, vat: null, count: null, creditAmount: null, unit: 'kg' }];
    await makeOrder({ ...nothing, items, customerRealIp: null, customer: { ...customer, phone: null } });
  });

  it('refuses what cannot be an order, and names each fault', async () => {
    const faults = async (body: object, expected: string[]) => {
      const answer = await post(CREATE, { customer, items: [item], ...body });
      expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
      assert.deepEqual(pointers(answer).sort(), expected.sort(), answer.text);
    };
    await faults({ customer: undefined, items: undefined }, ['/customer', '/items']);
    await faults({ customer: { email: 'nobody' }, items: [] }, ['/customer/email', '/items']);
    await faults({ customer: {}, items: Array(101).fill(item) }, ['/customer/email', '/items']);
    const bad: [object, string][] = [
      [{ label: '' }, 'label'],
      [{ label: 5 }, 'label'],
      [{ label: 'a\u0000' }, 'label'],
      [{ label: undefined }, 'label'],
      [{ price: -0.01 }, 'price'],
      [{ price: '90' }, 'price'],
      [{ price: 0.0000001 }, 'price'],
      [{ price: 1_000_000_001 }, 'price'],
      [{ price: undefined }, 'price'],
      [{ vat: -1 }, 'vat'],
      [{ vat: 101 }, 'vat'],
      [{ count: 0 }, 'count'],
      [{ count: -1 }, 'count'],
      [{ count: 1.5 }, 'count'],
      [{ count: '1' }, 'count'],
      [{ creditAmount: -1 }, 'creditAmount'],
      [{ creditAmount: 0.0000001 }, 'creditAmount'],
    ];
    for (const [wrong, member] of bad)
      await faults({ items: [item, { ...item, ...wrong }] }, [`/items/1/${member}`]);
    await faults({ items: [{ ...item, price: 1_000_000_000, count: 2 }] }, ['/items']);
    for (const currency of ['EUR', 'czk', '', 'CZKK']) await faults({ currency }, ['/currency']);
    for (const url of [
      'https://shop.example.com.evil.example/',
      'https://shop.example.com:444/',
      'shop',
      '',
    ]) {
      await faults({ returnUrl: url }, ['/returnUrl']);
      await faults({ notificationUrl: url }, ['/notificationUrl']);
    }
    await faults({ customerRealIp: 'here' }, ['/customerRealIp']);
    for (const [url, body, pointer] of [
      [MARK_PAID, {}, '/hash'],
      [MARK_PAID, { hash: 'short' }, '/hash'],
      [STORNO, {}, '/orderId'],
      [STORNO, { orderId: 26_000_001 }, '/orderId'],
      [STORNO, { orderId: 'x'.repeat(32) }, '/orderId'],
      [STORNO, { orderId: '26000001', debt: 'yes' }, '/debt'],
    ] as const) {
      const answer = await post(url, body);
      expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
      assert.deepEqual(pointers(answer), [pointer]);
    }
  });

  it('gives credit away for nothing only to keys that may grant', async () => {
    const free = [{ label: 'welcome', price: 0, creditAmount: 5 }];
    const plain = { url: `${CREATE}?apiKey=${world.keys.plain}` };
    const refused = await post(CREATE, { customer, items: free }, plain);
    expectRefusal(refused, 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED');
    assert.equal(memberOf(memberOf(refused.body, 'error'), 'scope'), 'credit-grant');
    assert.equal((await post(CREATE, { customer, items: [item] }, plain)).status, 200);
    assert.equal((await post(CREATE, { customer, items: [{ label: 'x', price: 0 }] }, plain)).status, 200);
    const granting = await makeKey(world.services, 'DEV', 'acme', { scopes: ['default', 'credit-grant'] });
    const url = `${CREATE}?apiKey=${granting}`;
    assert.equal((await post(CREATE, { customer, items: free }, { url })).status, 200);
    const root = {
      url: `${CREATE}?apiKey=${world.keys.root}`,
      headers: { 'x-purser-ledger': 'acme/sandbox' },
    };
    assert.equal((await post(CREATE, { customer, items: free }, root)).status, 200);
  });

  it('replays every answer to its Idempotency-Key, and refuses the key for another request', async () => {
    const body = { customer: { email: 'replayed@example.com' }, items: [item] };
    const replay = async (url: string, members: object, key: string, status = 200) => {
      const [first, again] = [
        await post(url, members, withKey(key)),
        await post(url, members, withKey(`"${key}"`)),
      ];
      assert.deepEqual([first.status, again.status, again.text], [status, status, first.text], first.text);
      assert.deepEqual(
        [first, again].map(({ headers }) => headers['idempotency-replayed']),
        [undefined, 'true'],
      );
      return first.body as { orderNumber: string; hash: string };
    };
    const { orderNumber, hash } = await replay(CREATE, body, 'create');
    await replay(MARK_PAID, { hash }, 'pay');
    await replay(STORNO, { orderId: orderNumber }, 'storno');
    await replay(MARK_PAID, { hash }, 'late', 409);
    for (const [url, members, key] of [
      [CREATE, { ...body, orderGroupId: 'x' }, 'create'],
      [MARK_PAID, { hash }, 'storno'],
      [STORNO, { orderId: orderNumber }, 'create'],
      [STORNO, { orderId: orderNumber, debt: true }, 'storno'],
    ] as const)
      expectRefusal(await post(url, members, withKey(key)), 'PUBLIC_IDEMPOTENCY_KEY_REUSED');
    const bad = await post(MARK_PAID, { hash }, withKey(''));
    assert.deepEqual(pointers(bad), ['/Idempotency-Key']);
  });

  it('knows a late retry though its addresses are no longer listed', async () => {
    const { pool } = world.services.database;
    const setOrigins = (origins: string[]) => pool.query('UPDATE organisations SET origins = $1', [origins]);
    const body = { customer, items: [item], returnUrl: 'https://shop.example.com/thanks' };
    const first = await post(CREATE, body, withKey('listed'));
    await setOrigins([]);
    assert.equal((await post(CREATE, body, withKey('listed'))).text, first.text);
    expectRefusal(await post(CREATE, body, withKey('not-listed')), 'INTERNAL_VALIDATION_FAILED');
    await setOrigins(['https://shop.example.com']);
  });
});

describe('the page of an order', () => {
  const page = (link: string): Promise<Answer> => get(new URL(link).pathname);

  it('shows lines, sums and state, and leads back to the shop', async () => {
    const items = [
      { label: '<b>Credits</b> & "more"', price: 0.1, count: 3, vat: 21, creditAmount: 1000.5 },
      { label: 'Card', price: 1_990 },
    ];
    const { orderNumber, hash, links } = await makeOrder({
      items,
      returnUrl: 'https://shop.example.com/thanks?a="><script>',
    });
    const waiting = await page(links.orderPageLink);
    assert.equal(waiting.status, 200);
    for (const text of [
      `<h1>Order ${orderNumber}</h1>`,
      'waits to be paid',
      '&lt;b&gt;Credits&lt;/b&gt; &amp; &quot;more&quot;',
      'includes 21 % VAT',
      'CZK\u00a01,990.30',
      '3,001.5 credits',
      'Go back to shop.example.com',
    ])
      assert.ok(waiting.text.includes(text), `${text} is missing in ${waiting.text}`);
    assert.doesNotMatch(waiting.text, /<script|<b>|customer@example/);
    assert.match(String(waiting.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(waiting.headers['cache-control'], 'no-store');
    assert.equal(waiting.headers['referrer-policy'], 'no-referrer');
    await post(MARK_PAID, { hash });
    assert.match((await page(links.payLink)).text, /This order is paid/);
    await post(STORNO, { orderId: orderNumber });
    const cancelled = (await page(links.payLink)).text;
    assert.match(cancelled, /was cancelled/);
    assert.doesNotMatch(cancelled, /It brings/);
  });

  it('of an order that nobody made is a page too, and looks the same whatever is asked', async () => {
    const bodies = new Set<string>();
    for (const hash of ['x'.repeat(32), 'short', '%00', 'x'.repeat(33)]) {
      const { status, text, headers } = await get(`/order/${hash}`);
      assert.deepEqual([status, headers['content-type']], [404, 'text/html; charset=utf-8']);
      bodies.add(text);
    }
    assert.equal(bodies.size, 1);
  });
});
