import type pg from 'pg';
import type { Hold, HoldEnd, Pin } from '../ledger/account.ts';
import { numberArray, textArray } from './array-parameter.ts';
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

/** Reads holds by their numbers, ended or not, each once however often it is asked for. Both lists are of one length. */
export async function readHolds(
  client: Queryable,
  accounts: readonly number[],
  holds: readonly number[],
): Promise<HoldRow[]> {
  const { rows } = await client.query<HoldColumns>({
    name: 'read-holds',
    text: `
      SELECT ${COLUMNS}
      FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::integer[]) AS asked (account_id, hold)) AS n
      JOIN holds h ON h.account_id = n.account_id AND h.hold = n.hold
      WHERE h.account_id = ANY($1::bigint[])
      ORDER BY h.account_id, h.hold`,
    values: [numberArray(accounts), numberArray(holds, 'integer')],
    rowMode: 'array',
  });
  return rows.map(toHoldRow);
}

/** Reads when the first open hold is over that is not among these. `accounts` and `holds` are of one length. */
export async function readNextHoldsDue(
  client: Queryable,
  accounts: readonly number[],
  holds: readonly number[],
): Promise<{ readonly accountId: number; readonly dueMs: number | null }[]> {
  const { rows } = await client.query<[string, string | null]>({
    name: 'read-next-holds-due',
    text: `
      SELECT n.account_id, (
        SELECT h.expires_at_ms FROM holds h
        WHERE h.account_id = n.account_id AND h.account_id = ANY($1::bigint[]) AND h.ended_at_ms IS NULL
          AND NOT h.hold = ANY(n.holds)
        ORDER BY h.expires_at_ms LIMIT 1)
      FROM (
        SELECT account_id, array_agg(hold) AS holds FROM unnest($1::bigint[], $2::integer[]) AS m (account_id, hold)
        GROUP BY account_id
      ) AS n`,
    values: [numberArray(accounts), numberArray(holds, 'integer')],
    rowMode: 'array',
  });
  return rows.map(([accountId, dueMs]) => ({
    accountId: Number(accountId),
    dueMs: dueMs === null ? null : Number(dueMs),
  }));
}

/** Reads all open holds of these accounts, in the order of creation. */
export async function readOpenHolds(client: Queryable, ids: Buffer): Promise<HoldRow[]> {
  const { rows } = await client.query<HoldColumns>({
    name: 'read-open-holds',
    text: `
      SELECT ${COLUMNS} FROM holds h
      WHERE h.account_id = ANY($1::bigint[]) AND h.ended_at_ms IS NULL ORDER BY h.account_id, h.hold`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(toHoldRow);
}

/** A hold to be written; what was said when it was created counts only then. */
export interface HoldUpdate extends HoldRow {
  readonly description?: string | undefined;
  readonly ip?: string | undefined;
}

/** Pins as they are stored; amounts stay below 2^53. */
export function pinsText(pins: readonly Pin[]): string {
  return `[${pins.map(({ lot, amount }) => `{"lot":${lot},"amount":${amount}}`).join(',')}]`;
}

/** Writes new holds and what became of old ones; the rows of their accounts must be locked. */
export async function writeHolds(client: pg.ClientBase, updates: readonly HoldUpdate[]): Promise<void> {
  const column = (pick: (hold: Readonly<Hold>) => number | bigint | null | undefined) =>
    numberArray(updates.map(({ hold }) => pick(hold)));
  await client.query({
    name: 'write-holds',
    text: `
      INSERT INTO holds (account_id, hold, attempt, created_at_ms, expires_at_ms, reserved, unpinned, captured, pins,
        ended_by, ended_at_ms, description, ip)
      SELECT n.account_id, n.hold, n.attempt, n.created_at_ms, n.expires_at_ms, n.reserved, n.unpinned, n.captured,
        n.pins::jsonb, n.ended_by, n.ended_at_ms, n.description, n.ip::inet
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[])
        AS n (account_id, hold, attempt, created_at_ms, expires_at_ms, reserved, unpinned, captured, pins, ended_by,
          ended_at_ms, description, ip)
      ON CONFLICT (account_id, hold) DO UPDATE SET
        expires_at_ms = excluded.expires_at_ms, reserved = excluded.reserved, unpinned = excluded.unpinned,
        captured = excluded.captured, pins = excluded.pins, ended_by = excluded.ended_by,
        ended_at_ms = excluded.ended_at_ms`,
    values: [
      numberArray(updates.map(({ accountId }) => accountId)),
      column((hold) => hold.hold),
      column((hold) => hold.attempt),
      column((hold) => hold.createdAtMs),
      column((hold) => hold.expiresAtMs),
      column((hold) => hold.reserved),
      column((hold) => hold.unpinned),
      column((hold) => hold.captured),
      textArray(updates.map(({ hold }) => pinsText(hold.pins))),
      textArray(updates.map(({ hold }) => hold.endedBy)),
      column((hold) => hold.endedAtMs),
      textArray(updates.map(({ description }) => description)),
      textArray(updates.map(({ ip }) => ip)),
    ],
  });
}
