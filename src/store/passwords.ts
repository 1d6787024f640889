import type { Queryable, Transaction } from './database.ts';

/** Every kept password is refused when it is set again. */
export const KEPT_PASSWORDS = 10;

/** What decides about logging in and registering with an e-mail address. */
export interface LoginState {
  readonly accountId: number;
  readonly banned: boolean;
  readonly isConfirmed: boolean;
  /** From the first step of the erasure on: its last one may come later, and nothing new must come between. */
  readonly isErased: boolean;
  /** The password that counts; null where there is none. */
  readonly presentHash: string | null;
  /** That of the newest registration whose link can still be used. */
  readonly waitingHash: string | null;
  /** Whether this account has had a session from the network that was asked with. */
  readonly isKnownAddress: boolean;
}

interface Row extends Omit<LoginState, 'accountId'> {
  readonly accountId: string;
}

const STATE_COLUMNS = `c.account_id AS "accountId", c.email_confirmed_at IS NOT NULL AS "isConfirmed",
  c.erased_at IS NOT NULL OR c.email LIKE '%@erased.invalid' AS "isErased",
  (SELECT a.banned FROM accounts a WHERE a.account_id = c.account_id) AS banned,
  (SELECT p.password_hash FROM passwords p
   WHERE p.account_id = c.account_id AND p.replaced_at IS NULL) AS "presentHash",
  (SELECT r.password_hash FROM registrations r WHERE r.account_id = c.account_id AND r.expires_at > now()
   ORDER BY r.requested_at DESC LIMIT 1) AS "waitingHash"`;

/**
 * @param email normalised.
 * @param network whether it is known: an address in it, or a network around it that an old address was shortened to.
 * @returns the customer of this address in this ledger as it stands now.
 */
export async function readLoginState(
  queryable: Queryable,
  ledgerId: number,
  email: string,
  network?: string,
): Promise<LoginState | undefined> {
  const { rows } = await queryable.query<Row>(
    `SELECT ${STATE_COLUMNS}, EXISTS (SELECT FROM sessions s
       WHERE s.account_id = c.account_id AND s.created_from && $3::inet) AS "isKnownAddress"
     FROM customers c WHERE c.ledger_id = $1 AND c.email = $2`,
    [ledgerId, email, network],
  );
  return toState(rows[0]);
}

/**
 * Locks a customer until the end of the transaction: whoever changes a password or opens a session with one does
 * so, and decides by what it finds then.
 *
 * @returns the customer as it stands under the lock, or undefined where there is none.
 */
export async function lockLoginState(
  tx: Transaction,
  accountId: number,
): Promise<(LoginState & { readonly email: string; readonly ledgerId: number }) | undefined> {
  // In a statement of its own: one that waits for the lock still sees the other tables as they were before.
  const { rows: locked } = await tx.query<{ email: string; ledgerId: string }>(
    `SELECT email, ledger_id AS "ledgerId" FROM customers WHERE account_id = $1 FOR NO KEY UPDATE`,
    [accountId],
  );
  const { rows } = await tx.query<Row>(
    `SELECT ${STATE_COLUMNS}, false AS "isKnownAddress" FROM customers c WHERE c.account_id = $1`,
    [accountId],
  );
  const [customer, state] = [locked[0], toState(rows[0])];
  return customer && state && { ...state, email: customer.email, ledgerId: Number(customer.ledgerId) };
}

/** @returns the hashes of the passwords of an account, the present one first. */
export async function listPasswordHashes(queryable: Queryable, accountId: number): Promise<string[]> {
  const { rows } = await queryable.query<{ passwordHash: string }>(
    `SELECT password_hash AS "passwordHash" FROM passwords WHERE account_id = $1
     ORDER BY password_id DESC LIMIT $2`,
    [accountId, KEPT_PASSWORDS],
  );
  return rows.map(({ passwordHash }) => passwordHash);
}

/** Makes this the password that counts; those beyond the ones that are kept are deleted. */
export async function replacePassword(
  tx: Transaction,
  accountId: number,
  passwordHash: string,
): Promise<void> {
  await tx.query('UPDATE passwords SET replaced_at = now() WHERE account_id = $1 AND replaced_at IS NULL', [
    accountId,
  ]);
  await tx.query('INSERT INTO passwords (account_id, password_hash) VALUES ($1, $2)', [
    accountId,
    passwordHash,
  ]);
  await tx.query(
    `DELETE FROM passwords WHERE account_id = $1 AND password_id <= (SELECT password_id FROM passwords
       WHERE account_id = $1 ORDER BY password_id DESC OFFSET $2 LIMIT 1)`,
    [accountId, KEPT_PASSWORDS],
  );
}

/**
 * Notes that the address is the customer's, and takes back every waiting registration and reset: whoever asked for
 * them did so before that was known.
 */
export async function confirmEmail(tx: Transaction, accountId: number): Promise<void> {
  await tx.query(
    'UPDATE customers SET email_confirmed_at = now() WHERE account_id = $1 AND email_confirmed_at IS NULL',
    [accountId],
  );
  await tx.query('DELETE FROM registrations WHERE account_id = $1', [accountId]);
  await tx.query('DELETE FROM password_resets WHERE account_id = $1', [accountId]);
}

function toState(row: Row | undefined): LoginState | undefined {
  return row && { ...row, accountId: Number(row.accountId) };
}
