import type { Queryable, Transaction } from './database.ts';

/** A customer who is to be erased, its row locked. */
export interface LockedCustomer {
  readonly erased: boolean;
  /** Whether an order of it is being paid or cancelled at this moment. */
  readonly hasUnfinishedOrder: boolean;
}

/** Locks a customer's row, so that no login, registration or order of it begins meanwhile. */
export async function lockCustomerToErase(
  tx: Transaction,
  accountId: number,
): Promise<LockedCustomer | undefined> {
  const { rows } = await tx.query<{ erased: boolean }>(
    'SELECT erased_at IS NOT NULL AS erased FROM customers WHERE account_id = $1 FOR UPDATE',
    [accountId],
  );
  const [customer] = rows;
  // A second statement, for the first may have waited for what this one has to see.
  const orders = await tx.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM orders WHERE account_id = $1 AND state IN ('paying', 'cancelling')) AS found`,
    [accountId],
  );
  return customer && { ...customer, hasUnfinishedOrder: orders.rows[0]?.found ?? false };
}

/** @returns whether there is neither credit, debt nor a hold, and none can come before the transaction ends. */
export async function lockEmptyAccount(tx: Transaction, accountId: number): Promise<boolean> {
  const { rows } = await tx.query<{ empty: boolean }>(
    'SELECT balance = 0 AND held = 0 AND debt = 0 AS empty FROM accounts WHERE account_id = $1 FOR UPDATE',
    [accountId],
  );
  return rows[0]?.empty ?? false;
}

/** Takes away all that says who a customer is, all it can log in with, and its orders that wait to be paid. */
export async function erasePersonalData(tx: Transaction, accountId: number, author: string): Promise<void> {
  for (const table of ['passwords', 'registrations', 'password_resets']) {
    await tx.query(`DELETE FROM ${table} WHERE account_id = $1`, [accountId]);
  }
  await tx.query(
    `UPDATE sessions SET ended_at = least(coalesce(ended_at, now()), expires_at), created_from = NULL
     WHERE account_id = $1`,
    [accountId],
  );
  await tx.query(
    `UPDATE orders SET state = 'cancelled', cancelled_by = $2, cancelled_at = now(), changed_at = now()
     WHERE account_id = $1 AND state = 'waiting'`,
    [accountId, author],
  );
  await tx.query('UPDATE customers SET managed_by_account_id = NULL WHERE managed_by_account_id = $1', [
    accountId,
  ]);
  await tx.query(
    `UPDATE customers SET email = 'erased-' || cu_ref_no || '@erased.invalid', name = NULL, first_name = NULL,
       last_name = NULL, phone = NULL, company_name = NULL, company_registration_number = NULL,
       tax_identification_number = NULL, street_address = NULL, city = NULL, city_part = NULL,
       state_region = NULL, postal_code = NULL, country = NULL, newsletter = false, primary_locale = NULL,
       groups = '{}', premium = false, meta = '{}', referral_account_id = NULL, managed_by_account_id = NULL,
       email_confirmed_at = NULL
     WHERE account_id = $1`,
    [accountId],
  );
}

/** Notes that a customer is erased whole. */
export async function setErased(queryable: Queryable, accountId: number): Promise<void> {
  await queryable.query(
    'UPDATE customers SET erased_at = now() WHERE account_id = $1 AND erased_at IS NULL',
    [accountId],
  );
}

/** What tells of a person in the tables of an account, and the number by which its rows are counted there. */
const HISTORY = [
  { table: 'entries', number: 'seq', texts: ['description', 'order_group', 'ip'] },
  { table: 'account_changes', number: 'version', texts: ['reason', 'ip'] },
  { table: 'holds', number: 'hold', texts: ['description', 'ip'] },
] as const;

/**
 * Blanks descriptions, reasons, names of groups and addresses in an account's history, a part at a time, each in a
 * commit of its own: nothing depends on them, and nobody has to wait for a long history.
 */
export async function blankHistory(
  queryable: Queryable,
  accountId: number,
  rowsAtOnce: number,
): Promise<void> {
  for (const { table, number, texts } of HISTORY) {
    const { rows } = await queryable.query<{ last: string }>(
      `SELECT coalesce(max(${number}), 0) AS last FROM ${table} WHERE account_id = $1`,
      [accountId],
    );
    const last = Number(rows[0]?.last ?? 0);
    for (let after = 0; after < last; after += rowsAtOnce) {
      await queryable.query(
        `UPDATE ${table} SET ${texts.map((text) => `${text} = NULL`).join(', ')}
         WHERE account_id = $1 AND ${number} > $2 AND ${number} <= $3
           AND (${texts.map((text) => `${text} IS NOT NULL`).join(' OR ')})`,
        [accountId, after, after + rowsAtOnce],
      );
    }
  }
}

/** @returns up to `limit` open holds of an account, as their public ids name them. */
export async function listOpenHolds(
  queryable: Queryable,
  accountId: number,
  limit: number,
): Promise<{ hold: number; attempt: number }[]> {
  const { rows } = await queryable.query<{ hold: number; attempt: number }>(
    `SELECT hold, attempt FROM holds WHERE account_id = $1 AND ended_at_ms IS NULL ORDER BY expires_at_ms LIMIT $2`,
    [accountId, limit],
  );
  return rows;
}
