import { type PreparedRequest, quoteKey } from './attempt.ts';
import { call, type PreparedCall } from './call.ts';
import type { NamedCustomer, Traces } from './failures.ts';
import type { BatchOptions, CallOptions, ChangeOptions, Settings } from './options.ts';
import { isObject } from './refusals.ts';

type Members = object;

/** The ways in which endpoints are called. Paths are those below /api/v1/. */
export interface Connection {
  /** A GET, which may be repeated as one likes. */
  read<Answer>(path: string, members: Members, options?: CallOptions): Promise<Answer>;
  /** A POST that changes nothing. */
  ask<Answer>(path: string, members: Members, options?: CallOptions): Promise<Answer>;
  /** A POST without a key: it is not repeated once it may have happened. */
  post<Answer>(path: string, members: Members, options?: CallOptions): Promise<Answer>;
  /** A POST with an Idempotency-Key. */
  change<Answer>(path: string, members: Members, options?: ChangeOptions): Promise<Answer>;
  /** A POST whose `spends` have a key each. */
  changeMany<Answer>(
    path: string,
    members: Members & { readonly spends: readonly Members[] },
    options?: BatchOptions,
  ): Promise<Answer>;
}

/** @returns what calls the server of these settings. */
export function connect(settings: Settings): Connection {
  // What comes is what the contract says; it is the server's tests that show it.
  const send = async <Answer>(prepared: PreparedCall, options: CallOptions | undefined): Promise<Answer> =>
    (await call(settings, prepared, options)) as Answer;
  return {
    read: async (path, members, options) => {
      const request: PreparedRequest = {
        method: 'GET',
        target: withQuery(path, members),
        body: undefined,
        idempotencyKey: undefined,
      };
      return send({ request, changes: false, repeatable: true, traces: {} }, options);
    },
    ask: async (path, members, options) =>
      send({ request: posting(path, members), changes: false, repeatable: true, traces: {} }, options),
    post: async (path, members, options) => {
      const traces = { customer: customerIn(members) };
      return send({ request: posting(path, members), changes: true, repeatable: false, traces }, options);
    },
    change: async (path, members, options) => {
      const idempotencyKey = chooseKey(options?.idempotencyKey);
      const request = posting(path, members, idempotencyKey);
      const repeatable = idempotencyKey !== undefined;
      const traces = { idempotencyKey, customer: customerIn(members) };
      return send({ request, changes: true, repeatable, traces }, options);
    },
    changeMany: async (path, members, options) => {
      const spends = members.spends.map((spend) => withKey(spend, options?.idempotencyKeys !== false));
      const keys = spends.map((spend) => spend.idempotencyKey).filter((key) => typeof key === 'string');
      const repeatable = keys.length === spends.length;
      const traces: Traces = { idempotencyKeys: keys };
      const request = posting(path, { ...members, spends });
      const isUnsettled = (body: Record<string, unknown>) => repeatable && hasUnsettled(body.results);
      return send({ request, changes: true, repeatable, traces, isUnsettled }, options);
    },
  };
}

function posting(path: string, members: Members, idempotencyKey?: string): PreparedRequest {
  return { method: 'POST', target: path, body: toJson(members), idempotencyKey };
}

/** JSON would make null of NaN, and null means absent: a refund of NaN credits would be one of all. */
function toJson(members: Members): string {
  return JSON.stringify(members, (name, value: unknown) => {
    if (typeof value !== 'number' || Number.isFinite(value)) return value;
    throw new TypeError(`${name} is ${value}, which is no number to send`);
  });
}

function withQuery(path: string, members: Members): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** @throws TypeError for a key that no header can carry. */
function chooseKey(key: string | false | undefined): string | undefined {
  if (key === false) return undefined;
  if (key === undefined) return crypto.randomUUID();
  if (KEY.test(key)) return key;
  throw new TypeError('idempotencyKey must be 1 to 255 visible ASCII characters');
}

function withKey(spend: Members, isMade: boolean): Members & { readonly idempotencyKey?: unknown } {
  const { idempotencyKey } = spend as { readonly idempotencyKey?: string };
  if (idempotencyKey === undefined && !isMade) return spend;
  return { ...spend, idempotencyKey: quoteKey(chooseKey(idempotencyKey) ?? '') };
}

/** @returns whether one of a batch could not be decided: 503, or 500. */
function hasUnsettled(results: unknown): boolean {
  return Array.isArray(results) && results.some((result) => isObject(result) && Number(result.status) >= 500);
}

/** @returns the one member that names the customer of a request, if one does. */
function customerIn(members: Members): NamedCustomer | undefined {
  const { identityId, cuRefNo, email } = members as NamedCustomer;
  if (identityId !== undefined) return { identityId };
  if (cuRefNo !== undefined) return { cuRefNo };
  return email === undefined ? undefined : { email };
}
