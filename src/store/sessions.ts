import type { Queryable, Transaction } from './database.ts';

/** The pairing of an identity with its session and account, which never changes and may be cached. */
export interface SessionName {
  readonly identityHash: Buffer;
  readonly sessionId: number;
  readonly accountId: number;
  readonly ledgerId: number;
}

/** A session as it stands now, judged by the database's clock. */
export interface Session extends Omit<SessionName, 'identityHash'> {
  readonly living: boolean;
  /** Unix milliseconds. */
  readonly lastUsedAt: number;
}

/** A session to be added. */
export interface NewSession {
  readonly identityHash: Buffer;
  readonly accountId: number;
  readonly ledgerId: number;
  /** The customer's address, normalised. */
  readonly createdFrom: string | undefined;
}

/** Adds a session that lives three months from now. @returns its id. */
export async function insertSession(tx: Transaction, session: NewSession): Promise<number> {
  const { rows } = await tx.query<{ sessionId: string }>(
    `INSERT INTO sessions (identity_hash, account_id, ledger_id, created_from, expires_at)
     VALUES ($1, $2, $3, $4, now() + interval '3 months') RETURNING session_id AS "sessionId"`,
    [session.identityHash, session.accountId, session.ledgerId, session.createdFrom],
  );
  return Number(rows[0]?.sessionId);
}

/** @returns the sessions of these identities, in no order, whether or not they have ended. */
export async function findSessions(queryable: Queryable, hashes: readonly Buffer[]): Promise<SessionName[]> {
  interface Row extends Pick<SessionName, 'identityHash'> {
    readonly sessionId: string;
    readonly accountId: string;
    readonly ledgerId: string;
  }
  const { rows } = await queryable.query<Row>(
    `SELECT identity_hash AS "identityHash", session_id AS "sessionId", account_id AS "accountId",
       ledger_id AS "ledgerId"
     FROM sessions WHERE identity_hash = ANY($1::bytea[])`,
    [hashes],
  );
  return rows.map(({ identityHash, sessionId, accountId, ledgerId }) => ({
    identityHash,
    sessionId: Number(sessionId),
    accountId: Number(accountId),
    ledgerId: Number(ledgerId),
  }));
}

/** @returns the session of this identity with its state at this moment. */
export async function readSession(queryable: Queryable, hash: Buffer): Promise<Session | undefined> {
  interface Row {
    readonly sessionId: string;
    readonly accountId: string;
    readonly ledgerId: string;
    readonly living: boolean;
    readonly lastUsedAt: Date;
  }
  const { rows } = await queryable.query<Row>(
    `SELECT session_id AS "sessionId", account_id AS "accountId", ledger_id AS "ledgerId",
       ended_at IS NULL AND expires_at > now() AS living, last_used_at AS "lastUsedAt"
     FROM sessions WHERE identity_hash = $1`,
    [hash],
  );
  const [row] = rows;
  if (!row) return undefined;
  return {
    sessionId: Number(row.sessionId),
    accountId: Number(row.accountId),
    ledgerId: Number(row.ledgerId),
    living: row.living,
    lastUsedAt: row.lastUsedAt.getTime(),
  };
}

/** Ends a session of this ledger; one that has ended keeps its instant. */
export async function endSession(queryable: Queryable, ledgerId: number, hash: Buffer): Promise<void> {
  await queryable.query(
    `UPDATE sessions SET ended_at = now()
     WHERE identity_hash = $1 AND ledger_id = $2 AND ended_at IS NULL`,
    [hash, ledgerId],
  );
}

/** SQL for the public id of a session: not the identity nor what it is stored as, and of use to nobody who lacks both. */
export const PUBLIC_SESSION_ID = `substr(translate(encode(sha256(identity_hash), 'base64'), '+/=', 'Aa0'), 1, 16)`;

/** A living session as people see it. */
export interface ListedSession {
  readonly sessionId: number;
  /** 16 letters and digits. */
  readonly publicId: string;
  readonly createdAt: Date;
  /** The customer's address, once it is old its network. */
  readonly createdFrom: string | null;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** @returns up to `limit` living sessions of an account, last used first. */
export async function listLivingSessions(
  queryable: Queryable,
  accountId: number,
  limit: number,
): Promise<ListedSession[]> {
  const { rows } = await queryable.query<Omit<ListedSession, 'sessionId'> & { readonly sessionId: string }>(
    `SELECT session_id AS "sessionId", ${PUBLIC_SESSION_ID} AS "publicId", created_at AS "createdAt",
       created_from AS "createdFrom", last_used_at AS "lastUsedAt", expires_at AS "expiresAt"
     FROM sessions WHERE account_id = $1 AND ended_at IS NULL AND expires_at > now()
     ORDER BY last_used_at DESC, session_id DESC LIMIT $2`,
    [accountId, limit],
  );
  return rows.map((row) => ({ ...row, sessionId: Number(row.sessionId) }));
}

/**
 * Ends one session of an account by its public id.
 *
 * @returns how many have ended by this, 0 where it had ended before; undefined where the account has no such session.
 */
export async function endSessionByPublicId(
  queryable: Queryable,
  accountId: number,
  publicId: string,
): Promise<number | undefined> {
  const { rows } = await queryable.query<{ lived: boolean }>(
    `UPDATE sessions s SET ended_at = CASE WHEN named.lived THEN now() ELSE s.ended_at END
     FROM (SELECT session_id, ended_at IS NULL AND expires_at > now() AS lived FROM sessions
       WHERE account_id = $1 AND ${PUBLIC_SESSION_ID} = $2) AS named
     WHERE s.session_id = named.session_id RETURNING named.lived`,
    [accountId, publicId],
  );
  const [row] = rows;
  return row && Number(row.lived);
}

/** Ends all living sessions of an account but that of `except`. @returns how many. */
export async function endSessionsOf(
  tx: Transaction,
  accountId: number,
  { except }: { readonly except?: number | undefined },
): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE sessions SET ended_at = now()
     WHERE account_id = $1 AND ended_at IS NULL AND expires_at > now() AND session_id IS DISTINCT FROM $2::bigint`,
    [accountId, except ?? null],
  );
  return rowCount ?? 0;
}

/** Moves the end of living sessions to three months from now; those noted within the last day stay untouched. */
export async function noteUse(queryable: Queryable, sessionIds: readonly number[]): Promise<void> {
  await queryable.query(
    `UPDATE sessions SET last_used_at = now(), expires_at = now() + interval '3 months'
     WHERE session_id = ANY($1::bigint[]) AND ended_at IS NULL AND expires_at > now()
       AND last_used_at <= now() - interval '1 day'`,
    [sessionIds],
  );
}

/** @returns how many living sessions an account has. */
export async function countLivingSessions(queryable: Queryable, accountId: number): Promise<number> {
  const { rows } = await queryable.query<{ count: string }>(
    `SELECT count(*) AS count FROM sessions
     WHERE account_id = $1 AND ended_at IS NULL AND expires_at > now()`,
    [accountId],
  );
  return Number(rows[0]?.count ?? 0);
}

/** Deletes up to `limit` sessions that ended, or expired, more than `days` ago. @returns how many. */
export async function deleteOldSessions(queryable: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await queryable.query({
    name: 'delete-old-sessions',
    // Whatever ended so long ago began before, and by when they began the rows are found without reading all.
    text: `
      DELETE FROM sessions WHERE ctid = ANY (ARRAY (
        SELECT ctid FROM sessions WHERE created_at < now() - make_interval(days => $1)
          AND least(ended_at, expires_at) < now() - make_interval(days => $1) LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    values: [days, limit],
  });
  return rowCount ?? 0;
}
