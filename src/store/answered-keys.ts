import type pg from 'pg';
import { numberArray, textArray, uuidArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/** An idempotency key that has its answer: a success names its entry, a refusal carries its body. */
export interface AnsweredKey {
  readonly accountId: number;
  readonly keyHash: string;
  readonly requestHash: string;
  readonly entry?: {
    readonly seq: number;
    readonly attempt: number;
    readonly amount: bigint;
    readonly balance: bigint;
  };
  readonly refusal?: { readonly status: number; readonly body: string };
}

type KeyColumns = [
  ...[accountId: string, keyHash: string, requestHash: string],
  ...[seq: number | null, attempt: number | null, amount: string, balance: string],
  ...[status: number | null, body: string],
];

/**
 * Reads which of these keys were answered before. `accounts` and `keyHashes` are of one length. LIMIT keeps each
 * key a look-up of its own; as a plain join it could become a scan of all that these accounts ever did.
 */
export async function readAnsweredKeys(
  client: Pick<pg.ClientBase, 'query'> | Queryable,
  accounts: readonly number[],
  keyHashes: readonly string[],
): Promise<AnsweredKey[]> {
  const { rows } = await client.query<KeyColumns>({
    name: 'read-answered-keys',
    text: `
      SELECT found.* FROM unnest($1::bigint[], $2::uuid[]) AS n (account_id, key_hash)
      CROSS JOIN LATERAL (
        (SELECT account_id, key_hash, request_hash, seq, attempt, amount, balance, NULL::smallint, NULL
         FROM entries
         WHERE account_id = n.account_id AND key_hash = n.key_hash AND account_id = ANY($1::bigint[])
         LIMIT 1)
        UNION ALL
        (SELECT account_id, key_hash, request_hash, NULL, NULL, NULL, NULL, status, body
         FROM refused_requests
         WHERE account_id = n.account_id AND key_hash = n.key_hash AND account_id = ANY($1::bigint[])
         LIMIT 1)
      ) AS found`,
    values: [numberArray(accounts), uuidArray(keyHashes)],
    rowMode: 'array',
  });
  return rows.map(toAnsweredKey);
}

function toAnsweredKey(columns: KeyColumns): AnsweredKey {
  const [accountId, keyHash, requestHash, seq, attempt, amount, balance, status, body] = columns;
  const key = { accountId: Number(accountId), keyHash, requestHash };
  if (seq === null || attempt === null) return { ...key, refusal: { status: status ?? 0, body } };
  return { ...key, entry: { seq, attempt, amount: BigInt(amount), balance: BigInt(balance) } };
}

/** A decided refusal of a request with a key. */
export interface RefusedRequest {
  readonly accountId: number;
  readonly keyHash: string;
  readonly requestHash: string;
  readonly status: number;
  readonly body: string;
}

/** Keeps refusals, so that a late retry gets its first answer. */
export async function insertRefusedRequests(
  client: pg.ClientBase,
  refused: readonly RefusedRequest[],
): Promise<void> {
  await client.query({
    name: 'insert-refused-requests',
    text: `
      INSERT INTO refused_requests (account_id, key_hash, request_hash, status, body, refused_at)
      SELECT n.account_id, n.key_hash, n.request_hash, n.status, n.body, clock_timestamp()
      FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[])
        AS n (account_id, key_hash, request_hash, status, body)`,
    values: [
      numberArray(refused.map(({ accountId }) => accountId)),
      uuidArray(refused.map(({ keyHash }) => keyHash)),
      uuidArray(refused.map(({ requestHash }) => requestHash)),
      numberArray(
        refused.map(({ status }) => status),
        'smallint',
      ),
      textArray(refused.map(({ body }) => body)),
    ],
  });
}

/** Forgets refusals older than `days`. @returns how many. */
export async function deleteOldRefusedRequests(queryable: Queryable, days: number): Promise<number> {
  const { rowCount } = await queryable.query({
    name: 'delete-old-refused-requests',
    text: `DELETE FROM refused_requests WHERE refused_at < clock_timestamp() - make_interval(days => $1)`,
    values: [days],
  });
  return rowCount ?? 0;
}
