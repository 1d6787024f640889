import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Purser, PurserRefusal } from '../../src/client/index.ts';
import type { RefusalMembers } from '../../src/client/refusals.ts';
import { REFUSALS } from '../../src/refusals.ts';
import { openShop, type Shop } from './open-shop.ts';
import { methodNameOf, methodsOf, noteAnswers, readRoutes, sentByMethods } from './routes.ts';
import { checkAnswers, compareWithSchemas, typeCheck } from './type-program.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

const password = 'correct horse battery staple';
const another = 'quite another battery staple';

test('each route has its method, each method its route, and a key goes where the route takes one', async () => {
  const routes = await readRoutes(shop.url);
  const wanted = routes.map(({ method, path, operation }) => {
    const hasKey = operation.parameters?.some(({ name }) => name === 'Idempotency-Key') ?? false;
    return [methodNameOf(path), { method, path, hasKey }];
  });
  assert(wanted.length >= 35, 'the document has all of the routes');
  assert.deepEqual(Object.fromEntries(await sentByMethods()), Object.fromEntries(wanted));
});

test('the types of requests and answers are those that the server documents', async () => {
  assert.equal(typeCheck(compareWithSchemas(await readRoutes(shop.url))), '');
});

test('a type that differs would be seen', async () => {
  const routes = await readRoutes(shop.url);
  const spend = routes.filter(({ path }) => path === 'customer/credit-spend');
  const changes: [RegExp, string][] = [
    [/newCreditBalance/g, 'newBalance'],
    [/amount: number/g, 'amount: string'],
    [/, 'amount'> =/g, `, 'amount' | 'description'> =`],
  ];
  for (const [what, instead] of changes) {
    const program = compareWithSchemas(spend);
    const changed = program.replace(what, instead);
    assert.notEqual(changed, program);
    assert.match(typeCheck(changed), /TS2322/);
  }
});

test('the refusals of the client are those of the server, with the same members', () => {
  const samples: { [Code in keyof RefusalMembers]: Record<keyof RefusalMembers[Code], true> } = {
    INTERNAL_RESOURCE_NOT_FOUND: {},
    PUBLIC_METHOD_NOT_ALLOWED: {},
    PUBLIC_BODY_TOO_LARGE: {},
    PUBLIC_MEDIA_TYPE_NOT_SUPPORTED: {},
    PUBLIC_REQUEST_IS_NOT_VALID_JSON: { reason: true },
    PUBLIC_API_KEY_IS_EMPTY: {},
    PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT: {},
    PUBLIC_API_KEY_SAMPLE_VALUE: {},
    PUBLIC_API_KEY_DOES_NOT_EXIST: {},
    PUBLIC_API_KEY_IS_NOT_ACTIVE: {},
    PUBLIC_API_KEY_HAS_BEEN_DELETED: {},
    PUBLIC_API_KEY_HAS_BEEN_EXPIRED: {},
    PUBLIC_API_KEY_TOO_MANY_REQUEST: {},
    PUBLIC_API_KEY_SCOPE_NOT_ALLOWED: { scope: true },
    INTERNAL_VALIDATION_FAILED: { errors: true },
    PUBLIC_SANDBOX_ONLY: {},
    PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED: {},
    INTERNAL_USER_MUST_BE_AUTHORIZED: {},
    PUBLIC_IDEMPOTENCY_KEY_REUSED: {},
    PUBLIC_CUSTOMER_IS_BANNED: {},
    PUBLIC_CREDIT_HOLD_HAS_ENDED: { endedBy: true, endedAt: true },
    PUBLIC_CREDIT_REFUND_TOO_LARGE: { refundable: true },
    PUBLIC_CREDIT_BATCH_NOT_APPLIED: {},
    PUBLIC_CUSTOMER_HAS_CREDIT: { creditBalance: true, held: true, debt: true },
    PUBLIC_ORDER_IS_CANCELLED: {},
    PUBLIC_CREDIT_TOO_LARGE: {},
    PUBLIC_CREDIT_LIMIT_REACHED: { limit: true, used: true, held: true, resetsAt: true },
    PUBLIC_CREDIT_IS_NOT_SUFFICIENT: {
      creditBalance: true,
      held: true,
      available: true,
      required: true,
      shortBy: true,
    },
    INTERNAL_ERROR: { outcome: true },
    INTERNAL_OVERLOADED: { outcome: true },
    PUBLIC_OUTCOME_IS_UNKNOWN: { outcome: true, transactionId: true, holdId: true },
  };
  const ofServer = Object.entries(REFUSALS).map(([code, kind]) => {
    const details = 'details' in kind ? Object.keys(kind.details) : [];
    // The sample of the server shows one of the two ids.
    return [code, code === 'PUBLIC_OUTCOME_IS_UNKNOWN' ? [...details, 'holdId'] : details];
  });
  const ofClient = Object.entries(samples).map(([code, members]) => [code, Object.keys(members)]);
  assert.deepEqual(ofClient, ofServer);
});

test('every method works against a real server, and each answer is what its type says', async () => {
  const answers: { name: string; answer: unknown }[] = [];
  const purser = noteAnswers(shop.connect(), (name, answer) => answers.push({ name, answer }));
  await purser.ping();
  const identityId = await useAccounts(purser);
  await useCredit(purser, identityId);
  await useHolds(purser, identityId);
  await useOrders(purser, identityId);
  await purser.ip.lookup({ ip: '1.1.1.1' });
  await purser.customer.logout({ identityId });
  await purser.customer.getAccountInfo({ identityId });
  await purser.sandbox.clock({ advance: '1d' });
  await purser.sandbox.reset({ confirm: shop.slug });
  const used = new Set(answers.map(({ name }) => name));
  assert.deepEqual(
    methodsOf(shop.connect())
      .map(([name]) => name)
      .filter((name) => !used.has(name)),
    [],
  );
  assert.equal(typeCheck(checkAnswers(answers)), '');
});

/** @returns an identity of a customer. */
async function useAccounts({ customer }: Purser): Promise<string> {
  const email = 'customer@example.com';
  const created = await customer.create({ email, companyName: 'Print shop' });
  assert(created.isNew);
  await customer.updateProfile({ email, phone: '+420777123456', country: 'CZ', groups: ['Regulars'] });
  assert.deepEqual(await customer.registerAccount({ email, password }), { success: true });
  const early = await customer.registerAccount({ email, password });
  assert(!early.success && early.errorCode === 'E004');
  const unconfirmed = await customer.login({ email, password });
  assert(!unconfirmed.success && unconfirmed.errorCode === 'E007');
  await customer.registerAccountVerify({ token: await shop.tokenMailedTo(email) });
  await customer.resetPassword({ email, expirationTime: '3h 20m' });
  const token = await shop.tokenMailedTo(email);
  const used = await customer.setNewPassword({ token, password });
  assert(!used.success && used.errorCode === 'E002');
  assert.deepEqual(await customer.setNewPassword({ token, password: another }), { success: true });
  const loggedIn = await customer.login({ email, password: another, customerRealIp: '1.1.1.1' });
  assert(loggedIn.success);
  const { identityId } = loggedIn;
  assert((await customer.magicAuth({ email, customerRealIp: '1.1.1.1' })).success);
  const { cuRefNo } = created;
  const detail = await customer.detail({ identityId, cuRefNo });
  assert.equal(detail.phone, '+420 777123456');
  await customer.getAccountInfo({ identityId });
  const { items } = await customer.session.list({ identityId });
  assert.equal(items.length, 2);
  assert.deepEqual(await customer.session.end({ identityId, all: true, exceptCurrent: true }), {
    success: true,
    ended: 1,
  });
  return identityId;
}

async function useCredit({ customer }: Purser, identityId: string): Promise<void> {
  const amountMoney = 450;
  const { transactionId: topUp } = await customer.creditGrant({
    identityId,
    amount: 500,
    amountMoney,
    expirationDate: '2099-12-31',
    order: { orderNumber: '25000087' },
  });
  const spend = { identityId, amount: 100.5, description: 'video.rewrite:15m', customerRealIp: '1.1.1.1' };
  const { transactionId } = await customer.creditSpend(spend, { idempotencyKey: 'job-1' });
  assert.equal((await customer.creditSpend(spend, { idempotencyKey: 'job-1' })).transactionId, transactionId);
  const found = await customer.creditTransaction({ idempotencyKey: 'job-1', identityId });
  assert.equal(found.id, transactionId);
  await customer.creditRefund({ transactionId, amount: 0.5 });
  const { results } = await customer.creditSpendBatch({
    spends: [
      { identityId, amount: 1 },
      { identityId, amount: 1_000_000 },
    ],
  });
  const [passed, refused] = results;
  assert(passed?.body.success);
  assert(refused && !refused.body.success && refused.body.error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  assert.equal(refused.body.error.shortBy, 1_000_000 - 399);
  const error = await customer.creditSpend({ identityId, amount: 400 }).catch((thrown: unknown) => thrown);
  assert(error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT');
  assert.equal(error.shortBy, 1);
  await customer.creditPreview({ identityId, amount: 1_000 });
  await customer.creditPreview({ identityId, amount: 1 });
  await customer.creditExplain({ transactionId });
  await customer.creditExplain({ transactionId: topUp });
  const first = await customer.creditLog({ identityId, limit: 2 });
  assert(first.nextCursor);
  await customer.creditLog({ identityId, limit: 2, cursor: first.nextCursor });
  await customer.creditBalance({ identityId, at: new Date().toISOString() });
  await customer.creditForecast({ identityId });
}

async function useHolds({ customer }: Purser, identityId: string): Promise<void> {
  const { holdId } = await customer.creditHold({ identityId, amount: 40 });
  await customer.creditExtend({ holdId, addAmount: 5, expiresIn: 3_600 });
  await customer.creditTransaction({ transactionId: holdId });
  await customer.creditCapture({ holdId, amount: 20, final: false });
  const { transactionId } = await customer.creditCapture({ holdId, amount: 10 });
  await customer.creditExplain({ transactionId });
  const again = await customer.creditHold({ identityId, amount: 40 });
  await customer.creditRelease({ holdId: again.holdId });
  await customer.creditTransaction({ transactionId: again.holdId });
  const error = await customer.creditCapture({ holdId, amount: 1 }).catch((thrown: unknown) => thrown);
  assert(error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_HOLD_HAS_ENDED');
  assert.equal(error.endedBy, 'captured');
}

async function useOrders({ customer, shop: { order } }: Purser, identityId: string): Promise<void> {
  const { creditBalance } = await customer.creditLog({ identityId });
  const { hash, orderNumber } = await order.create({
    customer: { email: 'customer@example.com' },
    items: [{ label: '100 credits', price: 90, vat: 21, count: 2, creditAmount: 100 }],
    currency: 'CZK',
    orderGroupId: 'Vinohrady',
  });
  await order.markPaid({ hash });
  await order.markPaid({ hash });
  const paid = await customer.creditLog({ identityId });
  assert.equal(paid.creditBalance, creditBalance + 200);
  assert.equal(paid.items[0]?.order?.orderNumber, orderNumber);
  await customer.creditVoid({ transactionId: paid.items[0].id });
  await order.storno({ orderId: orderNumber });
  const error = await order.markPaid({ hash }).catch((thrown: unknown) => thrown);
  assert(error instanceof PurserRefusal && error.code === 'PUBLIC_ORDER_IS_CANCELLED');
}
