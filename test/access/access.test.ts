import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { REFUSALS, type RefusalCode } from '../../src/refusals.ts';
import { makeCustomer } from '../harness.ts';
import { CALLS, call, callerFor, hiddenNames, type Members, mustBeNamed } from './calls.ts';
import { type Answer, memberOf, openWorld, type World, withoutRequestId } from './world.ts';

const PUBLIC_ROUTES = [
  ...['/', '/docs', '/docs/start.js', '/docs/scalar.js', '/errors', '/errors/:code', '/openapi.json'],
  ...['/assets/page.css', '/assets/icon.svg', '/health/live', '/health/ready', '/metrics'],
  ...['/dev/mailbox', '/confirm/:token', '/new-password/:token', '/order/:hash'],
];

/** Forms of pages for customers: the token in their address is all that these have. */
const PUBLIC_FORMS = ['/confirm/:token', '/new-password/:token'];

const BATCH = '/api/v1/customer/credit-spend-batch';

let world: World;

function expectCode(answer: Answer, code: RefusalCode, what: string): void {
  assert.equal(answer.code, code, `${what}: ${answer.text}`);
  assert.equal(answer.status, REFUSALS[code].status, what);
}

/** @returns the routes where a cuRefNo may take the place of an identityId, as their policies say. */
function routesForAnyCustomer(): string[] {
  return [...world.app.policies].flatMap(([name, policy]) =>
    policy.access === 'key' && policy.anyCustomer ? [name.replace(/^\w+ /, '')] : [],
  );
}

/** @returns whether a route works on a ledger, as its policy says. */
function hasLedger(url: string): boolean {
  const policy = world.app.policies.get(`${CALLS[url]?.method} ${url}`);
  return policy?.access === 'key' && policy.ledger;
}

describe('access', () => {
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  it('knows every route and its policy: a key for each in the table here, and few that need none', () => {
    const keyed = Object.entries(CALLS).map(([url, { method }]) => `${method} ${url}`);
    const open = [...PUBLIC_ROUTES.map((url) => `GET ${url}`), ...PUBLIC_FORMS.map((url) => `POST ${url}`)];
    const withPolicy = (wanted: boolean) =>
      [...world.app.policies]
        .filter(([name, { access }]) => !name.startsWith('HEAD ') && (access === 'key') === wanted)
        .map(([name]) => name)
        .sort();
    assert.deepEqual(withPolicy(true), keyed.sort());
    assert.deepEqual(withPolicy(false), open.sort());
  });

  it('lets an accepted key in, on every route', async () => {
    for (const [url, each] of Object.entries(CALLS)) {
      for (const key of [callerFor(world, each).key, world.keys.root]) {
        const answer = await call(world, url, key, await each.members(world));
        assert.equal(answer.status, 200, `${url}: ${answer.text}`);
      }
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
      const given = await members(world);
      for (const [key, code] of bad) expectCode(await call(world, url, key, given), code, `${url} ${code}`);
    }
  });

  it('refuses a key outside its scopes on every route, and default scopes where a scope must be named', async () => {
    const { narrow, plain } = world.keys;
    for (const [url, { members }] of Object.entries(CALLS)) {
      if (url === '/api/v1/ping') continue;
      const given = await members(world);
      expectCode(await call(world, url, narrow, given), 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', url);
      const answer = await call(world, url, plain, given);
      if (mustBeNamed(url)) expectCode(answer, 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', url);
      else assert.equal(answer.status, 200, `${url}: ${answer.text}`);
    }
  });

  it('lets none but ROOT keys to the admin endpoints, whatever scopes another one has', async () => {
    const { dev, prod, otherDev } = world.keys;
    for (const [url, { members }] of Object.entries(CALLS)) {
      if (!url.startsWith('/bff/')) continue;
      for (const key of [dev, prod, otherDev])
        expectCode(
          await call(world, url, key, await members(world)),
          'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED',
          url,
        );
    }
  });

  it('takes a cuRefNo in the place of an identityId only from keys that may name any customer', async () => {
    const { identityId, cuRefNo } = world.customers.own;
    const { dev, root, plain } = world.keys;
    const urls = routesForAnyCustomer();
    assert.ok(urls.length >= 6, urls.join());
    for (const url of urls) {
      const { identityId: _, ...rest } = (await CALLS[url]?.members(world)) ?? {};
      const ask = (key: string, names: Record<string, string>) =>
        call(world, url, key, { ...rest, ...names });
      for (const key of [dev, root]) assert.equal((await ask(key, { cuRefNo })).status, 200, url);
      for (const names of [{ cuRefNo }, { cuRefNo: 'x' }, { cuRefNo, identityId }])
        expectCode(await ask(plain, names), 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', url);
      for (const names of [{}, { cuRefNo, identityId }])
        expectCode(await ask(dev, names), 'INTERNAL_VALIDATION_FAILED', url);
    }
  });

  it('moves and empties sandboxes alone, never live data', async () => {
    for (const [url, members] of [
      ['/api/v1/sandbox/clock', { advance: '1d' }],
      ['/api/v1/sandbox/reset', { confirm: 'acme' }],
    ] as const) {
      expectCode(await call(world, url, world.keys.prod, members), 'PUBLIC_SANDBOX_ONLY', url);
      const live = { 'x-purser-ledger': 'acme/live' };
      expectCode(await call(world, url, world.keys.root, members, live), 'PUBLIC_SANDBOX_ONLY', url);
    }
    const { identityId } = world.customers.live;
    const info = await call(world, '/api/v1/customer/get-account-info', world.keys.prod, { identityId });
    assert.ok(Number(memberOf(info.body, 'creditBalance')) > 0, info.text);
  });

  it('asks a ROOT key for its ledger on every route that has one, and shows no other', async () => {
    const { root } = world.keys;
    for (const [url, each] of Object.entries(CALLS)) {
      const given = await each.members(world);
      const ask = (key: string, ledger?: string) =>
        call(world, url, key, given, ledger === undefined ? {} : { 'x-purser-ledger': ledger });
      if (hasLedger(url)) expectCode(await ask(root), 'INTERNAL_VALIDATION_FAILED', url);
      else assert.equal((await ask(root)).status, 200, url);
      expectCode(await ask(root, 'nobody/live'), 'INTERNAL_RESOURCE_NOT_FOUND', url);
      const { key } = callerFor(world, each);
      if (key === root) continue;
      for (const ledger of ['acme/live', 'other/sandbox', 'nobody/live', ''])
        expectCode(await ask(key, ledger), 'INTERNAL_RESOURCE_NOT_FOUND', url);
    }
  });

  it('answers foreign and unknown customers and objects alike, byte for byte but for the request id', async () => {
    let cells = 0;
    for (const [url, each] of Object.entries(CALLS)) {
      const { key } = callerFor(world, each);
      for (const [member, sort] of Object.entries(each.names)) {
        const given = { ...(await each.members(world)) };
        for (const name of Object.keys(each.names)) delete given[name];
        const [unknownName = '', ...names] = await hiddenNames(world, sort);
        const unknown = await call(world, url, key, { ...given, [member]: unknownName });
        const isSession = sort === 'identity' && each.foreign !== 'none';
        const code = isSession ? 'INTERNAL_USER_MUST_BE_AUTHORIZED' : each.foreign;
        if (code === 'none') assert.equal(unknown.status, 200, unknown.text);
        else expectCode(unknown, code, url);
        for (const name of names) {
          const answer = await call(world, url, key, { ...given, [member]: name });
          assert.deepEqual(withoutRequestId(answer), withoutRequestId(unknown), `${url} ${member} ${name}`);
          cells++;
        }
      }
    }
    assert.ok(cells >= 100, `only ${cells} cells were reached`);
  });

  it('answers foreign and unknown members of a batch alike, and those that may not be named', async () => {
    const { own } = world.customers;
    const ask = async (key: string, names: Record<string, string>[]) => {
      const spends = names.map((name) => ({ ...name, amount: 1 }));
      const answer = await call(world, BATCH, key, { spends });
      const results = memberOf(answer.body, 'results');
      assert.ok(Array.isArray(results), answer.text);
      return results.map((result) => JSON.stringify(result));
    };
    const identities = (await hiddenNames(world, 'identity')).map((identityId) => ({ identityId }));
    const references = (await hiddenNames(world, 'reference')).map((cuRefNo) => ({ cuRefNo }));
    for (const [names, code] of [
      [identities, 'INTERNAL_USER_MUST_BE_AUTHORIZED'],
      [references, 'INTERNAL_RESOURCE_NOT_FOUND'],
    ] as const) {
      const results = await ask(world.keys.dev, [...names]);
      assert.equal(new Set(results).size, 1, results.join('\n'));
      assert.match(results[0] ?? '', new RegExp(`"status":40[14].*${code}`));
    }
    const named = await ask(world.keys.plain, [{ cuRefNo: own.cuRefNo }, { cuRefNo: 'x'.repeat(16) }]);
    for (const result of named) assert.match(result, /"status":403.*PUBLIC_API_KEY_SCOPE_NOT_ALLOWED/);
  });

  it('answers a second name that is foreign as one that is unknown, and nothing comes of it', async () => {
    const { keys, customers, services, acme } = world;
    const { own, foreign, live } = customers;
    const { identityId, cuRefNo } = await makeCustomer(services, acme.sandbox);
    const ask = (url: string, key: string, members: Members) => call(world, url, key, members);
    const list = '/api/v1/customer/session/list';
    const sessionOf = async (key: string, customer: { identityId: string }) => {
      const { body } = await ask(list, key, { identityId: customer.identityId });
      return String(memberOf(Object(memberOf(body, 'items'))[0], 'sessionId'));
    };
    const sessions = [await sessionOf(keys.otherDev, foreign), await sessionOf(keys.prod, live)];
    sessions.push(await sessionOf(keys.dev, own));
    const references = [foreign.cuRefNo, live.cuRefNo];
    const alike: readonly (readonly [string, string, Members, string, readonly string[]])[] = [
      ['/bff/contact/update', keys.root, { id: cuRefNo }, 'managedBy', references],
      ['/bff/contact/invalidate-sessions', keys.root, { id: cuRefNo }, 'sessionId', sessions],
      ['/api/v1/customer/session/end', keys.dev, { identityId }, 'sessionId', sessions],
      ['/api/v1/customer/detail', keys.dev, { cuRefNo }, 'identityId', await hiddenNames(world, 'identity')],
      ['/bff/contact/list', keys.root, {}, 'filterFulltextQuery', [...references, foreign.email, live.email]],
    ];
    for (const [url, key, members, member, names] of alike) {
      const unknown = await ask(url, key, { ...members, [member]: 'x'.repeat(names[0]?.length ?? 0) });
      for (const name of names) {
        const answer = await ask(url, key, { ...members, [member]: name });
        assert.deepEqual(withoutRequestId(answer), withoutRequestId(unknown), `${url} ${member} ${name}`);
      }
    }
    for (const referralId of ['x'.repeat(16), ...references]) {
      const email = `referred-${referralId.toLowerCase()}@example.com`;
      const { body } = await ask('/api/v1/customer/magic-auth', keys.dev, { email, referralId });
      const referred = { identityId: memberOf(body, 'identityId') };
      const info = await ask('/api/v1/customer/get-account-info', keys.dev, referred);
      assert.equal(memberOf(info.body, 'loggedIn'), true, info.text);
      assert.equal(memberOf(info.body, 'referral'), null, info.text);
    }
    // They all still live.
    for (const [key, customer] of [
      [keys.otherDev, foreign],
      [keys.prod, live],
      [keys.dev, own],
    ] as const)
      assert.equal((await ask(list, key, { identityId: customer.identityId })).status, 200);
  });

  it('changes nothing of a foreign customer', async () => {
    const { foreign, live } = world.customers;
    const info = async (key: string, identityId: string) => {
      const answer = await call(world, '/api/v1/customer/get-account-info', key, { identityId });
      return [memberOf(answer.body, 'loggedIn'), memberOf(answer.body, 'available')];
    };
    const before = [
      await info(world.keys.otherDev, foreign.identityId),
      await info(world.keys.prod, live.identityId),
    ];
    for (const [url, each] of Object.entries(CALLS)) {
      for (const [member, sort] of Object.entries(each.names)) {
        const given = { ...(await each.members(world)) };
        for (const name of Object.keys(each.names)) delete given[name];
        if (sort !== 'identity' && sort !== 'reference') continue;
        for (const { identityId, cuRefNo } of [foreign, live]) {
          const name = sort === 'identity' ? identityId : cuRefNo;
          await call(world, url, callerFor(world, each).key, { ...given, [member]: name });
        }
      }
    }
    const after = [
      await info(world.keys.otherDev, foreign.identityId),
      await info(world.keys.prod, live.identityId),
    ];
    assert.deepEqual(after, before);
    assert.deepEqual(
      before.map(([loggedIn]) => loggedIn),
      [true, true],
    );
  });
});
