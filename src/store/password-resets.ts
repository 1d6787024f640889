import type { Queryable, Transaction } from './database.ts';

/** A link by which a new password can be set. */
export interface PasswordReset {
  readonly accountId: number;
  readonly expired: boolean;
}

/** What waits for an account. */
export interface WaitingResets {
  /** Those that have not expired. */
  readonly count: number;
  /** Milliseconds since the newest was asked for; undefined where there is none. */
  readonly newestAgeMs: number | undefined;
}

const KEEP_EXPIRED_DAYS = 7;

/** Adds a reset that lives for so long. @returns when it ends. */
export async function insertPasswordReset(
  tx: Transaction,
  reset: { readonly tokenHash: Buffer; readonly accountId: number; readonly lifeMs: number },
): Promise<Date> {
  const { rows } = await tx.query<{ expiresAt: Date }>(
    `INSERT INTO password_resets (token_hash, account_id, expires_at)
     VALUES ($1, $2, now() + $3 * interval '1 ms') RETURNING expires_at AS "expiresAt"`,
    [reset.tokenHash, reset.accountId, reset.lifeMs],
  );
  const [row] = rows;
  if (!row) throw new Error('a reset was not written');
  return row.expiresAt;
}

/** @returns how many resets wait, and how old the newest of all is. */
export async function readWaitingResets(tx: Transaction, accountId: number): Promise<WaitingResets> {
  const { rows } = await tx.query<{ count: string; newestAgeMs: number | null }>(
    `SELECT count(*) FILTER (WHERE expires_at > now()) AS count,
       (extract(epoch FROM now() - max(requested_at)) * 1000)::float8 AS "newestAgeMs"
     FROM password_resets WHERE account_id = $1`,
    [accountId],
  );
  const [row] = rows;
  return { count: Number(row?.count ?? 0), newestAgeMs: row?.newestAgeMs ?? undefined };
}

/** Deletes all resets of an account but the newest ones. */
export async function keepNewestResets(tx: Transaction, accountId: number, keep: number): Promise<void> {
  await tx.query(
    `DELETE FROM password_resets WHERE token_hash IN (SELECT token_hash FROM password_resets
       WHERE account_id = $1 ORDER BY requested_at DESC OFFSET $2)`,
    [accountId, keep],
  );
}

/** @returns the reset of this token, also one that has expired. */
export async function findPasswordReset(
  queryable: Queryable,
  tokenHash: Buffer,
): Promise<(PasswordReset & { readonly ledgerId: number }) | undefined> {
  const { rows } = await queryable.query<{ accountId: string; ledgerId: string; expired: boolean }>(
    `SELECT r.account_id AS "accountId", c.ledger_id AS "ledgerId", r.expires_at <= now() AS expired
     FROM password_resets r JOIN customers c ON c.account_id = r.account_id
     WHERE r.token_hash = $1`,
    [tokenHash],
  );
  const [row] = rows;
  return row && { ...row, accountId: Number(row.accountId), ledgerId: Number(row.ledgerId) };
}

/** Deletes resets that expired long ago; until then a late click is told that it is late. */
export async function deleteExpiredResets(queryable: Queryable): Promise<void> {
  await queryable.query("DELETE FROM password_resets WHERE expires_at <= now() - $1 * interval '1 day'", [
    KEEP_EXPIRED_DAYS,
  ]);
}
