import {
  build,
  endsSessions,
  forCustomer,
  inLedger,
  leavesCorner,
  type Recipe,
  valid,
  withBadText,
  withBody,
  withKey,
  withMember,
  withNamed,
} from './build-request.ts';
import { objectText, oddTexts } from './values.ts';

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
  orderCancelled: (making) => withNamed(making, 'hash', making.corners.cancelledOrder, {}),
  freshToken(making) {
    const { confirmation, reset } = making.corners.freshTokens;
    const token = (making.operation.path.endsWith('-verify') ? confirmation : reset).pop();
    if (token === undefined) return undefined;
    return withNamed(making, 'token', token, { password: '"correct horse battery staple"' });
  },
  liveSession(making) {
    const customer = endsSessions(making.operation) ? making.corners.loggedIn.pop() : undefined;
    return customer && withNamed(making, 'identityId', customer.identityId, { all: 'true' });
  },
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
  freshToken: 200,
  liveSession: 200,
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
