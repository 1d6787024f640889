import type { PublicName } from '../ids.ts';
import type { EntryKind, Slice } from '../ledger/account.ts';
import type { Queryable } from './database.ts';
import { ADDRESS_OF_ENTRY } from './log-rows.ts';

/** What an explanation starts from, amounts in millionths. `held` and the limits are those after the entry. */
export interface ExplainedEntry extends PublicName {
  readonly version: number;
  readonly kind: EntryKind;
  readonly atMs: number;
  readonly amount: bigint;
  readonly balance: bigint;
  readonly held: bigint;
  readonly debtLimit: bigint;
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
  readonly slices: readonly Slice[];
  /** Of a capture. */
  readonly hold: number | null;
  /** The customer's address, of a capture that of its hold; once it is old its network. */
  readonly ip: string | null;
  /** Of a refund or a void: the seq of the entry that it undoes. */
  readonly undoes: number | null;
}

interface SliceText {
  readonly lot?: number;
  readonly debt?: number;
  readonly amount: number;
  readonly money: number;
  readonly opens?: true;
  readonly undoes?: { readonly entry: number; readonly slice: number };
}

type EntryTexts = 'version' | 'atMs' | 'amount' | 'balance' | 'held' | 'debtLimit';

/** Reads the entry of this name; another attempt's under the same seq is not it. */
export async function readExplainedEntry(
  queryable: Queryable,
  { accountId, seq, attempt }: PublicName,
): Promise<ExplainedEntry | undefined> {
  type Columns = Record<EntryTexts, string> & {
    readonly kind: EntryKind;
    readonly softLimit: string | null;
    readonly hardLimit: string | null;
    readonly slices: readonly SliceText[];
    readonly hold: number | null;
    readonly ip: string | null;
    readonly undoes: number | null;
  };
  const { rows } = await queryable.query<Columns>({
    name: 'read-explained-entry',
    text: `
      SELECT version, kind, at_ms AS "atMs", amount, balance, held, debt_limit AS "debtLimit",
        soft_limit AS "softLimit", hard_limit AS "hardLimit", slices, hold, ${ADDRESS_OF_ENTRY}, undoes
      FROM entries e WHERE account_id = $1 AND seq = $2 AND attempt = $3`,
    values: [accountId, seq, attempt],
  });
  const [row] = rows;
  if (!row) return undefined;
  return {
    ...{ accountId, seq, attempt, kind: row.kind, hold: row.hold, ip: row.ip, undoes: row.undoes },
    version: Number(row.version),
    atMs: Number(row.atMs),
    amount: BigInt(row.amount),
    balance: BigInt(row.balance),
    held: BigInt(row.held),
    debtLimit: BigInt(row.debtLimit),
    softLimit: BigInt(row.softLimit ?? 0),
    hardLimit: BigInt(row.hardLimit ?? 0),
    slices: row.slices.map(toSlice),
  };
}

/** Amounts in slices stay below 2^53, so JSON numbers have carried them unchanged. */
function toSlice({ amount, money, ...rest }: SliceText): Slice {
  return { ...rest, amount: BigInt(amount), money: BigInt(money) };
}

/** A lot as it is now, with the entry that opened it. Amounts in millionths. */
export interface ExplainedLot {
  readonly lot: number;
  readonly priority: number;
  readonly expiresAtMs: number | null;
  readonly amount: bigint;
  readonly remaining: bigint;
  readonly held: bigint;
  readonly writtenOff: bigint;
  readonly openedBy: PublicName;
}

/** Reads these lots, open or not, by number. */
export async function readExplainedLots(
  queryable: Queryable,
  accountId: number,
  lots: readonly number[],
): Promise<Map<number, ExplainedLot>> {
  if (lots.length === 0) return new Map();
  interface Columns extends Record<'amount' | 'remaining' | 'held' | 'writtenOff', string> {
    readonly lot: number;
    readonly priority: number;
    readonly expiresAtMs: string | null;
    readonly seq: number;
    readonly attempt: number | null;
  }
  const { rows } = await queryable.query<Columns>({
    name: 'read-explained-lots',
    text: `
      SELECT l.lot, l.priority, l.expires_at_ms AS "expiresAtMs", l.amount, l.remaining, l.held,
        l.written_off AS "writtenOff", l.opened_by_seq AS seq,
        (SELECT e.attempt FROM entries e WHERE e.account_id = $1 AND e.seq = l.opened_by_seq) AS attempt
      FROM current_lots l WHERE l.account_id = $1 AND l.lot = ANY($2::integer[])`,
    values: [accountId, lots],
  });
  return new Map(
    rows.map((row) => [
      row.lot,
      {
        ...{ lot: row.lot, priority: row.priority },
        expiresAtMs: row.expiresAtMs === null ? null : Number(row.expiresAtMs),
        amount: BigInt(row.amount),
        remaining: BigInt(row.remaining),
        held: BigInt(row.held),
        writtenOff: BigInt(row.writtenOff),
        openedBy: { accountId, seq: row.seq, attempt: row.attempt ?? 0 },
      },
    ]),
  );
}

/** Reads the names of the entries of these seqs. */
export async function readEntryNames(
  queryable: Queryable,
  accountId: number,
  seqs: readonly number[],
): Promise<Map<number, PublicName>> {
  if (seqs.length === 0) return new Map();
  const { rows } = await queryable.query<{ seq: number; attempt: number }>({
    name: 'read-entry-names',
    text: `SELECT seq, attempt FROM entries WHERE account_id = $1 AND seq = ANY($2::integer[])`,
    values: [accountId, seqs],
  });
  return new Map(rows.map(({ seq, attempt }) => [seq, { accountId, seq, attempt }]));
}

/** A settlement, with what each lot paid. */
export interface SettlementRow {
  readonly name: PublicName;
  readonly atMs: number;
  readonly slices: readonly Slice[];
}

/** Reads the settlements that paid an entry's debt, oldest first. At most `limit`. */
export async function readSettlementsOf(
  queryable: Queryable,
  { accountId, seq }: PublicName,
  limit: number,
): Promise<SettlementRow[]> {
  const { rows } = await queryable.query<{
    readonly seq: number;
    readonly attempt: number;
    readonly atMs: string;
    readonly slices: readonly SliceText[];
  }>({
    name: 'read-settlements-of',
    text: `
      SELECT seq, attempt, at_ms AS "atMs", slices FROM entries
      WHERE account_id = $1 AND kind = 'settlement' AND seq > $2
        AND slices @> jsonb_build_array(jsonb_build_object('debt', $2::integer))
      ORDER BY seq LIMIT $3`,
    values: [accountId, seq, limit],
  });
  return rows.map((row) => ({
    name: { accountId, seq: row.seq, attempt: row.attempt },
    atMs: Number(row.atMs),
    slices: row.slices.map(toSlice),
  }));
}

/** An expiry, a settlement or the end of a hold's time, as a row of an account's history. */
export interface DueRow {
  readonly name: PublicName;
  readonly kind: EntryKind | 'hold-expiry';
  readonly atMs: number;
  readonly amount: bigint;
}

/**
 * Reads what the system booked directly before an entry, newest first: expiries, settlements and ends of holds with
 * nothing else in between. At most `limit`.
 */
export async function readDueBefore(
  queryable: Queryable,
  { accountId, seq, version }: ExplainedEntry,
  limit: number,
): Promise<DueRow[]> {
  interface Columns {
    readonly kind: EntryKind | 'hold-expiry';
    readonly seq: number;
    readonly attempt: number | null;
    readonly atMs: string;
    readonly amount: string;
  }
  const { rows } = await queryable.query<Columns>({
    name: 'read-due-before',
    text: `
      SELECT kind, seq, attempt, "atMs", amount FROM (
        (SELECT version, kind, seq, attempt, at_ms AS "atMs", amount FROM entries
         WHERE account_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $4)
        UNION ALL
        (SELECT c.version, c.kind, c.hold, h.attempt, c.at_ms, -c.reserved
         FROM account_changes c LEFT JOIN holds h ON h.account_id = c.account_id AND h.hold = c.hold
         WHERE c.account_id = $1 AND c.version < $3 ORDER BY c.version DESC LIMIT $4)
      ) AS before ORDER BY version DESC LIMIT $4`,
    values: [accountId, seq, version, limit],
  });
  const due: DueRow[] = [];
  for (const row of rows) {
    const fellDue = row.kind === 'expiry' || row.kind === 'settlement' || row.kind === 'hold-expiry';
    if (!fellDue) break;
    const isHold = row.kind === 'hold-expiry';
    due.push({
      name: { accountId, seq: row.seq, attempt: row.attempt ?? 0, isHold },
      kind: row.kind,
      atMs: Number(row.atMs),
      amount: BigInt(row.amount),
    });
  }
  return due;
}

/** Reads the seqs of the refunds, or voids, of an entry, oldest first. */
export async function readUndoingSeqs(
  queryable: Queryable,
  { accountId, seq }: PublicName,
  limit: number,
): Promise<number[]> {
  const { rows } = await queryable.query<{ seq: number }>({
    name: 'read-undoing-seqs',
    text: `SELECT seq FROM entries WHERE account_id = $1 AND undoes = $2 ORDER BY seq LIMIT $3`,
    values: [accountId, seq, limit],
  });
  return rows.map((row) => row.seq);
}

/** @returns what the last refund of a spend or capture left to refund, in millionths; undefined where there was none. */
export async function readRefundable(
  queryable: Queryable,
  { accountId, seq }: PublicName,
): Promise<bigint | undefined> {
  const { rows } = await queryable.query<{ refundable: string }>({
    name: 'read-refundable',
    text: `
      SELECT refundable FROM entries
      WHERE account_id = $1 AND undoes = $2 AND refundable IS NOT NULL ORDER BY seq DESC LIMIT 1`,
    values: [accountId, seq],
  });
  const [row] = rows;
  return row && BigInt(row.refundable);
}
