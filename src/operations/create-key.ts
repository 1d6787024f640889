import { API_KEY_PATTERN, type ApiKeyKind, hashSecret, newApiKey } from '../ids.ts';
import { type Fault, validationFailed } from '../refusals.ts';
import { insertApiKey, type StoredApiKey, shortenKey, takeRevision } from '../store/api-keys.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { endOfDay, LAST_INSTANT_MS } from '../time-zone.ts';
import { parseInstant } from './expiration-date.ts';
import { nameKey } from './name-key.ts';
import { nameOrganisation } from './name-organisation.ts';
import { isKnownScope, knownScopes, NEW_KEY_SCOPES } from './scopes.ts';
import type { Services } from './services.ts';

/** What a key is made of. */
export interface KeyRequest {
  readonly kind: ApiKeyKind;
  /** The slug; without it that of the replaced key, or else the first organisation. ROOT keys have none. */
  readonly organisation?: string | undefined;
  /** Without it those of the replaced key, or else `default` and `credit-grant`. ROOT keys have all. */
  readonly scopes?: readonly string[] | undefined;
  /**
   * An instant, or a text: an instant with an offset, or a date, which means good through that day in the
   * organisation's time zone (UTC for ROOT keys). Without it 90 days from now.
   */
  readonly expiresAt?: Date | string | undefined;
  /** The id of the key, or the key itself, that the new one takes over from. */
  readonly replaces?: string | number | undefined;
  /** How long the replaced key still works, at most until its own end; 7 days unless given. */
  readonly overlapMs?: number | undefined;
  readonly description?: string | undefined;
  /** Instead of the setting for keys of this kind. */
  readonly requestsPerMinute?: number | undefined;
  /** A key that is already known, for the throw-away demo alone. */
  readonly apiKey?: string | undefined;
}

/** A key just made. `apiKey` is the secret, which is told this one time. */
export interface CreatedKey {
  readonly apiKey: string;
  readonly apiKeyId: number;
  readonly kind: ApiKeyKind;
  readonly organisation: string | undefined;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** The key that it replaces, and until when that one still works. */
  readonly replaced: { readonly apiKeyId: number; readonly expiresAt: Date } | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Published: a key lives 90 days unless something else is said. */
const DEFAULT_LIFE_MS = 90 * DAY_MS;
const DEFAULT_OVERLAP_MS = 7 * DAY_MS;
const MAX_DESCRIPTION_LENGTH = 200;
/** The end of the year 9999: later dates have no published form. */

/**
 * Makes an API key; every process knows it at its first use.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: unknown organisation or scopes, an expiry in the past, a replaced
 *   key that is unknown, deactivated, or of another kind or organisation.
 */
export async function createKey(
  services: Pick<Services, 'database'>,
  request: KeyRequest,
): Promise<CreatedKey> {
  const faults = faultsOf(request);
  if (faults.length > 0) throw validationFailed(faults);
  return inTransaction(services.database, async (tx) => {
    const { revision, now } = await takeRevision(tx);
    const old = await findReplaced(tx, request);
    const organisation = await organisationOf(tx, request, old);
    const { kind, apiKey = newApiKey(kind) } = request;
    const expiresAt = endOf(request.expiresAt, organisation?.timeZone, now);
    const scopes = scopesOf(request, old);
    const apiKeyId = await insertApiKey(tx, {
      keyHash: hashSecret(apiKey),
      kind,
      organisationId: organisation?.organisationId,
      firstCharacters: apiKey.slice(0, 4),
      lastCharacters: apiKey.slice(-4),
      scopes,
      description: request.description,
      requestsPerMinute: request.requestsPerMinute ?? old?.requestsPerMinute ?? undefined,
      replacesApiKeyId: old?.apiKeyId,
      expiresAt,
      revision,
    });
    const replaced = old && (await endReplaced(tx, old, request, revision, now));
    return { apiKey, apiKeyId, kind, organisation: organisation?.slug, scopes, expiresAt, replaced };
  });
}

function faultsOf(request: KeyRequest): Fault[] {
  const { kind, scopes, overlapMs, requestsPerMinute, apiKey } = request;
  const faults: Fault[] = [];
  const check = (valid: boolean, pointer: string, message: string) => {
    if (!valid) faults.push({ pointer, message });
  };
  check(kind !== 'ROOT' || request.organisation === undefined, '/organisation', 'is not for ROOT keys');
  check(kind !== 'ROOT' || scopes === undefined, '/scopes', 'are not for ROOT keys, which have all');
  for (const scope of scopes ?? []) {
    check(isKnownScope(scope), '/scopes', `unknown scope ${scope}; known are ${knownScopes().join(', ')}`);
  }
  check(
    overlapMs === undefined || (overlapMs >= 0 && Number.isSafeInteger(overlapMs)),
    '/overlapMs',
    'must not be negative',
  );
  check(
    overlapMs === undefined || request.replaces !== undefined,
    '/overlapMs',
    'needs replaces, the key that shall overlap',
  );
  check(
    requestsPerMinute === undefined || (requestsPerMinute > 0 && requestsPerMinute < 2 ** 31),
    '/requestsPerMinute',
    'must be greater than 0',
  );
  check(
    (request.description?.length ?? 0) <= MAX_DESCRIPTION_LENGTH,
    '/description',
    `must have at most ${MAX_DESCRIPTION_LENGTH} characters`,
  );
  check(apiKey === undefined || API_KEY_PATTERN.test(apiKey), '/apiKey', 'must have the form of a key');
  return faults;
}

function endOf(given: Date | string | undefined, timeZone = 'UTC', now: Date): Date {
  const refuse = (message: string) => validationFailed([{ pointer: '/expiresAt', message }]);
  const nowMs = now.getTime();
  const endMs = given === undefined ? nowMs + DEFAULT_LIFE_MS : readEnd(given, timeZone);
  if (endMs === undefined) {
    throw refuse(
      'must be a date such as 2030-12-31, an instant such as 2030-12-31T12:00:00Z, or how long from now, such as 90d',
    );
  }
  if (endMs <= nowMs) throw refuse('must be in the future');
  if (endMs > LAST_INSTANT_MS) throw refuse('must be before the year 10000');
  return new Date(endMs);
}

function readEnd(given: Date | string, timeZone: string): number | undefined {
  if (typeof given !== 'string') return given.getTime();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(given)) return parseInstant(given);
  const midnightMs = parseInstant(`${given}T00:00Z`);
  return midnightMs === undefined ? undefined : endOfDay(midnightMs, timeZone);
}

async function findReplaced(tx: Transaction, request: KeyRequest): Promise<StoredApiKey | undefined> {
  if (request.replaces === undefined) return undefined;
  const old = await nameKey(tx, request.replaces, '/replaces');
  const refuse = (message: string) => validationFailed([{ pointer: '/replaces', message }]);
  if (old.deletedAt) throw refuse('names a key that was deactivated, which is final');
  if (old.kind !== request.kind) throw refuse(`names a ${old.kind} key, the new one is ${request.kind}`);
  const { organisation } = request;
  if (organisation !== undefined && organisation !== old.organisationSlug) {
    throw refuse(`names a key of the organisation ${old.organisationSlug}`);
  }
  return old;
}

async function organisationOf(tx: Transaction, request: KeyRequest, old: StoredApiKey | undefined) {
  if (request.kind === 'ROOT') return undefined;
  return nameOrganisation(tx, request.organisation ?? old?.organisationSlug ?? undefined);
}

function scopesOf({ kind, scopes }: KeyRequest, old: StoredApiKey | undefined): readonly string[] {
  if (kind === 'ROOT') return [];
  return scopes ? [...new Set(scopes)] : (old?.scopes ?? NEW_KEY_SCOPES);
}

/** Rotation: the old key goes on for the overlap, so that programs can change over one after the other. */
async function endReplaced(
  tx: Transaction,
  old: StoredApiKey,
  { overlapMs = DEFAULT_OVERLAP_MS }: KeyRequest,
  revision: string,
  now: Date,
) {
  const end = new Date(Math.min(now.getTime() + overlapMs, old.expiresAt.getTime()));
  await shortenKey(tx, old.apiKeyId, end, revision);
  return { apiKeyId: old.apiKeyId, expiresAt: end };
}
