import type { InjectOptions } from 'fastify';
import type { World } from '../access/world.ts';
import type { TestCustomer } from '../harness.ts';
import type { Chance } from './chance.ts';
import type { Operation, ValueSchema } from './operations.ts';
import { type Known, objectText, oddTexts, validMembers } from './values.ts';

/** Customers whose state brings refusals that no request of its own can. */
export interface Corners {
  readonly known: Known;
  /** A spend of `own`. */
  readonly transactionId: string;
  /** Nothing is left of what it took or brought. */
  readonly refundedSpend: string;
  readonly voidedGrant: string;
  /** Of a customer who has nothing beyond it. */
  readonly tightHold: string;
  readonly endedHold: string;
  /** Has used more in this month than a limit can count. */
  readonly busy: TestCustomer;
  /** Has a hard limit, and has used as much as one can count. */
  readonly limited: TestCustomer;
  /** No credit at all, and nothing here gives it any. */
  readonly poor: TestCustomer;
  /** Nearly as much credit as can be kept. */
  readonly full: TestCustomer;
  /** Nearly as far below 0 as can be kept. */
  readonly deep: TestCustomer;
}

/** What a request is made from. */
export interface Making {
  readonly chance: Chance;
  readonly world: World;
  readonly corners: Corners;
  readonly operation: Operation;
}

/** A way to make a request of an operation; undefined where it does not apply. */
type Recipe = (making: Making) => InjectOptions | undefined;

/** Builds the request from members that are JSON texts: as body, or as parameters. */
function build(
  { operation, world, chance }: Making,
  members: ReadonlyMap<string, string>,
  key?: string,
): InjectOptions {
  const { method, path, needsKey } = operation;
  const apiKey = key ?? usualKey(world, path);
  const inQuery = needsKey && chance.happens(0.5);
  const headers: Record<string, string> = needsKey && !inQuery ? { authorization: `Bearer ${apiKey}` } : {};
  if (key === undefined && apiKey === world.keys.root) headers['x-purser-ledger'] = 'acme/sandbox';
  const query = inQuery ? [`apiKey=${encodeURIComponent(apiKey)}`] : [];
  if (method === 'GET') {
    for (const [name, text] of members) query.push(`${name}=${encodeURIComponent(plain(text))}`);
    return { method, url: `${path}?${query.join('&')}`, headers };
  }
  if (chance.happens(0.3) && !path.endsWith('-batch'))
    headers['idempotency-key'] = chance.pick(['known-key', '"known-key"', `k${chance.below(1e9)}`]);
  headers['content-type'] = chance.pick(['application/json', 'application/json; charset=utf-8']);
  return { method, url: `${path}?${query.join('&')}`, headers, payload: objectText(members) };
}

/** The key that may do it; sandboxes are moved and emptied where nobody minds. */
function usualKey({ keys }: World, path: string): string {
  if (path.startsWith('/bff/')) return keys.root;
  return path.startsWith('/api/v1/sandbox/') ? keys.spareDev : keys.dev;
}

/** A parameter has no quotes. What is no string there is sent as its text. */
function plain(text: string): string {
  if (!text.startsWith('"')) return text;
  // A lone surrogate has no form in an address.
  return String(JSON.parse(text)).toWellFormed();
}

function valid({ chance, operation, corners: { known } }: Making): Map<string, string> {
  const members = validMembers(chance, operation.members, known);
  // Whatever ends sessions must leave that of the customer whom all others use.
  if (endsSessions(operation) && members.has('identityId')) {
    members.set('identityId', JSON.stringify(chance.pick(known.spare).identityId));
  }
  return members;
}

function endsSessions({ path }: Operation): boolean {
  return /\/(logout|session\/end)$/.test(path);
}

/** A request whose body is this text. */
function withBody(making: Making, payload: string): InjectOptions | undefined {
  return making.operation.method === 'POST' ? { ...build(making, new Map()), payload } : undefined;
}

/** A valid request but for one member. */
function withMember(making: Making, change: (members: Map<string, string>, name: string) => void) {
  const names = Object.keys(making.operation.members.properties ?? {});
  if (names.length === 0) return undefined;
  const members = valid(making);
  change(members, making.chance.pick(names));
  return build(making, members);
}

/** A valid request but for one text, which holds what no database keeps. */
function withBadText(making: Making): InjectOptions | undefined {
  const { chance, operation } = making;
  const texts = textsOf(operation.members);
  if (texts.length === 0) return undefined;
  const members = valid(making);
  const [name, inner] = chance.pick(texts);
  // In an address only U+0000 has a form.
  const bad =
    operation.method === 'GET' ? '"a\\u0000"' : chance.pick(['"a\\u0000"', '"\\ud800"', '"a\\udfffb"']);
  members.set(
    name,
    inner === undefined
      ? bad
      : `{"orderNumber":"1",${JSON.stringify(inner)}:${bad}}`.replace(
          '"orderNumber":"1","orderNumber"',
          '"orderNumber"',
        ),
  );
  return build(making, members);
}

/** The members that take any text, those of an object inside with their own names. */
function textsOf({ properties = {} }: ValueSchema): [string, string?][] {
  return Object.entries(properties).flatMap(([name, schema]): [string, string?][] => {
    if (schema.format === 'text') return [[name]];
    return textsOf(schema).map(([inner]) => [name, inner]);
  });
}

function withKey(making: Making, key: string): InjectOptions | undefined {
  return making.operation.needsKey ? build(making, valid(making), key) : undefined;
}

/** A request with a ROOT key that names this ledger. */
function inLedger(making: Making, ledger: string): InjectOptions | undefined {
  const request = withKey(making, making.world.keys.root);
  return request && { ...request, headers: { ...request.headers, 'x-purser-ledger': ledger } };
}

function forCustomer(making: Making, customer: TestCustomer, amount: string): InjectOptions | undefined {
  const { properties = {} } = making.operation.members;
  if (!('identityId' in properties)) return undefined;
  const members = valid(making);
  for (const name of ['cuRefNo', 'email', 'transactionId', 'idempotencyKey']) members.delete(name);
  members.set('identityId', JSON.stringify(customer.identityId));
  if ('amount' in properties) members.set('amount', amount);
  if ('idempotencyKey' in properties) members.set('idempotencyKey', '"known-key"');
  return build(making, members);
}

/** @returns whether a customer of a corner is still in it afterwards: it keeps its session, and whatever `but` would change. */
function leavesCorner({ operation }: Making, but?: string): boolean {
  return !endsSessions(operation) && (but === undefined || !operation.path.endsWith(`/${but}`));
}

/** A request of nothing but these members, for an operation that has the first one. */
function withNamed(making: Making, member: string, id: string, others: Readonly<Record<string, string>>) {
  const { properties = {} } = making.operation.members;
  if (!(member in properties)) return undefined;
  const rest = Object.entries(others).filter(([name]) => name in properties);
  return build(making, new Map([[member, JSON.stringify(id)], ...rest]));
}

/** Every way to make a request, right and wrong. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  valid: (making) => build(making, valid(making)),
  boundary: (making) =>
    withMember(making, (members, name) => {
      const schema = making.operation.members.properties?.[name] ?? {};
      members.set(name, making.chance.pick(oddTexts(schema)));
    }),
  knownTransaction(making) {
    const { method, members } = making.operation;
    if (method !== 'GET' || !('transactionId' in (members.properties ?? {}))) return undefined;
    return build(making, new Map([['transactionId', JSON.stringify(making.corners.transactionId)]]));
  },
  undoneBefore(making) {
    const { refundedSpend, voidedGrant } = making.corners;
    const { method, path } = making.operation;
    const id = path.endsWith('/credit-void') ? voidedGrant : refundedSpend;
    return method === 'POST'
      ? withNamed(making, 'transactionId', id, { description: '"undone"' })
      : undefined;
  },
  holdEnded: (making) => withNamed(making, 'holdId', making.corners.endedHold, { amount: '1' }),
  holdBeyond: (making) =>
    making.operation.path.endsWith('/credit-release')
      ? undefined
      : withNamed(making, 'holdId', making.corners.tightHold, {
          amount: '5',
          addAmount: '5',
          final: 'false',
        }),
  limitTooLate: (making) =>
    withNamed(making, 'customerId', making.corners.busy.cuRefNo, { monthlyHardLimit: '1000000000' }),
  orderTooLarge: (making) =>
    making.operation.path.endsWith('/order/create')
      ? withBody(
          making,
          JSON.stringify({
            customer: { email: making.corners.full.email },
            items: [{ label: 'too much', price: 0, creditAmount: 1_000_000_000 }],
          }),
        )
      : undefined,
  stillHasCredit: (making) =>
    making.operation.path.endsWith('/contact/delete')
      ? withNamed(making, 'id', making.corners.full.cuRefNo, { reason: '"asked"' })
      : undefined,
  badText: (making) => withBadText(making),
  missing: (making) => withMember(making, (members, name) => members.delete(name)),
  everythingOdd(making) {
    const members = valid(making);
    for (const [name, schema] of Object.entries(making.operation.members.properties ?? {})) {
      if (making.chance.happens(0.5)) members.set(name, making.chance.pick(oddTexts(schema)));
    }
    return build(making, members);
  },
  unknownMember: (making) =>
    withMember(making, (members) => members.set('x'.repeat(1 + making.chance.below(30)), '[null,{}]')),
  twice: (making) => withBody(making, objectText(valid(making)).replace('{', '{"amount":1,"amount":1,')),
  twiceInQuery(making) {
    const request = build(making, valid(making));
    return {
      ...request,
      url: `${String(request.url)}&apiKey=${making.world.keys.prod}&apiKey=${making.world.keys.dev}`,
    };
  },
  proto: (making) =>
    withBody(making, making.chance.pick(['{"__proto__":{"amount":1}}', '{"\\u005f_proto__":1}'])),
  deep: (making) => withBody(making, `${'{"a":'.repeat(2 + making.chance.below(5_000))}1`),
  cut(making) {
    const text = objectText(valid(making));
    return withBody(making, text.slice(0, making.chance.below(text.length)));
  },
  noise(making) {
    const text = objectText(valid(making));
    const at = making.chance.below(text.length);
    const character = making.chance.pick(['\u0000', '"', '\\', '}', ',', '\uFEFF', '9', 'é', '\n']);
    return withBody(making, text.slice(0, at) + character + text.slice(at + 1));
  },
  notAnObject: (making) => withBody(making, making.chance.pick(['', '1', 'null', '[]', '"a"', 'true', ' '])),
  huge: (making) => ({
    ...build(making, valid(making)),
    headers: { 'content-type': 'application/json', 'content-length': '524289' },
    payload: 'x'.repeat(524_289),
  }),
  large: (making) => withBody(making, `{"unknown":"${'a'.repeat(60_000)}"}`),
  contentType(making) {
    const request = build(making, valid(making));
    const wrong =
      making.operation.method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    return { ...request, headers: { ...request.headers, ...wrong, 'content-encoding': 'br' } };
  },
  noContentType: (making) =>
    making.operation.method === 'POST' ? { ...build(making, valid(making)), headers: {} } : undefined,
  upgrade(making) {
    const request = build(making, valid(making));
    return { ...request, headers: { ...request.headers, upgrade: 'websocket' } };
  },
  twoKeys(making) {
    if (!making.operation.needsKey) return undefined;
    const { dev, prod } = making.world.keys;
    const request = build(making, valid(making));
    return {
      ...request,
      url: `${making.operation.path}?apiKey=${prod}`,
      headers: { ...request.headers, authorization: `Bearer ${dev}` },
    };
  },
  badKey(making) {
    const { unknown, deleted, expired, suspended } = making.world.keys;
    return withKey(
      making,
      making.chance.pick(
        ['', 'x', unknown, deleted, expired, suspended, 'PROD%00', '😀'.repeat(8)].filter((key) =>
          /^[ -~]*$/.test(key),
        ),
      ),
    );
  },
  narrowKey: (making) => withKey(making, making.world.keys.narrow),
  limitedKey: (making) => withKey(making, making.world.keys.limited),
  noScopeForPing: (making) => withKey(making, making.world.keys.spendOnly),
  rootKey(making) {
    // The clock of the sandbox that all others use must stand still: their holds would end.
    const sandbox = making.operation.path.startsWith('/api/v1/sandbox/') ? 'spare/sandbox' : 'acme/sandbox';
    return inLedger(making, making.chance.pick([sandbox, 'acme/live', '', 'x', '../live']));
  },
  limitOverflow: (making) =>
    leavesCorner(making, 'credit-grant') ? forCustomer(making, making.corners.limited, '1') : undefined,
  unknownLedger: (making) => inLedger(making, 'nobody/live'),
  foreignLedger(making) {
    const request = withKey(making, making.world.keys.dev);
    return request && { ...request, headers: { ...request.headers, 'x-purser-ledger': 'other/sandbox' } };
  },
  keyOfBatch(making) {
    const request = making.operation.path.endsWith('-batch') ? build(making, valid(making)) : undefined;
    return request && { ...request, headers: { ...request.headers, 'idempotency-key': 'k' } };
  },
  oddHeaders(making) {
    const request = build(making, valid(making));
    const key = making.chance.pick(['', '""', 'a b', '"a', 'k'.repeat(256), '"\\x"', 'caf\u00e9']);
    return { ...request, headers: { ...request.headers, 'idempotency-key': key } };
  },
  someCustomer(making) {
    const { banned, ended, live, foreign } = making.world.customers;
    return forCustomer(making, making.chance.pick([banned, ended, live, foreign]), '1');
  },
  tooMuch: (making) => forCustomer(making, making.world.customers.banned, '1000000000'),
  notEnough: (making) =>
    leavesCorner(making, 'credit-grant') ? forCustomer(making, making.corners.poor, '0.000001') : undefined,
  overflow(making) {
    if (!leavesCorner(making)) return undefined;
    const { full, deep } = making.corners;
    // Each would otherwise undo the other's corner.
    const takes = making.operation.path.endsWith('/credit-spend');
    return forCustomer(making, takes ? deep : full, '1000000000');
  },
};

/** The one status that a recipe must be answered with, whatever else is chosen. */
export const ALWAYS: Readonly<Record<string, number>> = {
  knownTransaction: 200,
  badText: 422,
  twice: 400,
  stillHasCredit: 409,
  keyOfBatch: 400,
  proto: 400,
  deep: 400,
  notAnObject: 400,
  huge: 413,
  contentType: 415,
  upgrade: 400,
  twoKeys: 400,
  badKey: 401,
};
