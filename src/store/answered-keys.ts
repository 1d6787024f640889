import type pg from 'pg';
import type { AccountChangeKind } from '../ledger/account.ts';
import { numberArray, textArray, uuidArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/**
 * An idempotency key that has its answer: a success names its entry or hold event, a refusal carries its body. A key of
 * an order has none of them here: no request for credit is ever the same as one about an order.
 */
export interface AnsweredKey {
  readonly accountId: number;
  readonly keyHash: string;
  readonly requestHash: string;
  readonly entry?: AnsweredEntry | undefined;
  readonly holdEvent?: AnsweredHoldEvent | undefined;
  readonly refusal?: { readonly status: number; readonly body: string } | undefined;
}

/** What the answer is rebuilt from; amounts in millionths. */
export interface AnsweredEntry {
  readonly seq: number;
  readonly attempt: number;
  readonly amount: bigint;
  readonly balance: bigint;
  /** Of a capture. */
  readonly captured?: bigint | undefined;
  readonly remaining?: bigint | undefined;
  /** Of a refund. */
  readonly refundable?: bigint | undefined;
}

/** The same of a hold that was created, extended or released. */
export interface AnsweredHoldEvent {
  readonly kind: AccountChangeKind;
  readonly hold: number;
  readonly attempt: number;
  readonly reserved: bigint;
  readonly expiresAtMs: number;
  readonly balance: bigint;
  readonly held: bigint;
  readonly debtLimit: bigint;
}

type KeyColumns = [
  ...[
    accountId: string,
    keyHash: string,
    requestHash: string,
    kind: 'entry' | 'refusal' | 'order' | AccountChangeKind,
  ],
  ...[number: number, attempt: number, amount: string, balance: string],
  ...KeyTail,
];

type KeyTail = [
  ...[captured: string | null, remaining: string | null, refundable: string | null],
  ...[expiresAtMs: string, held: string, debtLimit: string, body: string],
];

/**
 * Reads which of these keys were answered before. `accounts` and `keyHashes` are of one length. LIMIT keeps each
 * key a look-up of its own; as a plain join it could become a scan of all that these accounts ever did. So it could
 * where the array of accounts stands inside as well: the entries of an account would seem so few that reading all of
 * them looks as cheap as the index of keys.
 */
export async function readAnsweredKeys(
  client: Pick<pg.ClientBase, 'query'> | Queryable,
  accounts: readonly number[],
  keyHashes: readonly string[],
): Promise<AnsweredKey[]> {
  const isAsked = 'account_id = n.account_id AND key_hash = n.key_hash LIMIT 1';
  const { rows } = await client.query<KeyColumns>({
    name: 'read-answered-keys',
    text: `
      SELECT found.* FROM unnest($1::bigint[], $2::uuid[]) AS n (account_id, key_hash)
      CROSS JOIN LATERAL (
        (SELECT account_id, key_hash, request_hash, 'entry', seq, attempt, amount, balance, captured, remaining,
           refundable, NULL::bigint, NULL::bigint, NULL::bigint, NULL
         FROM entries WHERE ${isAsked})
        UNION ALL
        (SELECT account_id, key_hash, request_hash, kind, hold, attempt, reserved, balance, NULL, NULL,
           NULL, expires_at_ms, held, debt_limit, NULL
         FROM account_changes WHERE ${isAsked})
        UNION ALL
        (SELECT account_id, key_hash, request_hash, 'refusal', status, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, body
         FROM refused_requests WHERE ${isAsked})
        UNION ALL
        (SELECT account_id, key_hash, request_hash, 'order', NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL
         FROM order_requests WHERE ${isAsked})
      ) AS found
      WHERE found.account_id = ANY($1::bigint[])`,
    values: [numberArray(accounts), uuidArray(keyHashes)],
    rowMode: 'array',
  });
  return rows.map(toAnsweredKey);
}

function toAnsweredKey(columns: KeyColumns): AnsweredKey {
  const [accountId, keyHash, requestHash, kind, number, attempt, amount, balance] = columns;
  const [captured, remaining, refundable, expiresAtMs, held, debtLimit, body] = columns.slice(8) as KeyTail;
  const key = { accountId: Number(accountId), keyHash, requestHash };
  if (kind === 'order') return key;
  if (kind === 'refusal') return { ...key, refusal: { status: number, body } };
  if (kind !== 'entry') {
    return {
      ...key,
      holdEvent: {
        kind,
        hold: number,
        attempt,
        reserved: BigInt(amount),
        expiresAtMs: Number(expiresAtMs),
        balance: BigInt(balance),
        held: BigInt(held),
        debtLimit: BigInt(debtLimit),
      },
    };
  }
  return {
    ...key,
    entry: {
      seq: number,
      attempt,
      amount: BigInt(amount),
      balance: BigInt(balance),
      captured: toMicro(captured),
      remaining: toMicro(remaining),
      refundable: toMicro(refundable),
    },
  };
}

function toMicro(text: string | null): bigint | undefined {
  return text === null ? undefined : BigInt(text);
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
