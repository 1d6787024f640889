import type { AuditedChange, AuditedEntry, AuditedHold } from '../ledger/audit-words.ts';
import { type AccountRange, type Of, type RowPosition, type Stored, whole } from './audit-rows.ts';
import type { Transaction } from './database.ts';

function wholeAmount(value: string | null): bigint | null {
  return value === null ? null : BigInt(value);
}

/** @returns up to `limit` entries behind this position, ordered by account and seq. */
export async function readAuditedEntries(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedEntry>[]> {
  type Same = 'seq' | 'slices' | 'hasKey' | 'kind' | 'author' | 'hold' | 'undoes';
  type Row = Stored<Omit<Of<AuditedEntry>, Same>> & Pick<AuditedEntry, Same>;
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", seq, version, at_ms AS "atMs", kind, amount,
       amount_money AS "amountMoney", balance, balance_money AS "balanceMoney", held,
       debt_limit AS "debtLimit", soft_limit AS "softLimit", hard_limit AS "hardLimit", slices, author,
       key_hash IS NOT NULL AS "hasKey", hold, captured, remaining, undoes, refundable
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
    // Entries that are older than monthly limits say nothing of them.
    softLimit: BigInt(row.softLimit ?? 0),
    hardLimit: BigInt(row.hardLimit ?? 0),
    slices: row.slices,
    author: row.author,
    hasKey: row.hasKey,
    hold: row.hold,
    captured: wholeAmount(row.captured),
    remaining: wholeAmount(row.remaining),
    undoes: row.undoes,
    refundable: wholeAmount(row.refundable),
  }));
}

/** @returns up to `limit` changes that are no entries behind this position, ordered by account and version. */
export async function readAuditedChanges(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedChange>[]> {
  type Same = 'kind' | 'author' | 'hasKey' | 'hold' | 'attempt' | 'pins';
  type Row = Stored<Omit<Of<AuditedChange>, Same>> & Pick<AuditedChange, Same>;
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", version, at_ms AS "atMs", kind, held, debt_limit AS "debtLimit",
       soft_limit AS "softLimit", hard_limit AS "hardLimit", author, key_hash IS NOT NULL AS "hasKey",
       hold, attempt, reserved, expires_at_ms AS "expiresAtMs", pins, balance
     FROM account_changes WHERE (account_id, version) > ($1, $2) AND account_id <= $3
     ORDER BY account_id, version LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    version: Number(row.version),
    atMs: Number(row.atMs),
    kind: row.kind,
    held: BigInt(row.held ?? 0),
    debtLimit: BigInt(row.debtLimit ?? 0),
    softLimit: BigInt(row.softLimit ?? 0),
    hardLimit: BigInt(row.hardLimit ?? 0),
    author: row.author,
    hasKey: row.hasKey,
    hold: row.hold,
    attempt: row.attempt,
    reserved: wholeAmount(row.reserved),
    expiresAtMs: whole(row.expiresAtMs),
    pins: row.pins,
    balance: wholeAmount(row.balance),
  }));
}

/** @returns up to `limit` holds behind this position, ordered by account and number. */
export async function readAuditedHolds(
  tx: Transaction,
  after: RowPosition,
  upTo: number,
  limit: number,
): Promise<Of<AuditedHold>[]> {
  type Same = 'hold' | 'attempt' | 'pins' | 'endedBy';
  type Row = Stored<Omit<Of<AuditedHold>, Same>> & Pick<AuditedHold, Same>;
  const { rows } = await tx.query<Row>(
    `SELECT account_id AS "accountId", hold, attempt, created_at_ms AS "createdAtMs",
       expires_at_ms AS "expiresAtMs", reserved, unpinned, captured, pins, ended_by AS "endedBy",
       ended_at_ms AS "endedAtMs"
     FROM holds WHERE (account_id, hold) > ($1, $2) AND account_id <= $3
     ORDER BY account_id, hold LIMIT $4`,
    [after.accountId, after.key, upTo, limit],
  );
  return rows.map((row) => ({
    accountId: Number(row.accountId),
    hold: row.hold,
    attempt: row.attempt,
    createdAtMs: Number(row.createdAtMs),
    expiresAtMs: Number(row.expiresAtMs),
    reserved: BigInt(row.reserved ?? 0),
    unpinned: BigInt(row.unpinned ?? 0),
    captured: BigInt(row.captured ?? 0),
    pins: row.pins,
    endedBy: row.endedBy,
    endedAtMs: whole(row.endedAtMs),
  }));
}

/** @returns the entries that some refund undoes, each once. */
export async function readUndoneEntries(
  tx: Transaction,
  range: AccountRange,
): Promise<{ accountId: number; seq: number }[]> {
  const { rows } = await tx.query<{ accountId: string; seq: number }>(
    `SELECT DISTINCT account_id AS "accountId", undoes AS seq FROM entries
     WHERE account_id > $1 AND account_id <= $2 AND undoes IS NOT NULL AND kind = 'refund'`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({ accountId: Number(row.accountId), seq: row.seq }));
}
