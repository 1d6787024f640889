/**
 * What the tests of the HTTP edge stand on: the real server in this process on a real database, two organisations,
 * keys in every state, customers in every ledger.
 */
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/route.ts';
import { randomAlphanumerics } from '../../src/ids.ts';
import { startApiKeyDirectory } from '../../src/operations/api-key-directory.ts';
import { setBan } from '../../src/operations/change-account.ts';
import { logOut } from '../../src/operations/log-out.ts';
import { revokeKey } from '../../src/operations/revoke-key.ts';
import { SCOPES } from '../../src/operations/scopes.ts';
import type { Services } from '../../src/operations/services.ts';
import { suspendOrganisation } from '../../src/operations/suspend-organisation.ts';
import {
  freshDatabase,
  makeCustomer,
  makeKey,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
  type TestOrganisation,
  testConfig,
  testLog,
} from '../harness.ts';

export interface WorldKeys {
  readonly dev: string;
  readonly prod: string;
  readonly root: string;
  /** DEV_ of the other organisation. */
  readonly otherDev: string;
  /** DEV_ of an organisation whose sandbox nobody minds losing. */
  readonly spareDev: string;
  /** May do nothing but `ping`. */
  readonly narrow: string;
  /** May do nothing but `credit-spend`. */
  readonly spendOnly: string;
  /** Every scope that need not be named. */
  readonly plain: string;
  /** One request a minute. */
  readonly limited: string;
  readonly deleted: string;
  readonly expired: string;
  readonly suspended: string;
  /** Well-formed, registered nowhere. */
  readonly unknown: string;
}

export interface World {
  readonly app: FastifyInstance;
  readonly services: Services;
  readonly acme: TestOrganisation;
  readonly other: TestOrganisation;
  readonly keys: WorldKeys;
  readonly customers: {
    /** In the sandbox of acme, which is where `dev` looks. */
    readonly own: TestCustomer;
    readonly banned: TestCustomer;
    /** Its session has ended. */
    readonly ended: TestCustomer;
    /** In the live ledger of acme. */
    readonly live: TestCustomer;
    /** In the sandbox of the other organisation. */
    readonly foreign: TestCustomer;
  };
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly env?: Record<string, string>;
  readonly demo?: boolean;
  readonly extraRoutes?: (app: App) => void;
  readonly log?: Logger;
}

/** Opens all of it; what was opened before a failure is put away again. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    return { ...(await openParts(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openParts(options: WorldOptions, closers: (() => Promise<unknown>)[]) {
  const fresh = await freshDatabase();
  closers.push(() => fresh.drop());
  const { services, stop } = await openTestServices(fresh, { env: options.env ?? {} });
  closers.push(stop);
  const acme = await makeOrganisation(services, { slug: 'acme', currency: 'CZK' });
  const other = await makeOrganisation(services, { slug: 'other' });
  const keys = await makeKeys(services);
  const customers = await makeCustomers(services, acme, other);
  const directory = await startApiKeyDirectory(services.database, testLog);
  closers.push(() => directory.stop());
  const env = { PURSER_DEV_REQUESTS_PER_MINUTE: '1000000', ...options.env };
  const app = await buildApp({
    services,
    directory,
    config: testConfig(fresh, env),
    log: options.log ?? testLog,
    demo: options.demo ?? false,
    ...(options.extraRoutes ? { extraRoutes: options.extraRoutes } : {}),
  });
  closers.push(() => app.close());
  return { app, services, acme, other, keys, customers };
}

async function makeKeys(services: Services): Promise<WorldKeys> {
  const { slug: gone } = await makeOrganisation(services, { slug: 'gone' });
  const { slug: spare } = await makeOrganisation(services, { slug: 'spare' });
  const all = ['default', ...SCOPES.mustBeNamed];
  const keys = {
    dev: await makeKey(services, 'DEV', 'acme', { scopes: all }),
    prod: await makeKey(services, 'PROD', 'acme', { scopes: all }),
    root: await makeKey(services, 'ROOT'),
    otherDev: await makeKey(services, 'DEV', 'other', { scopes: all }),
    spareDev: await makeKey(services, 'DEV', spare, { scopes: all }),
    narrow: await makeKey(services, 'DEV', 'acme', { scopes: ['ping'] }),
    spendOnly: await makeKey(services, 'DEV', 'acme', { scopes: ['credit-spend'] }),
    plain: await makeKey(services, 'DEV', 'acme', { scopes: ['default'] }),
    limited: await makeKey(services, 'DEV', 'acme', { scopes: all, requestsPerMinute: 1 }),
    deleted: await makeKey(services, 'DEV', 'acme', { scopes: all }),
    expired: await makeKey(services, 'DEV', 'acme', { scopes: all }),
    suspended: await makeKey(services, 'DEV', gone, { scopes: all }),
    unknown: `DEV_${randomAlphanumerics(28)}`,
  };
  await revokeKey(services, { apiKey: keys.deleted });
  await services.database.pool.query(
    `UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE last_characters = $1 AND key_hash = sha256($2)`,
    [keys.expired.slice(-4), keys.expired],
  );
  await suspendOrganisation(services, { organisation: gone, suspended: true });
  return keys;
}

async function makeCustomers(services: Services, acme: TestOrganisation, other: TestOrganisation) {
  const sandbox = { ledgerId: acme.sandbox, author: 'cli' };
  const customers = {
    own: await makeCustomer(services, acme.sandbox, { credit: 1_000_000 }),
    banned: await makeCustomer(services, acme.sandbox, { credit: 10 }),
    ended: await makeCustomer(services, acme.sandbox, { credit: 10 }),
    live: await makeCustomer(services, acme.live, { credit: 10 }),
    foreign: await makeCustomer(services, other.sandbox, { credit: 10 }),
  };
  await setBan(services, sandbox, { customer: { cuRefNo: customers.banned.cuRefNo }, banned: true });
  await logOut(services, sandbox, { identityId: customers.ended.identityId });
  return customers;
}

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** The parsed body, or undefined where it is no JSON. */
  readonly body: unknown;
  /** `error.code`, where there is one. */
  readonly code: string | undefined;
}

/** Sends a request into the app, without a socket. */
export async function send(app: FastifyInstance, request: InjectOptions): Promise<Answer> {
  const response = await app.inject(request);
  const body = parse(response.body);
  const error = memberOf(body, 'error');
  const code = memberOf(error, 'code');
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    body,
    code: typeof code === 'string' ? code : undefined,
  };
}

/** @returns the answer without what differs from request to request: ids, times, what is left of the minute. */
export function withoutRequestId(answer: Answer): { status: number; headers: object; text: string } {
  const requestId = String(answer.headers['x-request-id']);
  const { date: _date, 'x-request-id': _id, 'x-ratelimit-remaining': _left, ...headers } = answer.headers;
  // The length differs with the request id's, which grows as requests are counted.
  const { 'x-ratelimit-reset': _reset, 'content-length': _length, ...rest } = headers;
  return { status: answer.status, headers: rest, text: answer.text.replaceAll(requestId, 'ID') };
}

/** @returns a member of a value that may be no object. */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
