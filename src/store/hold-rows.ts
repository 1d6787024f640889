import type pg from 'pg';
import type { Hold, HoldEnd, Pin } from '../ledger/account.ts';
import { numberArray } from './array-parameter.ts';
import { arrayParameter, arraysOf, type Column, columnsOf, namesOf } from './columns.ts';
import type { Queryable } from './database.ts';

/** A hold as its row says. */
export interface HoldRow {
  readonly accountId: number;
  readonly hold: Hold;
}

type HoldColumns = [
  ...[accountId: string, hold: number, attempt: number, createdAtMs: string, expiresAtMs: string],
  ...[reserved: string, unpinned: string, captured: string, pins: string],
  ...[endedBy: HoldEnd | null, endedAtMs: string | null],
];

function toHoldRow(columns: HoldColumns): HoldRow {
  const [accountId, hold, attempt, createdAtMs, expiresAtMs, reserved, unpinned, captured] = columns;
  const pins = JSON.parse(columns[8]) as { lot: number; amount: number }[];
  return {
    accountId: Number(accountId),
    hold: {
      hold,
      attempt,
      createdAtMs: Number(createdAtMs),
      expiresAtMs: Number(expiresAtMs),
      reserved: BigInt(reserved),
      unpinned: BigInt(unpinned),
      captured: BigInt(captured),
      pins: pins.map(({ lot, amount }) => ({ lot, amount: BigInt(amount) })),
      endedBy: columns[9] ?? undefined,
      endedAtMs: columns[10] === null ? undefined : Number(columns[10]),
    },
  };
}

const COLUMNS = `
  h.account_id, h.hold, h.attempt, h.created_at_ms, h.expires_at_ms, h.reserved, h.unpinned, h.captured,
  h.pins::text, h.ended_by, h.ended_at_ms`;

/** A hold that was asked for, ended or not, and when the first of its account's open holds is over that was not. */
export interface AskedHold {
  readonly accountId: number;
  readonly hold: Hold | undefined;
  readonly othersDueMs: number | null;
}

type AskedColumns =
  | [accountId: string, othersDueMs: string | null, ...HoldColumns]
  | [string, string | null, null];

/**
 * Reads holds by their numbers, ended or not, each once however often it is asked for; those of an account in the order of
 * creation, and one that is not there as a row without a hold. LIMIT keeps each a look-up of its own; as a plain join it
 * could become a scan of all holds that the account ever had. `accounts` and `holds` are of one length.
 */
export async function readAskedHolds(
  client: Queryable,
  accounts: readonly number[],
  holds: readonly number[],
): Promise<AskedHold[]> {
  const { rows } = await client.query<AskedColumns>({
    name: 'read-asked-holds',
    text: `
      SELECT n.account_id, (
        SELECT o.expires_at_ms FROM holds o
        WHERE o.account_id = n.account_id AND o.ended_at_ms IS NULL AND NOT o.hold = ANY(n.holds)
        ORDER BY o.expires_at_ms LIMIT 1), ${COLUMNS}
      FROM (
        SELECT account_id, array_agg(DISTINCT hold) AS holds
        FROM unnest($1::bigint[], $2::integer[]) AS m (account_id, hold)
        GROUP BY account_id
      ) AS n
      CROSS JOIN LATERAL unnest(n.holds) AS asked (hold)
      LEFT JOIN LATERAL (
        SELECT * FROM holds WHERE account_id = n.account_id AND hold = asked.hold LIMIT 1
      ) AS h ON true
      WHERE n.account_id = ANY($1::bigint[])`,
    values: [numberArray(accounts), numberArray(holds, 'integer')],
    rowMode: 'array',
  });
  return rows.map(([accountId, othersDueMs, ...columns]) => ({
    accountId: Number(accountId),
    hold: columns[0] === null ? undefined : toHoldRow(columns as HoldColumns).hold,
    othersDueMs: othersDueMs === null ? null : Number(othersDueMs),
  }));
}

/**
 * Reads all open holds of these accounts, in the order of creation. PostgreSQL is asked for another one, which only the
 * index of open holds has: that of creation would lead through all holds that there ever were.
 */
export async function readOpenHolds(client: Queryable, ids: Buffer): Promise<HoldRow[]> {
  const { rows } = await client.query<HoldColumns>({
    name: 'read-open-holds',
    text: `
      SELECT ${COLUMNS}
      FROM unnest($1::bigint[]) AS n (account_id)
      CROSS JOIN LATERAL (
        SELECT * FROM holds WHERE account_id = n.account_id AND ended_at_ms IS NULL ORDER BY expires_at_ms
      ) AS h
      WHERE h.account_id = ANY($1::bigint[])`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(toHoldRow).sort((a, b) => a.hold.hold - b.hold.hold);
}

/** A hold to be written; what was said when it was created counts only then. */
export interface HoldUpdate extends HoldRow {
  readonly isNew: boolean;
  readonly description?: string | undefined;
  readonly ip?: string | undefined;
}

/** Pins as they are stored; amounts stay below 2^53. */
export function pinsText(pins: readonly Pin[]): string {
  return `[${pins.map(({ lot, amount }) => `{"lot":${lot},"amount":${amount}}`).join(',')}]`;
}

const column = columnsOf<HoldUpdate>();

const KEY_COLUMNS = [
  column('account_id', 'bigint', ({ accountId }) => accountId),
  column('hold', 'integer', ({ hold }) => hold.hold),
];

/** Columns that change while a hold lives. */
const LIVE_COLUMNS = [
  column('expires_at_ms', 'bigint', ({ hold }) => hold.expiresAtMs),
  column('reserved', 'bigint', ({ hold }) => hold.reserved),
  column('unpinned', 'bigint', ({ hold }) => hold.unpinned),
  column('captured', 'bigint', ({ hold }) => hold.captured),
  column('pins', 'text', ({ hold }) => pinsText(hold.pins)),
  column('ended_by', 'text', ({ hold }) => hold.endedBy),
  column('ended_at_ms', 'bigint', ({ hold }) => hold.endedAtMs),
];

const NEW_COLUMNS = [
  ...KEY_COLUMNS,
  ...LIVE_COLUMNS,
  column('attempt', 'integer', ({ hold }) => hold.attempt),
  column('created_at_ms', 'bigint', ({ hold }) => hold.createdAtMs),
  column('description', 'text', ({ description }) => description),
  column('ip', 'text', ({ ip }) => ip),
];

/** What is text on its way and of another type in the table. */
const CASTS: Readonly<Record<string, string>> = { pins: 'n.pins::jsonb', ip: 'n.ip::inet' };

function castOf({ name }: Column<HoldUpdate>): string {
  return CASTS[name] ?? `n.${name}`;
}

const INSERT = `
  INSERT INTO holds (${namesOf(NEW_COLUMNS)})
  SELECT ${NEW_COLUMNS.map(castOf).join(', ')} FROM unnest(${arraysOf(NEW_COLUMNS)}) AS n (${namesOf(NEW_COLUMNS)})`;

const OLD_COLUMNS = [...KEY_COLUMNS, ...LIVE_COLUMNS];

const UPDATE = `
  UPDATE holds AS h SET ${LIVE_COLUMNS.map((each) => `${each.name} = ${castOf(each)}`).join(', ')}
  FROM unnest(${arraysOf(OLD_COLUMNS)}) AS n (${namesOf(OLD_COLUMNS)})
  WHERE h.account_id = n.account_id AND h.hold = n.hold`;

/**
 * Writes new holds and what became of old ones; the rows of their accounts must be locked. Old ones are looked up by
 * their keys: were the accounts named once more as an array, all holds that they ever had would be read.
 */
export async function writeHolds(client: pg.ClientBase, updates: readonly HoldUpdate[]): Promise<void> {
  const write = async (
    name: string,
    text: string,
    columns: readonly Column<HoldUpdate>[],
    rows: HoldUpdate[],
  ) => {
    if (rows.length === 0) return;
    await client.query({ name, text, values: columns.map((each) => arrayParameter(each, rows)) });
  };
  const created = updates.filter(({ isNew }) => isNew);
  const others = updates.filter(({ isNew }) => !isNew);
  await Promise.all([
    write('insert-holds', INSERT, NEW_COLUMNS, created),
    write('update-holds', UPDATE, OLD_COLUMNS, others),
  ]);
}
