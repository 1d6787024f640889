import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal, pointers } from '../../../test/access/client.ts';
import { type Answer, memberOf, openWorld, type World } from '../../../test/access/world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const SPEND = '/api/v1/customer/credit-spend';
const { post, get } = clientOf(() => world);

test('all faults of a request are told at once, in words', async () => {
  const answer = await post(
    SPEND,
    { identityId: 'x', amount: -1, description: 'a\u0000', customerRealIp: 'here' },
    { headers: { 'idempotency-key': 'a b' } },
  );
  expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
  assert.deepEqual(pointers(answer), [
    '/identityId',
    '/amount',
    '/description',
    '/customerRealIp',
    '/Idempotency-Key',
  ]);
  expectRefusal(await post(SPEND, { amount: '1' }), 'INTERNAL_VALIDATION_FAILED');
  assert.deepEqual(pointers(await post(SPEND, { amount: '1' })), ['/amount', '/identityId']);
});

test('amounts are judged by their text: a 7th place is refused, never rounded', async () => {
  const { identityId } = world.customers.own;
  const spend = (amount: string) => post(SPEND, `{"identityId":"${identityId}","amount":${amount}}`);
  for (const text of ['1.0', '1e0', '0.000001', '1.0000000', '10e-1']) {
    assert.equal((await spend(text)).status, 200, text);
  }
  const refused = [
    '0',
    '-0',
    '-1',
    '0.0000001',
    '1.0000001',
    '1000000000.000001',
    '1e10',
    '1e400',
    '9007199254740993',
    '1.00000000000000000001',
    '"1"',
    'true',
    'null',
    '[1]',
  ];
  for (const text of refused) {
    const answer = await spend(text);
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    assert.deepEqual([...new Set(pointers(answer))], ['/amount'], text);
  }
});

test('null in an optional member means absent, unknown members are ignored', async () => {
  const { identityId, cuRefNo } = world.customers.own;
  const spend = {
    identityId,
    amount: 0.000001,
    description: null,
    customerRealIp: null,
    unknown: { a: [null] },
  };
  assert.equal((await post(SPEND, spend)).status, 200);
  const grant = {
    cuRefNo,
    identityId: null,
    email: null,
    amount: 1,
    order: { orderNumber: '1', hash: null, groupName: null },
  };
  assert.equal((await post('/api/v1/customer/credit-grant', grant)).status, 200);
  expectRefusal(await post(SPEND, { identityId, amount: null }), 'INTERNAL_VALIDATION_FAILED');
});

test('exactly one of identityId, cuRefNo and email names a customer', async () => {
  const { cuRefNo, email } = world.customers.own;
  for (const [names, pointer] of [
    [{}, '/identityId'],
    [{ cuRefNo, email }, ''],
  ] as const) {
    const answer = await post('/api/v1/customer/credit-grant', { ...names, amount: 1 });
    expectRefusal(answer, 'INTERNAL_VALIDATION_FAILED');
    assert.deepEqual(pointers(answer), [pointer]);
  }
  const unknown = { email: 'nobody@example.com', amount: 1 };
  expectRefusal(await post('/api/v1/customer/credit-grant', unknown), 'INTERNAL_RESOURCE_NOT_FOUND');
});

test('a parameter that stands twice with two values is refused; integers are read strictly', async () => {
  const { identityId } = world.customers.own;
  const log = (query: string) =>
    get(`/api/v1/customer/credit-log?apiKey=${world.keys.dev}&identityId=${identityId}${query}`);
  assert.equal((await log(`&limit=1&identityId=${identityId}`)).status, 200);
  for (const query of [
    '&limit=1&limit=2',
    '&limit=',
    '&limit=1.0',
    '&limit=0x1',
    '&limit=%201',
    '&limit=0',
    '&limit=1001',
    '&limit=1e2',
  ])
    assert.deepEqual(pointers(await log(query)), ['/limit'], query);
  expectRefusal(await log('&cursor=0000000000000000'), 'INTERNAL_VALIDATION_FAILED');
});

test('a ROOT key names the ledger; another key may name only its own', async () => {
  const { identityId } = world.customers.own;
  const log = (apiKey: string, ledger?: string) =>
    get(`/api/v1/customer/credit-log?apiKey=${apiKey}&identityId=${identityId}`, {
      headers: ledger === undefined ? {} : { 'x-purser-ledger': ledger },
    });
  const { root, dev } = world.keys;
  assert.equal((await log(root, 'acme/sandbox')).status, 200);
  assert.equal((await log(dev, 'acme/sandbox')).status, 200);
  for (const ledger of [undefined, '', 'acme', 'acme/test', 'Acme/live', 'acme/sandbox/'])
    assert.deepEqual(pointers(await log(root, ledger)), ['/X-Purser-Ledger']);
  expectRefusal(await log(root, 'nobody/live'), 'INTERNAL_RESOURCE_NOT_FOUND');
  for (const ledger of ['acme/live', 'other/sandbox', 'nobody/live', 'x'])
    expectRefusal(await log(dev, ledger), 'INTERNAL_RESOURCE_NOT_FOUND');
  expectRefusal(await log(root, 'acme/live'), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
});

test('the same Idempotency-Key, quoted or bare, replays the answer byte for byte', async () => {
  const { identityId } = world.customers.own;
  const spend = (body: string, key: string) => post(SPEND, body, { headers: { 'idempotency-key': key } });
  const first = await spend(`{"identityId":"${identityId}","amount":3}`, 'once-1');
  const again = await spend(
    `{"amount":3.0,"identityId":"${identityId}","description":null,"x":1}`,
    '"once-1"',
  );
  assert.equal(first.headers['idempotency-replayed'], undefined);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal(again.text, first.text);
  const other = await spend(`{"identityId":"${identityId}","amount":4}`, 'once-1');
  expectRefusal(other, 'PUBLIC_IDEMPOTENCY_KEY_REUSED');
  const short = await spend(`{"identityId":"${identityId}","amount":999999999}`, 'once-2');
  expectRefusal(short, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  const shortAgain = await spend(`{"identityId":"${identityId}","amount":999999999}`, 'once-2');
  assert.equal(shortAgain.text, short.text);
});

test('a ban is 403, an ended session 401, credit beyond all bounds 409', async () => {
  const { banned, ended, own } = world.customers;
  const spend = (identityId: string) => post(SPEND, { identityId, amount: 1 });
  expectRefusal(await spend(banned.identityId), 'PUBLIC_CUSTOMER_IS_BANNED');
  expectRefusal(await spend(ended.identityId), 'INTERNAL_USER_MUST_BE_AUTHORIZED');
  let answer: Answer | undefined;
  for (let i = 0; i < 7; i++) {
    answer = await post('/api/v1/customer/credit-grant', { cuRefNo: own.cuRefNo, amount: 1_000_000_000 });
  }
  assert.ok(answer);
  expectRefusal(answer, 'PUBLIC_CREDIT_TOO_LARGE');
});

test('customers log in, are looked at and log out', async () => {
  const login = await post('/api/v1/customer/magic-auth', { email: ' New@Example.com ', customerRealIp: '' });
  const identityId = String(memberOf(login.body, 'identityId'));
  const info = () =>
    get(
      `/api/v1/customer/get-account-info?apiKey=${world.keys.dev}&identityId=${identityId}&customerRealIp=::1`,
    );
  const account = await info();
  assert.equal(memberOf(account.body, 'email'), 'new@example.com');
  assert.equal(memberOf(account.body, 'loggedIn'), true);
  assert.deepEqual(memberOf(account.body, 'meta'), {});
  assert.deepEqual((await post('/api/v1/customer/logout', { identityId })).body, { success: true });
  assert.deepEqual((await info()).body, { loggedIn: false });
  const refused = await post('/api/v1/customer/magic-auth', { email: world.customers.banned.email });
  assert.equal(refused.status, 200);
  assert.equal(memberOf(refused.body, 'errorCode'), 'E005');
});

test('a transaction is found by its id, and by its key and customer', async () => {
  const { identityId, cuRefNo } = world.customers.own;
  const body = { identityId, amount: 5, description: 'found' };
  const spent = await post(SPEND, body, { headers: { 'idempotency-key': 'find "me"'.replace(' ', '') } });
  const id = String(memberOf(spent.body, 'transactionId'));
  const find = (query: string) =>
    get(`/api/v1/customer/credit-transaction?apiKey=${world.keys.dev}&${query}`);
  const found = await find(`transactionId=${id}`);
  assert.equal(memberOf(found.body, 'id'), id, found.text);
  assert.equal(memberOf(found.body, 'amount'), -5);
  const key = encodeURIComponent('find"me"');
  assert.equal((await find(`idempotencyKey=${key}&cuRefNo=${cuRefNo}`)).text, found.text);
  expectRefusal(await find(`idempotencyKey=other&cuRefNo=${cuRefNo}`), 'INTERNAL_RESOURCE_NOT_FOUND');
  expectRefusal(await find('transactionId=0000000000000000'), 'INTERNAL_RESOURCE_NOT_FOUND');
  for (const query of [
    '',
    `idempotencyKey=${key}`,
    `transactionId=${id}&idempotencyKey=a`,
    'transactionId=x',
  ])
    expectRefusal(await find(query), 'INTERNAL_VALIDATION_FAILED');
});
