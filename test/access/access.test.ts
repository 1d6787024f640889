import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { InjectOptions } from 'fastify';
import { REFUSALS, type RefusalCode } from '../../src/refusals.ts';
import { type Answer, memberOf, openWorld, send, type World, withoutRequestId } from './world.ts';

/** A route of the public API, and how it is called so that it succeeds for the key `dev`. */
interface Call {
  readonly method: 'GET' | 'POST';
  /** The members of a request that works; a thunk, for they name the world's customers. */
  readonly members: (world: World) => Record<string, unknown>;
  /** How the members name the customer or object, and what a foreign or unknown one is answered. */
  readonly names: Readonly<Record<string, 'identity' | 'reference' | 'email' | 'transaction'>>;
  readonly foreign: RefusalCode | 'none';
}

const CALLS: Readonly<Record<string, Call>> = {
  '/api/v1/ping': { method: 'GET', members: () => ({}), names: {}, foreign: 'none' },
  '/api/v1/customer/credit-spend': {
    method: 'POST',
    members: ({ customers }) => ({ identityId: customers.own.identityId, amount: 0.000001 }),
    names: { identityId: 'identity' },
    foreign: 'INTERNAL_USER_MUST_BE_AUTHORIZED',
  },
  '/api/v1/customer/credit-grant': {
    method: 'POST',
    members: ({ customers }) => ({ cuRefNo: customers.own.cuRefNo, amount: 1 }),
    names: { cuRefNo: 'reference', identityId: 'identity', email: 'email' },
    foreign: 'INTERNAL_RESOURCE_NOT_FOUND',
  },
  '/api/v1/customer/credit-log': {
    method: 'GET',
    members: ({ customers }) => ({ identityId: customers.own.identityId }),
    names: { identityId: 'identity' },
    foreign: 'INTERNAL_USER_MUST_BE_AUTHORIZED',
  },
  '/api/v1/customer/credit-transaction': {
    method: 'GET',
    members: () => ({ transactionId: transactions.own }),
    names: { transactionId: 'transaction' },
    foreign: 'INTERNAL_RESOURCE_NOT_FOUND',
  },
  '/api/v1/customer/get-account-info': {
    method: 'GET',
    members: ({ customers }) => ({ identityId: customers.own.identityId }),
    names: { identityId: 'identity' },
    foreign: 'none',
  },
  '/api/v1/customer/magic-auth': {
    method: 'POST',
    members: () => ({ email: 'customer@example.com' }),
    names: {},
    foreign: 'none',
  },
  '/api/v1/customer/logout': {
    method: 'POST',
    members: () => ({ identityId: '0'.repeat(32) }),
    names: { identityId: 'identity' },
    foreign: 'none',
  },
};

const PUBLIC_ROUTES = [
  ...['/', '/docs', '/docs/start.js', '/docs/scalar.js', '/errors', '/errors/:code', '/openapi.json'],
  ...['/assets/page.css', '/assets/icon.svg', '/health/live', '/health/ready', '/metrics'],
];

const UNKNOWN = {
  identity: 'x'.repeat(32),
  reference: 'x'.repeat(16),
  email: 'nobody@example.com',
  transaction: 'x'.repeat(16),
};

const transactions = { own: '', foreign: '', live: '' };
let world: World;

function call(
  url: string,
  key: string | undefined,
  members: Record<string, unknown>,
  more: InjectOptions = {},
) {
  const { method } = callOf(url);
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const headers = { ...authorization, ...more.headers };
  if (method === 'GET') {
    const query = new URLSearchParams(members as Record<string, string>).toString();
    return send(world.app, { method, url: `${url}?${query}`, ...more, headers });
  }
  return send(world.app, { method, url, payload: members, ...more, headers });
}

function callOf(url: string): Call {
  const found = CALLS[url];
  assert.ok(found, `the route ${url} is missing in the table of this test`);
  return found;
}

function expectCode(answer: Answer, code: RefusalCode, what: string): void {
  assert.equal(answer.code, code, `${what}: ${answer.text}`);
  assert.equal(answer.status, REFUSALS[code].status, what);
}

/** The customers and objects that `dev` must not see: foreign ones of every sort. */
function foreignNames(sort: keyof typeof UNKNOWN): string[] {
  const { foreign, live, ended } = world.customers;
  switch (sort) {
    case 'identity':
      return [foreign.identityId, live.identityId, ended.identityId];
    case 'reference':
      return [foreign.cuRefNo, live.cuRefNo];
    case 'email':
      return [foreign.email, live.email];
    case 'transaction':
      return [transactions.foreign, transactions.live];
  }
}

describe('access', () => {
  before(async () => {
    world = await openWorld();
    const spend = async (key: string, identityId: string) => {
      const answer = await call('/api/v1/customer/credit-spend', key, { identityId, amount: 0.5 });
      return String(memberOf(answer.body, 'transactionId'));
    };
    const { own, foreign, live } = world.customers;
    transactions.own = await spend(world.keys.dev, own.identityId);
    transactions.foreign = await spend(world.keys.otherDev, foreign.identityId);
    transactions.live = await spend(world.keys.prod, live.identityId);
  });
  after(() => world.close());

  it('knows every route and its policy: a key for each in the table here, and few that need none', () => {
    const keyed = Object.entries(CALLS).map(([url, { method }]) => `${method} ${url}`);
    const open = PUBLIC_ROUTES.flatMap((url) => [`GET ${url}`]);
    const withPolicy = (wanted: boolean) =>
      [...world.app.policies]
        .filter(([name, { access }]) => !name.startsWith('HEAD ') && (access === 'key') === wanted)
        .map(([name]) => name)
        .sort();
    assert.deepEqual(withPolicy(true), keyed.sort());
    assert.deepEqual(withPolicy(false), open.sort());
  });

  it('lets an accepted key in, on every route', async () => {
    for (const [url, { members }] of Object.entries(CALLS)) {
      assert.equal((await call(url, world.keys.dev, members(world))).status, 200, url);
      const root = await call(url, world.keys.root, members(world), {
        headers: { 'x-purser-ledger': 'acme/sandbox' },
      });
      assert.equal(root.status, 200, url);
    }
  });

  it('refuses every kind of bad key on every route, each with its own code', async () => {
    const { keys } = world;
    const bad: readonly (readonly [string | undefined, RefusalCode])[] = [
      [undefined, 'PUBLIC_API_KEY_IS_EMPTY'],
      ['short', 'PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT'],
      [keys.dev.replace('DEV_', 'TEST'), 'PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT'],
      ['PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE', 'PUBLIC_API_KEY_SAMPLE_VALUE'],
      [keys.unknown, 'PUBLIC_API_KEY_DOES_NOT_EXIST'],
      [keys.dev.toLowerCase().replace('dev_', 'DEV_'), 'PUBLIC_API_KEY_DOES_NOT_EXIST'],
      [keys.suspended, 'PUBLIC_API_KEY_IS_NOT_ACTIVE'],
      [keys.deleted, 'PUBLIC_API_KEY_HAS_BEEN_DELETED'],
      [keys.expired, 'PUBLIC_API_KEY_HAS_BEEN_EXPIRED'],
    ];
    for (const [url, { members }] of Object.entries(CALLS)) {
      for (const [key, code] of bad) expectCode(await call(url, key, members(world)), code, `${url} ${code}`);
    }
  });

  it('refuses a key outside its scopes on every route, and default scopes where a scope must be named', async () => {
    const { narrow, plain } = world.keys;
    for (const [url, { members }] of Object.entries(CALLS)) {
      if (url === '/api/v1/ping') continue;
      expectCode(await call(url, narrow, members(world)), 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', url);
      const answer = await call(url, plain, members(world));
      if (url.endsWith('/credit-grant')) expectCode(answer, 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', url);
      else assert.equal(answer.status, 200, url);
    }
  });

  it('asks a ROOT key for its ledger on every route that has one, and shows no other', async () => {
    const { root, dev } = world.keys;
    for (const [url, { members }] of Object.entries(CALLS)) {
      if (url === '/api/v1/ping') continue;
      const with_ = (ledger: string) => ({ headers: { 'x-purser-ledger': ledger } });
      expectCode(await call(url, root, members(world)), 'INTERNAL_VALIDATION_FAILED', url);
      expectCode(
        await call(url, root, members(world), with_('nobody/live')),
        'INTERNAL_RESOURCE_NOT_FOUND',
        url,
      );
      for (const ledger of ['acme/live', 'other/sandbox', 'nobody/live', ''])
        expectCode(await call(url, dev, members(world), with_(ledger)), 'INTERNAL_RESOURCE_NOT_FOUND', url);
    }
  });

  it('answers foreign and unknown customers and objects alike, byte for byte but for the request id', async () => {
    let cells = 0;
    for (const [url, { members, names, foreign }] of Object.entries(CALLS)) {
      for (const [member, sort] of Object.entries(names)) {
        const given = { ...members(world) };
        for (const name of Object.keys(names)) delete given[name];
        const unknown = await call(url, world.keys.dev, { ...given, [member]: UNKNOWN[sort] });
        const code = sort === 'identity' && foreign !== 'none' ? 'INTERNAL_USER_MUST_BE_AUTHORIZED' : foreign;
        if (code === 'none') assert.equal(unknown.status, 200, unknown.text);
        else expectCode(unknown, code, url);
        for (const name of foreignNames(sort)) {
          const answer = await call(url, world.keys.dev, { ...given, [member]: name });
          assert.deepEqual(withoutRequestId(answer), withoutRequestId(unknown), `${url} ${member} ${name}`);
          cells++;
        }
      }
    }
    assert.ok(cells >= 18, `only ${cells} cells were reached`);
  });

  it('changes nothing of a foreign customer', async () => {
    const { foreign, live } = world.customers;
    const info = async (key: string, identityId: string) => {
      const answer = await call('/api/v1/customer/get-account-info', key, { identityId });
      return [memberOf(answer.body, 'loggedIn'), memberOf(answer.body, 'creditBalance')];
    };
    await call('/api/v1/customer/logout', world.keys.dev, { identityId: foreign.identityId });
    assert.deepEqual(await info(world.keys.otherDev, foreign.identityId), [true, 9.5]);
    assert.deepEqual(await info(world.keys.prod, live.identityId), [true, 9.5]);
  });
});
