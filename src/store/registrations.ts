import type { Queryable, Transaction } from './database.ts';

/** A registration whose link was not used yet. */
export interface NewRegistration {
  readonly tokenHash: Buffer;
  readonly accountId: number;
  readonly passwordHash: string;
  /** Normalised members of the profile, as JSON. */
  readonly profile: object;
  /** Whoever brought this customer, if it turns out to be new. */
  readonly referralAccountId: number | undefined;
  readonly returnUrl: string | undefined;
}

/** What counts once the link was used. */
export interface UsedRegistration {
  readonly passwordHash: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly referralAccountId: number | undefined;
  readonly returnUrl: string | null;
}

const LIFE_DAYS = 7;

/** Adds a registration whose link works for 7 days. */
export async function insertRegistration(tx: Transaction, registration: NewRegistration): Promise<void> {
  const { tokenHash, accountId, passwordHash, profile, referralAccountId, returnUrl } = registration;
  await tx.query(
    `INSERT INTO registrations (token_hash, account_id, password_hash, profile, referral_account_id, return_url,
       expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 day')`,
    [tokenHash, accountId, passwordHash, JSON.stringify(profile), referralAccountId, returnUrl, LIFE_DAYS],
  );
}

/** @returns whose registration has this token, whether or not it has expired. */
export async function findRegistration(queryable: Queryable, tokenHash: Buffer): Promise<number | undefined> {
  const { rows } = await queryable.query<{ accountId: string }>(
    'SELECT account_id AS "accountId" FROM registrations WHERE token_hash = $1',
    [tokenHash],
  );
  return rows[0] && Number(rows[0].accountId);
}

/** Deletes a registration that has not expired. @returns it, or undefined where there is none (any more). */
export async function takeRegistration(
  tx: Transaction,
  tokenHash: Buffer,
): Promise<UsedRegistration | undefined> {
  interface Row extends Omit<UsedRegistration, 'referralAccountId'> {
    readonly referralAccountId: string | null;
  }
  const { rows } = await tx.query<Row>(
    `DELETE FROM registrations WHERE token_hash = $1 AND expires_at > now()
     RETURNING password_hash AS "passwordHash", profile, referral_account_id AS "referralAccountId",
       return_url AS "returnUrl"`,
    [tokenHash],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { referralAccountId } = row;
  return { ...row, referralAccountId: referralAccountId === null ? undefined : Number(referralAccountId) };
}

/** Notes who brought a customer that nobody is known to have brought; nobody brings themselves. */
export async function setReferral(
  tx: Transaction,
  accountId: number,
  referralAccountId: number,
): Promise<void> {
  await tx.query(
    `UPDATE customers SET referral_account_id = $2
     WHERE account_id = $1 AND account_id <> $2 AND referral_account_id IS NULL`,
    [accountId, referralAccountId],
  );
}

/** Deletes registrations whose link has expired. */
export async function deleteExpiredRegistrations(queryable: Queryable): Promise<void> {
  await queryable.query('DELETE FROM registrations WHERE expires_at <= now()');
}
