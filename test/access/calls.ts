import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import { hashSecret, randomAlphanumerics } from '../../src/ids.ts';
import { NO_PASSWORD } from '../../src/passwords/passwords.ts';
import type { RefusalCode } from '../../src/refusals.ts';
import { inTransaction } from '../../src/store/database.ts';
import { insertPasswordReset } from '../../src/store/password-resets.ts';
import { insertRegistration } from '../../src/store/registrations.ts';
import { makeCustomer, type TestCustomer } from '../harness.ts';
import { type Answer, memberOf, send, type World } from './world.ts';

/** What a member names: a session, a customer, or something that happened on an account. */
export type Sort =
  | ('identity' | 'reference' | 'email' | 'confirmation' | 'reset')
  | ('entry' | 'spend' | 'grant' | 'hold' | 'any object' | 'order hash' | 'order number');

/** A route of the public API, and how it is called so that it succeeds. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** Whose key calls it: a DEV_ key of acme unless given. Sandboxes are moved and emptied where nobody minds. */
  readonly by?: 'root' | 'spareDev';
  /** The members of a request that works, made anew for each. */
  members(world: World): Members | Promise<Members>;
  /** How the members name the customer or object. */
  readonly names: Readonly<Record<string, Sort>>;
  /** What a foreign or unknown one is answered; an identity always the same 401 unless it is 'none'. */
  readonly foreign: RefusalCode | 'none';
}

export type Members = Record<string, unknown>;

const CREDIT = '/api/v1/customer';
const SPENDER = { identityId: 'identity', cuRefNo: 'reference' } as const;
const NOT_FOUND = 'INTERNAL_RESOURCE_NOT_FOUND';

const byIdentity = ({ customers }: World) => ({ identityId: customers.own.identityId });
const taking = (world: World) => ({ ...byIdentity(world), amount: 0.000001 });
/** A customer whom nobody else needs. */
const newReference = async ({ services, acme }: World) =>
  (await makeCustomer(services, acme.sandbox)).cuRefNo;
const ofHold = async (world: World, more: Members = {}) => ({
  holdId: (await makeObjects(world, 'own')).hold,
  ...more,
});

/** Every route that wants a key. */
export const CALLS: Readonly<Record<string, Call>> = {
  '/api/v1/ping': { method: 'GET', members: () => ({}), names: {}, foreign: 'none' },
  [`${CREDIT}/credit-spend`]: { method: 'POST', members: taking, names: SPENDER, foreign: NOT_FOUND },
  [`${CREDIT}/credit-spend-batch`]: {
    method: 'POST',
    members: (world) => ({ spends: [taking(world)] }),
    names: {},
    foreign: 'none',
  },
  [`${CREDIT}/credit-grant`]: {
    method: 'POST',
    members: ({ customers }) => ({ cuRefNo: customers.own.cuRefNo, amount: 1 }),
    names: { ...SPENDER, email: 'email' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-hold`]: { method: 'POST', members: taking, names: SPENDER, foreign: NOT_FOUND },
  [`${CREDIT}/credit-extend`]: {
    method: 'POST',
    members: (world) => ofHold(world, { expiresIn: 60 }),
    names: { holdId: 'hold' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-capture`]: {
    method: 'POST',
    members: (world) => ofHold(world, { amount: 0.000001 }),
    names: { holdId: 'hold' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-release`]: {
    method: 'POST',
    members: (world) => ofHold(world),
    names: { holdId: 'hold' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-refund`]: {
    method: 'POST',
    members: async (world) => ({ transactionId: (await makeObjects(world, 'own')).spend }),
    names: { transactionId: 'spend' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-void`]: {
    method: 'POST',
    members: async (world) => ({ transactionId: (await makeObjects(world, 'own')).grant }),
    names: { transactionId: 'grant' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-preview`]: { method: 'POST', members: taking, names: SPENDER, foreign: NOT_FOUND },
  [`${CREDIT}/credit-log`]: { method: 'GET', members: byIdentity, names: SPENDER, foreign: NOT_FOUND },
  [`${CREDIT}/credit-transaction`]: {
    method: 'GET',
    members: async (world) => ({ transactionId: (await makeObjects(world, 'own')).spend }),
    names: { transactionId: 'any object' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-explain`]: {
    method: 'GET',
    members: async (world) => ({ transactionId: (await makeObjects(world, 'own')).spend }),
    names: { transactionId: 'entry' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-balance`]: {
    method: 'GET',
    members: (world) => ({ ...byIdentity(world), at: '2026-01-01T00:00:00Z' }),
    names: SPENDER,
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/credit-forecast`]: { method: 'GET', members: byIdentity, names: SPENDER, foreign: NOT_FOUND },
  [`${CREDIT}/get-account-info`]: {
    method: 'GET',
    members: byIdentity,
    names: { identityId: 'identity' },
    foreign: 'none',
  },
  [`${CREDIT}/magic-auth`]: {
    method: 'POST',
    members: () => ({ email: 'customer@example.com' }),
    names: {},
    foreign: 'none',
  },
  [`${CREDIT}/logout`]: {
    method: 'POST',
    members: () => ({ identityId: '0'.repeat(32) }),
    names: { identityId: 'identity' },
    foreign: 'none',
  },
  [`${CREDIT}/register-account`]: {
    method: 'POST',
    members: () => ({
      email: `customer-${randomAlphanumerics(10)}@example.com`,
      password: 'correct horse battery staple',
    }),
    names: {},
    foreign: 'none',
  },
  [`${CREDIT}/register-account-verify`]: {
    method: 'POST',
    members: async (world) => ({ token: await makeToken(world, 'own', 'confirmation') }),
    names: { token: 'confirmation' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/login`]: {
    method: 'POST',
    members: ({ customers }) => ({ email: customers.own.email, password: 'a guess' }),
    names: { email: 'email' },
    foreign: 'none',
  },
  [`${CREDIT}/reset-password`]: {
    method: 'POST',
    members: ({ customers }) => ({ email: customers.own.email }),
    names: { email: 'email' },
    foreign: 'none',
  },
  [`${CREDIT}/set-new-password`]: {
    method: 'POST',
    members: async (world) => ({
      token: await makeToken(world, 'own', 'reset'),
      password: 'correct horse battery staple',
    }),
    names: { token: 'reset' },
    foreign: 'none',
  },
  '/api/v1/shop/order/create': {
    method: 'POST',
    members: ({ customers: { own } }) => ({
      customer: { email: own.email },
      items: [{ label: '1 credit', price: 1, creditAmount: 1 }],
    }),
    names: {},
    foreign: 'none',
  },
  '/api/v1/shop/order/mark-paid': {
    method: 'POST',
    members: async (world) => ({ hash: (await makeOrder(world, 'own')).hash }),
    names: { hash: 'order hash' },
    foreign: NOT_FOUND,
  },
  '/api/v1/shop/order/storno': {
    method: 'POST',
    members: async (world) => ({ orderId: (await makeOrder(world, 'own')).orderNumber }),
    names: { orderId: 'order number' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/create`]: {
    method: 'POST',
    members: () => ({ email: 'customer@example.com' }),
    names: {},
    foreign: 'none',
  },
  [`${CREDIT}/update-profile`]: {
    method: 'POST',
    members: ({ customers }) => ({ email: customers.own.email, firstName: 'Sample' }),
    names: { email: 'email' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/detail`]: {
    method: 'GET',
    members: (world) => ({ ...byIdentity(world), cuRefNo: world.customers.own.cuRefNo }),
    names: { cuRefNo: 'reference' },
    foreign: 'PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED',
  },
  [`${CREDIT}/session/list`]: {
    method: 'GET',
    members: byIdentity,
    names: { identityId: 'identity' },
    foreign: NOT_FOUND,
  },
  [`${CREDIT}/session/end`]: {
    method: 'POST',
    members: (world) => ({ ...byIdentity(world), all: true, exceptCurrent: true }),
    names: { identityId: 'identity' },
    foreign: NOT_FOUND,
  },
  '/api/v1/ip/lookup': { method: 'GET', members: () => ({ ip: '10.0.0.1' }), names: {}, foreign: 'none' },
  '/api/v1/sandbox/clock': {
    method: 'POST',
    by: 'spareDev',
    members: () => ({ advance: '1s' }),
    names: {},
    foreign: 'none',
  },
  '/api/v1/sandbox/reset': {
    method: 'POST',
    by: 'spareDev',
    members: () => ({ confirm: 'spare' }),
    names: {},
    foreign: 'none',
  },
  '/bff/contact-credit/list': {
    method: 'GET',
    by: 'root',
    members: ({ customers }) => ({ customerId: customers.own.cuRefNo }),
    names: { customerId: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact-credit/limits': {
    method: 'POST',
    by: 'root',
    members: ({ customers }) => ({ customerId: customers.own.cuRefNo, debtLimit: 0 }),
    names: { customerId: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact/list': { method: 'GET', by: 'root', members: () => ({}), names: {}, foreign: 'none' },
  '/bff/contact/create': {
    method: 'POST',
    by: 'root',
    members: () => ({ email: 'customer@example.com' }),
    names: {},
    foreign: 'none',
  },
  '/bff/contact/update': {
    method: 'POST',
    by: 'root',
    members: ({ customers }) => ({ id: customers.own.cuRefNo, premium: true }),
    names: { id: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact/block-contact': {
    method: 'POST',
    by: 'root',
    members: ({ customers }) => ({ id: customers.own.cuRefNo, blocked: false }),
    names: { id: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact/delete': {
    method: 'POST',
    by: 'root',
    members: async (world) => ({ id: await newReference(world) }),
    names: { id: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact/export': {
    method: 'GET',
    by: 'root',
    members: ({ customers }) => ({ id: customers.ended.cuRefNo }),
    names: { id: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact/session/list': {
    method: 'GET',
    by: 'root',
    members: ({ customers }) => ({ id: customers.own.cuRefNo }),
    names: { id: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/contact/invalidate-sessions': {
    method: 'POST',
    by: 'root',
    members: async (world) => ({ id: await newReference(world) }),
    names: { id: 'reference' },
    foreign: NOT_FOUND,
  },
  '/bff/event/list': { method: 'GET', by: 'root', members: () => ({}), names: {}, foreign: 'none' },
};

/** Scopes that a key must name; every other route is open to a key with default scopes, but those for ROOT keys. */
export function mustBeNamed(url: string): boolean {
  return (
    /\/(credit-(grant|refund|void)|sandbox\/(clock|reset)|ip\/lookup|order\/(mark-paid|storno))$/.test(url) ||
    url.startsWith('/bff/')
  );
}

/** @returns the key that may call the route, and the ledger that a ROOT key names for it. */
export function callerFor(world: World, { by }: Call): { key: string; ledger: string } {
  if (by === 'spareDev') return { key: world.keys.spareDev, ledger: 'spare/sandbox' };
  return { key: by === 'root' ? world.keys.root : world.keys.dev, ledger: 'acme/sandbox' };
}

/** Calls a route of the table; a ROOT key names the ledger unless `headers` do. */
export function call(
  world: World,
  url: string,
  key: string | undefined,
  members: Members,
  headers?: Record<string, string>,
): Promise<Answer> {
  const found = callOf(url);
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const isRoot = key === world.keys.root && headers === undefined;
  const ledger = isRoot ? { 'x-purser-ledger': callerFor(world, found).ledger } : {};
  const request: InjectOptions = {
    method: found.method,
    url,
    headers: { ...authorization, ...ledger, ...headers },
  };
  if (found.method === 'POST') return send(world.app, { ...request, payload: members });
  const query = new URLSearchParams(members as Record<string, string>).toString();
  return send(world.app, { ...request, url: `${url}?${query}` });
}

export function callOf(url: string): Call {
  const found = CALLS[url];
  assert.ok(found, `the route ${url} is missing in the table of this test`);
  return found;
}

/** Something of each sort on one customer. */
export interface Objects {
  readonly spend: string;
  readonly grant: string;
  readonly hold: string;
}

/** Grants, spends and holds for a customer of the world, with the key of its ledger. */
export async function makeObjects(world: World, whose: 'own' | 'foreign' | 'live'): Promise<Objects> {
  const { dev, otherDev, prod } = world.keys;
  const key = { own: dev, foreign: otherDev, live: prod }[whose];
  const { identityId }: TestCustomer = world.customers[whose];
  const make = async (operation: string, member: string, amount: number) => {
    const answer = await call(world, `${CREDIT}/${operation}`, key, { identityId, amount });
    assert.equal(answer.status, 200, answer.text);
    return String(memberOf(answer.body, member));
  };
  return {
    grant: await make('credit-grant', 'transactionId', 1),
    spend: await make('credit-spend', 'transactionId', 0.5),
    hold: await make('credit-hold', 'holdId', 0.25),
  };
}

/** @returns what the link in a mail to a new customer has in it. */
export async function makeToken(
  world: World,
  whose: 'own' | 'foreign' | 'live',
  sort: 'confirmation' | 'reset',
) {
  const { acme, other, services } = world;
  const ledgerId = { own: acme.sandbox, foreign: other.sandbox, live: acme.live }[whose];
  const { accountId } = await makeCustomer(services, ledgerId);
  const token = randomAlphanumerics(32);
  const tokenHash = hashSecret(token);
  await inTransaction(services.database, async (tx) => {
    if (sort === 'reset')
      return void (await insertPasswordReset(tx, { tokenHash, accountId, lifeMs: 60_000 }));
    const nothing = { profile: {}, referralAccountId: undefined, returnUrl: undefined };
    await insertRegistration(tx, { tokenHash, accountId, passwordHash: NO_PASSWORD, ...nothing });
  });
  return token;
}

/** Makes an order with the key of its ledger. Its number is one that no other ledger has. */
export async function makeOrder(world: World, whose: 'own' | 'foreign' | 'live') {
  const { dev, otherDev, prod } = world.keys;
  const key = { own: dev, foreign: otherDev, live: prod }[whose];
  const { email } = world.customers[whose];
  const items = [{ label: '1 credit', price: 1, creditAmount: 1 }];
  const answer = await call(world, '/api/v1/shop/order/create', key, { customer: { email }, items });
  assert.equal(answer.status, 200, answer.text);
  const hash = String(memberOf(answer.body, 'hash'));
  const orderNumber = `9${randomInt(1e9, 9e9)}`;
  const values = [hash, orderNumber];
  await world.services.database.pool.query('UPDATE orders SET order_number = $2 WHERE hash = $1', values);
  return { hash, orderNumber };
}

/** @returns names that `dev` must not see, or that are of a sort which the member does not mean; the first is unknown. */
export async function hiddenNames(world: World, sort: Sort): Promise<string[]> {
  const { foreign, live, ended } = world.customers;
  if (sort === 'identity') {
    return ['x'.repeat(32), foreign.identityId, live.identityId, ended.identityId];
  }
  if (sort === 'reference') return ['x'.repeat(16), foreign.cuRefNo, live.cuRefNo];
  if (sort === 'email') return ['nobody@example.com', foreign.email, live.email];
  if (sort === 'confirmation' || sort === 'reset') {
    const tokens = [await makeToken(world, 'foreign', sort), await makeToken(world, 'live', sort)];
    return ['x'.repeat(32), ...tokens];
  }
  if (sort === 'order hash' || sort === 'order number') {
    const member = sort === 'order hash' ? 'hash' : 'orderNumber';
    const orders = [await makeOrder(world, 'foreign'), await makeOrder(world, 'live')];
    return [sort === 'order hash' ? 'x'.repeat(32) : '00000000', ...orders.map((order) => order[member])];
  }
  const [own, other, elsewhere] = [
    await makeObjects(world, 'own'),
    await makeObjects(world, 'foreign'),
    await makeObjects(world, 'live'),
  ];
  const hidden = [...Object.values(other), ...Object.values(elsewhere)];
  const kinds: Record<typeof sort, (keyof Objects)[]> = {
    'any object': ['spend', 'grant', 'hold'],
    entry: ['spend', 'grant'],
    spend: ['spend'],
    grant: ['grant'],
    hold: ['hold'],
  };
  const others = (['spend', 'grant', 'hold'] as const).filter((kind) => !kinds[sort].includes(kind));
  const near = kinds[sort].flatMap((kind) => nearNames(world, own[kind]));
  return [randomAlphanumerics(16), ...hidden, ...others.map((kind) => own[kind]), ...near];
}

/** Ids that the same number would have, had another attempt written it, or were it a hold's and not an entry's. */
function nearNames({ services }: World, id: string): string[] {
  const name = services.ids.decode(id);
  assert.ok(name, id);
  return [
    services.ids.encode({ ...name, attempt: name.attempt ^ 1 }),
    services.ids.encode({ ...name, isHold: !name.isHold }),
  ];
}
