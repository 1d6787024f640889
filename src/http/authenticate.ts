import type { FastifyReply, FastifyRequest, preHandlerHookHandler, preValidationHookHandler } from 'fastify';
import { API_KEY_PATTERN } from '../ids.ts';
import type { ApiKeyDirectory, ApiKeyRecord } from '../operations/api-key-directory.ts';
import { SAMPLE_API_KEY } from '../operations/demo.ts';
import { scopeAllows } from '../operations/scopes.ts';
import type { Caller } from '../operations/services.ts';
import { type Fault, Refusal, validationFailed } from '../refusals.ts';
import { IDEMPOTENCY_KEY_FAULT, readIdempotencyKey } from './idempotency-key.ts';
import type { KeyPolicy } from './policy.ts';
import { RateCounters, type RateLimitState } from './rate-limit.ts';
import type { KeyRates } from './shared-rate.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that was sent, once it has been accepted. */
    apiKey: ApiKeyRecord | null;
    /** Who asks; on routes that work on a ledger. */
    caller: Caller | null;
  }
}

export interface AuthenticationOptions {
  readonly directory: ApiKeyDirectory;
  readonly rates: KeyRates;
  readonly limits: { readonly PROD: number; readonly DEV: number; readonly unknownKeys: number };
  readonly demo: boolean;
}

const LEDGER_NAME = /^([a-z0-9][a-z0-9-]{0,39})\/(live|sandbox)$/;

const LEDGER_MISSING: Fault = {
  pointer: '/X-Purser-Ledger',
  message: 'must name the ledger that a ROOT key means: <organisation>/live or <organisation>/sandbox',
};

/** @returns the accepted caller of a route whose policy asks for a ledger. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('the policy of this route asks for no ledger');
  return request.caller;
}

/** @returns faults that lie outside the body and the query, to be told together with theirs. */
export function requestFaults(request: FastifyRequest): Fault[] {
  const { policy, takesIdempotencyKey } = request.routeOptions.config;
  const faults: Fault[] = [];
  const header = request.headers['idempotency-key'];
  if (
    takesIdempotencyKey === true &&
    header !== undefined &&
    readIdempotencyKey(String(header)) === undefined
  )
    faults.push(IDEMPOTENCY_KEY_FAULT);
  const isRoot = policy?.access === 'key' && policy.ledger && request.apiKey?.kind === 'ROOT';
  if (isRoot && parseLedgerName(request) === undefined) faults.push(LEDGER_MISSING);
  return faults;
}

/**
 * Makes for each policy the hook that runs before validation: which key, is it accepted, may it go on now, may it do this. Sync
 * wherever the key is known and counted in this process: a promise a request would cost more than all of it.
 */
export function createAuthentication({ directory, rates, limits, demo }: AuthenticationOptions) {
  const unknownKeys = new RateCounters<string>();

  const accept = (
    request: FastifyRequest,
    reply: FastifyReply,
    record: ApiKeyRecord,
    policy: KeyPolicy,
  ): undefined | Promise<void> => {
    refuseUnusable(record);
    request.apiKey = record;
    directory.noteUse(record.apiKeyId);
    if (record.kind !== 'ROOT') {
      const limit = record.requestsPerMinute ?? limits[record.kind];
      const state = rates.take(record.apiKeyId, limit, policy.countsAs?.(request.body) ?? 1);
      if (state instanceof Promise)
        return state.then((shared) => {
          tellLimit(reply, limit, shared);
          checkScope(request, record, policy);
        });
      tellLimit(reply, limit, state);
    }
    checkScope(request, record, policy);
    return undefined;
  };

  const lookUp = async (request: FastifyRequest, reply: FastifyReply, key: string, policy: KeyPolicy) => {
    // Whoever guesses keys is stopped before it costs the database anything.
    const address = request.socket.remoteAddress ?? '';
    const before = unknownKeys.peek(address, limits.unknownKeys, Date.now());
    if (!before.allowed) throw tooMany(reply, before);
    const record = await directory.lookUp(key);
    if (record !== undefined) return accept(request, reply, record, policy);
    const after = unknownKeys.take(address, limits.unknownKeys, Date.now());
    throw after.allowed ? new Refusal('PUBLIC_API_KEY_DOES_NOT_EXIST') : tooMany(reply, after);
  };

  return (policy: KeyPolicy): preValidationHookHandler =>
    (request, reply, done) => {
      let pending: undefined | Promise<void>;
      try {
        const key = findApiKey(request);
        if (!API_KEY_PATTERN.test(key)) throw new Refusal('PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT');
        if (key === SAMPLE_API_KEY && !demo) throw new Refusal('PUBLIC_API_KEY_SAMPLE_VALUE');
        const record = directory.known(key);
        pending =
          record === undefined ? lookUp(request, reply, key, policy) : accept(request, reply, record, policy);
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)));
      }
      if (pending === undefined) done();
      else pending.then(() => done(), done);
    };
}

/** The same key may stand in several places at once; two different keys are refused. */
function findApiKey(request: FastifyRequest): string {
  const inQuery = queryKey(request.query);
  const { authorization } = request.headers;
  const inHeader = authorization === undefined ? undefined : bearerToken(authorization);
  const inBody = bodyKey(request.body);
  const key = inQuery ?? inHeader ?? inBody;
  if ((inHeader !== undefined && inHeader !== key) || (inBody !== undefined && inBody !== key))
    throw twoKeys();
  if (key === undefined) throw new Refusal('PUBLIC_API_KEY_IS_EMPTY');
  return key;
}

function queryKey(query: unknown): string | undefined {
  const given = (query as { apiKey?: unknown }).apiKey;
  if (typeof given === 'string') return given || undefined;
  if (!Array.isArray(given)) return undefined;
  const keys = new Set<string>(given.filter((key) => key !== ''));
  if (keys.size > 1) throw twoKeys();
  return [...keys][0];
}

function twoKeys(): Refusal {
  return new Refusal('PUBLIC_REQUEST_IS_NOT_VALID_JSON', {
    reason: 'the request has two different API keys',
  });
}

/** A header of another scheme is not for us: a proxy's Basic credentials must not spoil a key in the query. */
function bearerToken(authorization: string): string | undefined {
  if (!/^bearer(\s|$)/i.test(authorization)) return undefined;
  return authorization.slice(6).trim() || undefined;
}

function bodyKey(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { apiKey } = body as { apiKey?: unknown };
  if (apiKey === undefined || apiKey === null || apiKey === '') return undefined;
  // A key that is no string can only be one of the wrong format.
  return typeof apiKey === 'string' ? apiKey : 'not a string';
}

function refuseUnusable(record: ApiKeyRecord): void {
  if (record.suspended) throw new Refusal('PUBLIC_API_KEY_IS_NOT_ACTIVE');
  if (record.deleted) throw new Refusal('PUBLIC_API_KEY_HAS_BEEN_DELETED');
  if (record.expiresAt <= Date.now()) throw new Refusal('PUBLIC_API_KEY_HAS_BEEN_EXPIRED');
}

function tellLimit(reply: FastifyReply, limit: number, state: RateLimitState): void {
  reply.header('x-ratelimit-limit', limit);
  reply.header('x-ratelimit-remaining', state.remaining);
  reply.header('x-ratelimit-reset', state.resetAt);
  if (!state.allowed) throw tooMany(reply, state);
}

function tooMany(reply: FastifyReply, state: RateLimitState): Refusal {
  reply.header('retry-after', state.retryAfter);
  return new Refusal('PUBLIC_API_KEY_TOO_MANY_REQUEST');
}

function checkScope(request: FastifyRequest, record: ApiKeyRecord, policy: KeyPolicy): void {
  if (record.kind === 'ROOT') return;
  const { scope, anyCustomer } = policy;
  if (scope === null) throw new Refusal('PUBLIC_API_KEY_SCOPE_NOT_ALLOWED');
  if (!scopeAllows(record.scopes, scope)) throw new Refusal('PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', { scope });
  if (anyCustomer && !mayNameAnyCustomer(record) && namesByReference(request)) throw anyCustomerMissing();
}

/** @returns the refusal of a key that names a customer by its cuRefNo and may not. */
export function anyCustomerMissing(): Refusal {
  return new Refusal('PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', { scope: 'any-customer' });
}

/** @returns whether a key may name a customer by its cuRefNo where others need a session. */
export function mayNameAnyCustomer({ kind, scopes }: Pick<ApiKeyRecord, 'kind' | 'scopes'>): boolean {
  return kind === 'ROOT' || scopeAllows(scopes, 'any-customer');
}

/** A cuRefNo stands in the query of a GET and in the body of a POST. */
function namesByReference({ method, query, body }: FastifyRequest): boolean {
  const members = (method === 'GET' ? query : body) as { readonly cuRefNo?: unknown };
  return members.cuRefNo !== undefined && members.cuRefNo !== null;
}

/**
 * Makes the hook that runs after validation and says which ledger the request is about. A route that works on none
 * still takes no foreign one for granted.
 */
export function createLedgerChoice(directory: ApiKeyDirectory): preHandlerHookHandler {
  return (request, _reply, done) => {
    const record = request.apiKey;
    if (record === null) return done(new Error('the ledger is chosen after the key'));
    const { policy } = request.routeOptions.config;
    const mayBeUnnamed = record.kind === 'ROOT' && policy?.access === 'key' && !policy.ledger;
    if (mayBeUnnamed && request.headers['x-purser-ledger'] === undefined) return done();
    const ledgerId = record.kind === 'ROOT' ? namedLedger(directory, request) : ownLedger(record, request);
    if (ledgerId instanceof Refusal) return done(ledgerId);
    request.caller = { ledgerId, author: `key:${record.apiKeyId}` };
    done();
  };
}

function namedLedger(directory: ApiKeyDirectory, request: FastifyRequest): number | Refusal {
  const name = parseLedgerName(request);
  if (name === undefined) return validationFailed([LEDGER_MISSING]);
  return directory.ledger(name.slug, name.kind) ?? new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
}

/** A PROD or DEV_ key has one ledger; another one looks the same as one that does not exist. */
function ownLedger(record: ApiKeyRecord, request: FastifyRequest): number | Refusal {
  if (record.ledgerId === undefined) throw new Error('a PROD or DEV_ key without a ledger');
  if (request.headers['x-purser-ledger'] === undefined) return record.ledgerId;
  const kind = record.kind === 'PROD' ? 'live' : 'sandbox';
  const own = `${record.organisationSlug}/${kind}`;
  return request.headers['x-purser-ledger'] === own
    ? record.ledgerId
    : new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
}

function parseLedgerName(request: FastifyRequest): { slug: string; kind: 'live' | 'sandbox' } | undefined {
  const [, slug, kind] = LEDGER_NAME.exec(String(request.headers['x-purser-ledger'] ?? '')) ?? [];
  return slug !== undefined && (kind === 'live' || kind === 'sandbox') ? { slug, kind } : undefined;
}
