import type pg from 'pg';
import type { WriteOff } from '../ledger/book.ts';
import type { Lot, LotOpening } from '../ledger/lot.ts';
import { type NumberType, numberArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/** How many lots are read at first, in the burn order and in the order of expiry each. */
export const LOTS_READ_AT_FIRST = 8;

/** An open lot as its row says; of the cursor's lot the account's row knows better. */
export interface LotRow {
  readonly accountId: number;
  readonly lot: Lot;
  /** Read for its place in the burn order, for its expiry or for a hold's pin; one lot may be read several times. */
  readonly readFor: 'burn' | 'due' | 'pin';
}

type LotColumns = [
  ...[accountId: string, lot: number, priority: number, expiresAtMs: string | null],
  ...[remaining: string, remainingMoney: string, held: string, expiryNoted: boolean],
  readFor: LotRow['readFor'],
];

function toLotRow(columns: LotColumns): LotRow {
  const [accountId, lot, priority, expiresAtMs, remaining, remainingMoney, held, expiryNoted, readFor] =
    columns;
  return {
    accountId: Number(accountId),
    lot: {
      lot,
      priority,
      expiresAtMs: expiresAtMs === null ? null : Number(expiresAtMs),
      remaining: BigInt(remaining),
      remainingMoney: BigInt(remainingMoney),
      held: BigInt(held),
      expiryNoted,
    },
    readFor,
  };
}

/** Reads the first few open lots of these accounts, in the burn order and in the order of expiry. */
export async function readFirstLots(client: Queryable, ids: Buffer): Promise<LotRow[]> {
  const { rows } = await client.query<LotColumns>({
    name: 'read-first-lots',
    text: `
      SELECT l.account_id, l.lot, l.priority, l.expires_at_ms, l.remaining, l.remaining_money, l.held,
        l.expiry_noted, l.read_for
      FROM unnest($1::bigint[]) AS n (account_id)
      CROSS JOIN LATERAL (
        (SELECT account_id, lot, priority, expires_at_ms, remaining, remaining_money, held,
           expiry_noted, 'burn' AS read_for
         FROM lots WHERE lots.account_id = n.account_id AND remaining > held
         ORDER BY priority, expires_at_ms, lot LIMIT ${LOTS_READ_AT_FIRST})
        UNION ALL
        (SELECT account_id, lot, priority, expires_at_ms, remaining, remaining_money, held,
           expiry_noted, 'due' AS read_for
         FROM lots WHERE lots.account_id = n.account_id AND remaining > held AND expires_at_ms IS NOT NULL
         ORDER BY expires_at_ms, priority, lot LIMIT ${LOTS_READ_AT_FIRST})
      ) AS l
      WHERE l.account_id = ANY($1::bigint[])`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(toLotRow);
}

/** Reads all open lots of these accounts, those that holds have pinned whole among them. */
export async function readAllLots(client: Queryable, ids: Buffer): Promise<LotRow[]> {
  const { rows } = await client.query<LotColumns>({
    name: 'read-all-lots',
    text: `
      SELECT l.account_id, l.lot, l.priority, l.expires_at_ms, l.remaining, l.remaining_money, l.held, l.expiry_noted,
        'burn'
      FROM unnest($1::bigint[]) AS n (account_id)
      CROSS JOIN LATERAL (
        SELECT * FROM lots WHERE account_id = n.account_id AND remaining > held
        ORDER BY priority, expires_at_ms, lot
      ) AS l
      WHERE l.account_id = ANY($1::bigint[])
      UNION ALL
      SELECT account_id, lot, priority, expires_at_ms, remaining, remaining_money, held, expiry_noted, 'pin'
      FROM lots WHERE account_id = ANY($1::bigint[]) AND held > 0 AND remaining = held`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(toLotRow);
}

/** Reads the lots of which open holds have pinned anything; of the cursor's only the account's row may know it. */
export async function readPinnedLots(client: Queryable, ids: Buffer): Promise<LotRow[]> {
  const { rows } = await client.query<LotColumns>({
    name: 'read-pinned-lots',
    text: `
      SELECT account_id, lot, priority, expires_at_ms, remaining, remaining_money, held, expiry_noted, 'pin'
      FROM lots WHERE account_id = ANY($1::bigint[]) AND held > 0`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(toLotRow);
}

/** A lot that was opened. */
export interface NewLot extends LotOpening {
  readonly accountId: number;
  readonly expiryNoted: boolean;
}

/** Inserts lots as they were opened; what was taken of them since in the same batch is written by updateLots. */
export async function insertLots(client: pg.ClientBase, openings: readonly NewLot[]): Promise<void> {
  const column = (pick: (opening: (typeof openings)[number]) => number | bigint | null, type?: NumberType) =>
    numberArray(openings.map(pick), type);
  await client.query({
    name: 'insert-lots',
    text: `
      INSERT INTO lots (account_id, lot, opened_by_seq, amount, money, priority, expires_at_ms,
        remaining, remaining_money, expiry_noted)
      SELECT n.account_id, n.lot, n.opened_by_seq, n.amount, n.money, n.priority, n.expires_at_ms, n.amount, n.money,
        n.expiry_noted
      FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::smallint[],
        $7::bigint[], $8::boolean[])
        AS n (account_id, lot, opened_by_seq, amount, money, priority, expires_at_ms, expiry_noted)`,
    values: [
      column((opening) => opening.accountId),
      column((opening) => opening.lot, 'integer'),
      column((opening) => opening.openedBySeq, 'integer'),
      column((opening) => opening.amount),
      column((opening) => opening.money),
      column((opening) => opening.priority, 'smallint'),
      column((opening) => opening.expiresAtMs),
      column((opening) => Number(opening.expiryNoted), 'boolean'),
    ],
  });
}

/** A lot after a batch; `writeOff` is what expiry took of it in this batch. */
export interface LotUpdate {
  readonly accountId: number;
  readonly lot: Readonly<Lot>;
  readonly writeOff: WriteOff | undefined;
}

/**
 * Writes these lots; the rows of their accounts must be locked. Each is looked up by its key. Were the accounts and
 * lots named once more as arrays, they would all be read at first and compared with each other, hundreds with hundreds.
 */
export async function updateLots(client: pg.ClientBase, updates: readonly LotUpdate[]): Promise<void> {
  const column = (pick: (update: LotUpdate) => number | bigint | null, type?: NumberType) =>
    numberArray(updates.map(pick), type);
  await client.query({
    name: 'update-lots',
    text: `
      UPDATE lots AS l SET
        remaining = n.remaining, remaining_money = n.remaining_money, held = n.held,
        written_off = l.written_off + n.written_off,
        written_off_at_ms = coalesce(n.written_off_at_ms, l.written_off_at_ms),
        expiry_noted = l.expiry_noted OR n.expiry_noted
      FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::boolean[])
        AS n (account_id, lot, remaining, remaining_money, held, written_off, written_off_at_ms, expiry_noted)
      WHERE l.account_id = n.account_id AND l.lot = n.lot`,
    values: [
      column((update) => update.accountId),
      column(({ lot }) => lot.lot, 'integer'),
      column(({ lot }) => lot.remaining),
      column(({ lot }) => lot.remainingMoney),
      column(({ lot }) => lot.held),
      column(({ writeOff }) => writeOff?.amount ?? 0n),
      column(({ writeOff }) => writeOff?.atMs ?? null),
      column(({ lot }) => Number(lot.expiryNoted), 'boolean'),
    ],
  });
}
