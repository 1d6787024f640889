import type { KeyClash } from '../ledger/audit-words.ts';
import { type AccountRange, type Of, type Stored, whole } from './audit-rows.ts';
import type { Transaction } from './database.ts';

/** A customer as far as the audit names it; `referralLedgerId` is the ledger of whoever brought it. */
export interface AuditedCustomer {
  readonly ledgerId: number;
  readonly cuRefNo: string;
  readonly referralAccountId: number | null;
  readonly referralLedgerId: number | null;
}

/** @returns keys that stand on two entries or hold events, or on one of them and a refused request (I5). */
export async function findKeyClashes(tx: Transaction, range: AccountRange): Promise<Of<KeyClash>[]> {
  const { rows } = await tx.query<{ accountId: string; keyHash: string; kind: KeyClash['kind'] }>(
    `WITH effects AS (
       SELECT account_id, key_hash FROM entries
       WHERE account_id > $1 AND account_id <= $2 AND key_hash IS NOT NULL
       UNION ALL
       SELECT account_id, key_hash FROM account_changes
       WHERE account_id > $1 AND account_id <= $2 AND key_hash IS NOT NULL
     )
     SELECT account_id AS "accountId", key_hash AS "keyHash", 'twice' AS kind FROM effects
     GROUP BY account_id, key_hash HAVING count(*) > 1
     UNION ALL
     SELECT r.account_id, r.key_hash, 'refused' FROM refused_requests r
     JOIN effects e ON e.account_id = r.account_id AND e.key_hash = r.key_hash
     WHERE r.account_id > $1 AND r.account_id <= $2`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({ ...row, accountId: Number(row.accountId) }));
}

/** @returns accounts of this range that refused requests name although they are not there. */
export async function findStrayRefusals(tx: Transaction, range: AccountRange): Promise<number[]> {
  const { rows } = await tx.query<{ accountId: string }>(
    `SELECT DISTINCT r.account_id AS "accountId" FROM refused_requests r
     WHERE r.account_id > $1 AND r.account_id <= $2
       AND NOT EXISTS (SELECT FROM accounts a WHERE a.account_id = r.account_id)`,
    [range.after, range.upTo],
  );
  return rows.map((row) => Number(row.accountId));
}

/** @returns the customers of this range. */
export async function readAuditedCustomers(
  tx: Transaction,
  range: AccountRange,
): Promise<Of<AuditedCustomer>[]> {
  type Row = Stored<Omit<Of<AuditedCustomer>, 'cuRefNo'>> & { readonly cuRefNo: string };
  const { rows } = await tx.query<Row>(
    `SELECT c.account_id AS "accountId", c.ledger_id AS "ledgerId", c.cu_ref_no AS "cuRefNo",
       c.referral_account_id AS "referralAccountId", r.ledger_id AS "referralLedgerId"
     FROM customers c LEFT JOIN customers r ON r.account_id = c.referral_account_id
     WHERE c.account_id > $1 AND c.account_id <= $2`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    ledgerId: Number(row.ledgerId),
    cuRefNo: row.cuRefNo,
    referralAccountId: whole(row.referralAccountId),
    referralLedgerId: whole(row.referralLedgerId),
  }));
}

/** @returns the ledgers that rows of these accounts in one table say they belong to, each once. */
export async function readLedgersOf(
  tx: Transaction,
  table: 'sessions' | 'events' | 'orders',
  range: AccountRange,
): Promise<{ accountId: number; ledgerId: number }[]> {
  const { rows } = await tx.query<{ accountId: string; ledgerId: string }>(
    `SELECT DISTINCT account_id AS "accountId", ledger_id AS "ledgerId" FROM ${table}
     WHERE account_id > $1 AND account_id <= $2`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({ accountId: Number(row.accountId), ledgerId: Number(row.ledgerId) }));
}

/** A ledger as far as the audit needs it; `name` is `<organisation>/live` or `/sandbox`. */
export interface AuditedLedger {
  readonly name: string;
  /** IANA name. */
  readonly timeZone: string;
  /** What its clock is ahead of the database's. */
  readonly clockOffsetMs: number;
}

/** @returns these ledgers, by id. */
export async function readAuditedLedgers(
  tx: Transaction,
  ledgerIds: readonly number[],
): Promise<Map<number, AuditedLedger>> {
  const { rows } = await tx.query<{
    ledgerId: string;
    name: string;
    timeZone: string;
    clockOffsetMs: string;
  }>(
    `SELECT l.ledger_id AS "ledgerId", o.slug || '/' || l.kind AS name, o.time_zone AS "timeZone",
       l.clock_offset_ms AS "clockOffsetMs"
     FROM ledgers l JOIN organisations o USING (organisation_id) WHERE l.ledger_id = ANY($1::bigint[])`,
    [ledgerIds],
  );
  return new Map(
    rows.map(({ ledgerId, name, timeZone, clockOffsetMs }) => [
      Number(ledgerId),
      { name, timeZone, clockOffsetMs: Number(clockOffsetMs) },
    ]),
  );
}

/** @returns the ledger that each of these keys may write to; ROOT keys, which may all, are left out. */
export async function readKeyLedgers(
  tx: Transaction,
  apiKeyIds: readonly number[],
): Promise<Map<number, number>> {
  const { rows } = await tx.query<{ apiKeyId: string; ledgerId: string }>(
    `SELECT k.api_key_id AS "apiKeyId", l.ledger_id AS "ledgerId" FROM api_keys k
     JOIN ledgers l ON l.organisation_id = k.organisation_id
       AND l.kind = CASE k.kind WHEN 'PROD' THEN 'live' ELSE 'sandbox' END
     WHERE k.api_key_id = ANY($1::bigint[])`,
    [apiKeyIds],
  );
  return new Map(rows.map((row) => [Number(row.apiKeyId), Number(row.ledgerId)]));
}
