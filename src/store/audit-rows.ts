import type {
  AuditedAccount,
  AuditedChange,
  AuditedDebt,
  AuditedEntry,
  AuditedLot,
  KeyClash,
} from '../ledger/audit-words.ts';
import type { Transaction } from './database.ts';

/** Accounts `after` < id <= `upTo`: what one snapshot of `purser verify` looks at, strays without an account included. */
export interface AccountRange {
  readonly after: number;
  readonly upTo: number;
}

/** The last row that was read, to read on behind it; rows are ordered by account, then by `key`. */
export interface RowPosition {
  readonly accountId: number;
  readonly key: number;
}

/** A row with the account it says it belongs to. */
export type Of<T> = T & { readonly accountId: number };

/** A customer as far as the audit names it; `referralLedgerId` is the ledger of whoever brought it. */
export interface AuditedCustomer {
  readonly ledgerId: number;
  readonly cuRefNo: string;
  readonly referralAccountId: number | null;
  readonly referralLedgerId: number | null;
}

// pg hands bigint columns out as text.
type Stored<T> = { readonly [K in keyof T]: T[K] extends bigint | number | null ? string | null : T[K] };

function whole(value: string | null): number | null {
  return value === null ? null : Number(value);
}

/** @returns up to `limit` accounts after this one, the next in order, with the number of their entries. */
export async function readAccountSizes(
  tx: Transaction,
  after: number,
  limit: number,
): Promise<{ accountId: number; entries: number }[]> {
  const { rows } = await tx.query<{ accountId: string; entries: number }>(
    `SELECT account_id AS "accountId", last_seq AS entries FROM accounts
     WHERE account_id > $1 ORDER BY account_id LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => ({ accountId: Number(row.accountId), entries: row.entries }));
}

/** @returns the database's time in Unix milliseconds. */
export async function readClock(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ nowMs: string }>(
    `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "nowMs"`,
  );
  return Number(rows[0]?.nowMs);
}

/** @returns the rows of these accounts. */
export async function readAuditedAccounts(tx: Transaction, range: AccountRange): Promise<AuditedAccount[]> {
  type Row = Stored<Omit<AuditedAccount, 'banned' | 'cursor' | 'lastSeq' | 'lastLot'>> & {
    readonly banned: boolean;
    readonly lastSeq: number;
    readonly lastLot: number;
    readonly cursorLot: number | null;
    readonly cursorPriority: number | null;
    readonly cursorExpiresAtMs: string | null;
    readonly cursorRemaining: string | null;
    readonly cursorMoney: string | null;
    readonly cursorHeld: string | null;
  };
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", ledger_id AS "ledgerId", version, last_seq AS "lastSeq",
       last_at_ms AS "lastAtMs", last_lot AS "lastLot", balance, balance_money AS "balanceMoney", held, debt,
       debt_limit AS "debtLimit", banned, next_due_ms AS "nextDueMs", cursor_lot AS "cursorLot",
       cursor_priority AS "cursorPriority", cursor_expires_at_ms AS "cursorExpiresAtMs",
       cursor_remaining AS "cursorRemaining", cursor_money AS "cursorMoney", cursor_held AS "cursorHeld"
     FROM accounts WHERE account_id > $1 AND account_id <= $2 ORDER BY account_id`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    ledgerId: Number(row.ledgerId),
    version: Number(row.version),
    lastSeq: row.lastSeq,
    lastAtMs: Number(row.lastAtMs),
    lastLot: row.lastLot,
    balance: BigInt(row.balance ?? 0),
    balanceMoney: BigInt(row.balanceMoney ?? 0),
    held: BigInt(row.held ?? 0),
    debt: BigInt(row.debt ?? 0),
    debtLimit: BigInt(row.debtLimit ?? 0),
    banned: row.banned,
    nextDueMs: whole(row.nextDueMs),
    cursor:
      row.cursorLot === null
        ? null
        : {
            lot: row.cursorLot,
            priority: row.cursorPriority ?? -1,
            expiresAtMs: whole(row.cursorExpiresAtMs),
            remaining: BigInt(row.cursorRemaining ?? 0),
            money: BigInt(row.cursorMoney ?? 0),
            held: BigInt(row.cursorHeld ?? 0),
          },
  }));
}

/**
 * Reads lots' own rows, not the view: its join of a range would be planned over all accounts; the audit lays
 * the cursor over them itself.
 *
 * @returns up to `limit` lots behind this position, ordered by account and lot.
 */
export async function readAuditedLots(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedLot>[]> {
  type Row = Stored<Omit<Of<AuditedLot>, 'lot' | 'openedBySeq' | 'priority'>> &
    Pick<AuditedLot, 'lot' | 'openedBySeq' | 'priority'>;
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", lot, opened_by_seq AS "openedBySeq", amount, money, priority,
       expires_at_ms AS "expiresAtMs", remaining, remaining_money AS "remainingMoney", held,
       written_off AS "writtenOff", written_off_at_ms AS "writtenOffAtMs"
     FROM lots WHERE (account_id, lot) > ($1, $2) AND account_id <= $3
     ORDER BY account_id, lot LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    lot: row.lot,
    openedBySeq: row.openedBySeq,
    amount: BigInt(row.amount ?? 0),
    money: BigInt(row.money ?? 0),
    priority: row.priority,
    expiresAtMs: whole(row.expiresAtMs),
    remaining: BigInt(row.remaining ?? 0),
    remainingMoney: BigInt(row.remainingMoney ?? 0),
    held: BigInt(row.held ?? 0),
    writtenOff: BigInt(row.writtenOff ?? 0),
    writtenOffAtMs: whole(row.writtenOffAtMs),
  }));
}

/** @returns up to `limit` debts behind this position, ordered by account and seq. */
export async function readAuditedDebts(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedDebt>[]> {
  const { rows } = await tx.query<{ accountId: string; seq: number; amount: string; open: string }>(
    `SELECT account_id AS "accountId", seq, amount, open FROM debts
     WHERE (account_id, seq) > ($1, $2) AND account_id <= $3 ORDER BY account_id, seq LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map(({ accountId, seq, amount, open }) => ({
    accountId: Number(accountId),
    seq,
    amount: BigInt(amount),
    open: BigInt(open),
  }));
}

/** @returns up to `limit` entries behind this position, ordered by account and seq. */
export async function readAuditedEntries(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedEntry>[]> {
  type Row = Stored<Omit<Of<AuditedEntry>, 'seq' | 'slices' | 'hasKey'>> &
    Pick<AuditedEntry, 'seq' | 'slices' | 'hasKey' | 'kind' | 'author'>;
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", seq, version, at_ms AS "atMs", kind, amount,
       amount_money AS "amountMoney", balance, balance_money AS "balanceMoney", held,
       debt_limit AS "debtLimit", slices, author, key_hash IS NOT NULL AS "hasKey"
     FROM entries WHERE (account_id, seq) > ($1, $2) AND account_id <= $3
     ORDER BY account_id, seq LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    seq: row.seq,
    version: Number(row.version),
    atMs: Number(row.atMs),
    kind: row.kind,
    amount: BigInt(row.amount ?? 0),
    amountMoney: BigInt(row.amountMoney ?? 0),
    balance: BigInt(row.balance ?? 0),
    balanceMoney: BigInt(row.balanceMoney ?? 0),
    held: BigInt(row.held ?? 0),
    debtLimit: BigInt(row.debtLimit ?? 0),
    slices: row.slices,
    author: row.author,
    hasKey: row.hasKey,
  }));
}

/** @returns up to `limit` changes that are no entries behind this position, ordered by account and version. */
export async function readAuditedChanges(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedChange>[]> {
  interface Row {
    readonly accountId: string;
    readonly version: string;
    readonly atMs: string;
    readonly kind: string;
    readonly debtLimit: string;
  }
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", version, at_ms AS "atMs", kind, debt_limit AS "debtLimit"
     FROM account_changes WHERE (account_id, version) > ($1, $2) AND account_id <= $3
     ORDER BY account_id, version LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map(({ accountId, version, atMs, kind, debtLimit }) => ({
    accountId: Number(accountId),
    version: Number(version),
    atMs: Number(atMs),
    kind,
    debtLimit: BigInt(debtLimit),
  }));
}

/** @returns keys that stand on two entries, or on an entry and a refused request (I5). */
export async function findKeyClashes(tx: Transaction, range: AccountRange): Promise<Of<KeyClash>[]> {
  const { rows } = await tx.query<{ accountId: string; keyHash: string; kind: KeyClash['kind'] }>(
    `SELECT account_id AS "accountId", key_hash AS "keyHash", 'twice' AS kind FROM entries
     WHERE account_id > $1 AND account_id <= $2 AND key_hash IS NOT NULL
     GROUP BY account_id, key_hash HAVING count(*) > 1
     UNION ALL
     SELECT r.account_id, r.key_hash, 'refused' FROM refused_requests r
     JOIN entries e ON e.account_id = r.account_id AND e.key_hash = r.key_hash
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

/** @returns the ledgers that sessions of these accounts belong to, each once. */
export async function readSessionLedgers(
  tx: Transaction,
  range: AccountRange,
): Promise<{ accountId: number; ledgerId: number }[]> {
  const { rows } = await tx.query<{ accountId: string; ledgerId: string }>(
    `SELECT DISTINCT account_id AS "accountId", ledger_id AS "ledgerId" FROM sessions
     WHERE account_id > $1 AND account_id <= $2`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({ accountId: Number(row.accountId), ledgerId: Number(row.ledgerId) }));
}

/** @returns the names of ledgers, `<organisation>/live` or `/sandbox`. */
export async function readLedgerNames(
  tx: Transaction,
  ledgerIds: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await tx.query<{ ledgerId: string; name: string }>(
    `SELECT l.ledger_id AS "ledgerId", o.slug || '/' || l.kind AS name
     FROM ledgers l JOIN organisations o USING (organisation_id) WHERE l.ledger_id = ANY($1::bigint[])`,
    [ledgerIds],
  );
  return new Map(rows.map((row) => [Number(row.ledgerId), row.name]));
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
