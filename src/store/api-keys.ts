import type { ApiKeyKind } from '../ids.ts';
import type { Queryable, Transaction } from './database.ts';

/** An API key as every process remembers it; without the key itself, which nobody has. */
export interface StoredApiKey {
  readonly apiKeyId: number;
  readonly keyHash: Buffer;
  readonly kind: ApiKeyKind;
  /** Null for ROOT keys, as are the slug and the ledger. */
  readonly organisationId: number | null;
  readonly organisationSlug: string | null;
  readonly ledgerId: number | null;
  readonly scopes: readonly string[];
  readonly requestsPerMinute: number | null;
  readonly expiresAt: Date;
  readonly deletedAt: Date | null;
  readonly suspendedAt: Date | null;
}

/** An API key as it is listed. */
export interface ListedApiKey {
  readonly apiKeyId: number;
  readonly kind: ApiKeyKind;
  readonly organisationSlug: string | null;
  readonly firstCharacters: string;
  readonly lastCharacters: string;
  readonly scopes: readonly string[];
  readonly description: string | null;
  readonly requestsPerMinute: number | null;
  readonly replacesApiKeyId: number | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly deletedAt: Date | null;
  readonly suspendedAt: Date | null;
  /** Judged by the database's clock. */
  readonly expired: boolean;
  /** Works now, and its end is at most `endsWithinMs` away. */
  readonly endsSoon: boolean;
  /** Requests of the last 90 days. */
  readonly requests: number;
}

/** What a new key is made of; the revision is one taken in the same transaction. */
export interface NewApiKey {
  readonly keyHash: Buffer;
  readonly kind: ApiKeyKind;
  readonly organisationId: number | undefined;
  readonly firstCharacters: string;
  readonly lastCharacters: string;
  readonly scopes: readonly string[];
  readonly description: string | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly replacesApiKeyId: number | undefined;
  readonly expiresAt: Date;
  readonly revision: string;
}

const STORED_COLUMNS = `k.api_key_id AS "apiKeyId", k.key_hash AS "keyHash", k.kind,
  k.organisation_id AS "organisationId", o.slug AS "organisationSlug", l.ledger_id AS "ledgerId", k.scopes,
  k.requests_per_minute AS "requestsPerMinute", k.expires_at AS "expiresAt", k.deleted_at AS "deletedAt",
  o.suspended_at AS "suspendedAt"`;

const STORED_TABLES = `api_keys k
  LEFT JOIN organisations o ON o.organisation_id = k.organisation_id
  LEFT JOIN ledgers l ON l.organisation_id = k.organisation_id
    AND l.kind = CASE k.kind WHEN 'PROD' THEN 'live' ELSE 'sandbox' END`;

interface StoredRow extends Omit<StoredApiKey, 'apiKeyId' | 'organisationId' | 'ledgerId'> {
  readonly apiKeyId: string;
  readonly organisationId: string | null;
  readonly ledgerId: string | null;
}

function toNumber(id: string | null): number | null {
  return id === null ? null : Number(id);
}

function toStored(row: StoredRow): StoredApiKey {
  return {
    ...row,
    apiKeyId: Number(row.apiKeyId),
    organisationId: toNumber(row.organisationId),
    ledgerId: toNumber(row.ledgerId),
  };
}

/**
 * Takes the next revision and with it, until the commit, the right to change keys and organisations. Call it
 * first, so that two changes never wait for each other, and give the revision to every key that is touched.
 *
 * @returns the revision and the database's time.
 */
export async function takeRevision(tx: Transaction): Promise<{ revision: string; now: Date }> {
  const { rows } = await tx.query<{ revision: string; now: Date }>(
    `UPDATE api_key_revision SET revision = revision + 1 RETURNING revision, clock_timestamp() AS now`,
  );
  const [row] = rows;
  if (!row) throw new Error('The row of api_key_revision is missing.');
  return row;
}

/** @returns the last revision that is committed. */
export async function readRevision(queryable: Queryable): Promise<bigint> {
  const { rows } = await queryable.query<{ revision: string }>('SELECT revision FROM api_key_revision');
  return BigInt(rows[0]?.revision ?? 0);
}

/** Adds a key. @returns its id. */
export async function insertApiKey(tx: Transaction, key: NewApiKey): Promise<number> {
  const { rows } = await tx.query<{ apiKeyId: string }>(
    `INSERT INTO api_keys (key_hash, kind, organisation_id, first_characters, last_characters, scopes,
       description, requests_per_minute, replaces_api_key_id, expires_at, revision)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING api_key_id AS "apiKeyId"`,
    [
      key.keyHash,
      key.kind,
      key.organisationId,
      key.firstCharacters,
      key.lastCharacters,
      key.scopes,
      key.description,
      key.requestsPerMinute,
      key.replacesApiKeyId,
      key.expiresAt,
      key.revision,
    ],
  );
  return Number(rows[0]?.apiKeyId);
}

/** @returns the keys that changed after this revision, deleted and expired ones included. */
export async function listKeysSince(queryable: Queryable, revision: bigint): Promise<StoredApiKey[]> {
  const { rows } = await queryable.query<StoredRow>(
    `SELECT ${STORED_COLUMNS} FROM ${STORED_TABLES} WHERE k.revision > $1`,
    [revision.toString()],
  );
  return rows.map(toStored);
}

/** @returns the key of this hash, whatever its state. */
export async function findKeyByHash(queryable: Queryable, hash: Buffer): Promise<StoredApiKey | undefined> {
  const { rows } = await queryable.query<StoredRow>(
    `SELECT ${STORED_COLUMNS} FROM ${STORED_TABLES} WHERE k.key_hash = $1`,
    [hash],
  );
  const [row] = rows;
  return row && toStored(row);
}

/** @returns the key of this id, whatever its state. */
export async function findKeyById(queryable: Queryable, apiKeyId: number): Promise<StoredApiKey | undefined> {
  const { rows } = await queryable.query<StoredRow>(
    `SELECT ${STORED_COLUMNS} FROM ${STORED_TABLES} WHERE k.api_key_id = $1`,
    [apiKeyId],
  );
  const [row] = rows;
  return row && toStored(row);
}

/** Lists keys, oldest first. @param slug of one organisation; without it all keys, ROOT keys included. */
export async function listKeys(
  queryable: Queryable,
  slug: string | undefined,
  endsWithinMs: number,
): Promise<ListedApiKey[]> {
  interface Row extends Omit<ListedApiKey, 'apiKeyId' | 'replacesApiKeyId' | 'requests'> {
    readonly apiKeyId: string;
    readonly replacesApiKeyId: string | null;
    readonly requests: string;
  }
  const { rows } = await queryable.query<Row>(
    `SELECT k.api_key_id AS "apiKeyId", k.kind, o.slug AS "organisationSlug",
       k.first_characters AS "firstCharacters", k.last_characters AS "lastCharacters", k.scopes, k.description,
       k.requests_per_minute AS "requestsPerMinute", k.replaces_api_key_id AS "replacesApiKeyId",
       k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.deleted_at AS "deletedAt",
       o.suspended_at AS "suspendedAt", k.expires_at <= now() AS expired,
       k.deleted_at IS NULL AND k.expires_at > now()
         AND k.expires_at <= now() + $2 * interval '1 millisecond' AS "endsSoon",
       coalesce((SELECT sum(u.requests) FROM api_key_usage u
         WHERE u.api_key_id = k.api_key_id AND u.day > current_date - 90), 0) AS requests
     FROM api_keys k LEFT JOIN organisations o ON o.organisation_id = k.organisation_id
     WHERE $1::text IS NULL OR o.slug = $1 ORDER BY k.api_key_id`,
    [slug ?? null, endsWithinMs],
  );
  return rows.map((row) => ({
    ...row,
    apiKeyId: Number(row.apiKeyId),
    replacesApiKeyId: toNumber(row.replacesApiKeyId),
    requests: Number(row.requests),
  }));
}

/** Deactivates a key for good; the instant of a first deactivation stays. */
export async function deleteKey(tx: Transaction, apiKeyId: number, revision: string): Promise<void> {
  await tx.query(
    `UPDATE api_keys SET deleted_at = coalesce(deleted_at, now()), revision = $2 WHERE api_key_id = $1`,
    [apiKeyId, revision],
  );
}

/** Ends a key's life at `expiresAt`, or when it was to end anyway, whichever comes first. */
export async function shortenKey(
  tx: Transaction,
  apiKeyId: number,
  expiresAt: Date,
  revision: string,
): Promise<void> {
  await tx.query(
    `UPDATE api_keys SET expires_at = least(expires_at, $2), revision = $3 WHERE api_key_id = $1`,
    [apiKeyId, expiresAt, revision],
  );
}

/** Gives all keys of an organisation this revision, so that every process reads them anew. */
export async function touchKeysOf(tx: Transaction, organisationId: number, revision: string): Promise<void> {
  await tx.query(`UPDATE api_keys SET revision = $2 WHERE organisation_id = $1`, [organisationId, revision]);
}

/** Adds requests to the current day's count (UTC) of each key. */
export async function addKeyUsage(
  queryable: Queryable,
  apiKeyIds: readonly number[],
  requests: readonly number[],
): Promise<void> {
  // Sorted, so that two processes that write the same keys wait in one order and never for each other.
  await queryable.query(
    `INSERT INTO api_key_usage (api_key_id, day, requests)
     SELECT id, current_date, n FROM unnest($1::bigint[], $2::bigint[]) AS used (id, n) ORDER BY id
     ON CONFLICT (api_key_id, day) DO UPDATE SET requests = api_key_usage.requests + excluded.requests`,
    [apiKeyIds, requests],
  );
}

/** Forgets the counts of days that are more than 90 days ago. */
export async function deleteOldKeyUsage(queryable: Queryable): Promise<void> {
  await queryable.query('DELETE FROM api_key_usage WHERE day < current_date - 90');
}
