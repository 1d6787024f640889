import type { InjectOptions } from 'fastify';
import type { World } from '../access/world.ts';
import type { TestCustomer } from '../harness.ts';
import type { Chance } from './chance.ts';
import type { Operation, ValueSchema } from './operations.ts';
import { type Known, objectText, validMembers } from './values.ts';

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
  /** Hash of an order that can be paid no more. */
  readonly cancelledOrder: string;
  /** From links in mails, not used yet; whoever uses one takes it out. */
  readonly freshTokens: { readonly confirmation: string[]; readonly reset: string[] };
  /** With a session each, which nobody has ended yet; whoever ends one takes it out. */
  readonly loggedIn: TestCustomer[];
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
export type Recipe = (making: Making) => InjectOptions | undefined;

/** Builds the request from members that are JSON texts: as body, or as parameters. */
export function build(
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

export function valid({ chance, operation, corners: { known } }: Making): Map<string, string> {
  const members = validMembers(chance, operation.members, known);
  // Whatever ends sessions must leave that of the customer whom all others use.
  if (endsSessions(operation) && members.has('identityId')) {
    members.set('identityId', JSON.stringify(chance.pick(known.spare).identityId));
  }
  return members;
}

/** @returns whether a request of the operation may end a session that others need. */
export function endsSessions({ path }: Operation): boolean {
  return /\/(logout|session\/end)$/.test(path);
}

/** A request whose body is this text. */
export function withBody(making: Making, payload: string): InjectOptions | undefined {
  return making.operation.method === 'POST' ? { ...build(making, new Map()), payload } : undefined;
}

/** A valid request but for one member. */
export function withMember(making: Making, change: (members: Map<string, string>, name: string) => void) {
  const names = Object.keys(making.operation.members.properties ?? {});
  if (names.length === 0) return undefined;
  const members = valid(making);
  change(members, making.chance.pick(names));
  return build(making, members);
}

/** A valid request but for one text, which holds what no database keeps. */
export function withBadText(making: Making): InjectOptions | undefined {
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

export function withKey(making: Making, key: string): InjectOptions | undefined {
  return making.operation.needsKey ? build(making, valid(making), key) : undefined;
}

/** A request with a ROOT key that names this ledger. */
export function inLedger(making: Making, ledger: string): InjectOptions | undefined {
  const request = withKey(making, making.world.keys.root);
  return request && { ...request, headers: { ...request.headers, 'x-purser-ledger': ledger } };
}

export function forCustomer(
  making: Making,
  customer: TestCustomer,
  amount: string,
): InjectOptions | undefined {
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
export function leavesCorner({ operation }: Making, but?: string): boolean {
  return !endsSessions(operation) && (but === undefined || !operation.path.endsWith(`/${but}`));
}

/** A request of nothing but these members, for an operation that has the first one. */
export function withNamed(
  making: Making,
  member: string,
  id: string,
  others: Readonly<Record<string, string>>,
) {
  const { properties = {} } = making.operation.members;
  if (!(member in properties)) return undefined;
  const rest = Object.entries(others).filter(([name]) => name in properties);
  return build(making, new Map([[member, JSON.stringify(id)], ...rest]));
}
