import { hashIdempotencyKey } from '../../src/operations/idempotency.ts';
import type { Services } from '../../src/operations/services.ts';
import type { Operation } from './record.ts';

/** A line of an account's history, entry or change, as it stands in the database; amounts in millionths. */
export interface HistoryRow {
  readonly accountId: number;
  readonly version: number;
  readonly kind: string;
  readonly atMs: number;
  /** The account's after it. */
  readonly balance: number;
  readonly held: number;
  readonly description: string | null;
  readonly keyHash: string | null;
  readonly entry?: EntryRow;
  readonly event?: HoldEventRow;
}

export interface EntryRow {
  readonly seq: number;
  readonly id: string;
  readonly amount: number;
  readonly slices: readonly { lot?: number; debt?: number; amount: number; opens?: boolean }[];
  /** Public id of a capture's hold, what all its captures took, and what it reserves after this one. */
  readonly holdId: string | null;
  readonly captured: number;
  readonly remaining: number;
  /** Seq of what a refund or void undoes, and what can still be refunded after it. */
  readonly undoes: number | null;
  readonly refundable: number;
}

export interface HoldEventRow {
  readonly holdId: string;
  readonly reserved: number;
  readonly expiresAtMs: number;
  /** The account's balance as it was answered. */
  readonly balance: number;
}

/** How a hold ended, by its public id. */
export interface HoldRow {
  readonly endedBy: string | null;
  readonly endedAtMs: number;
}

/** All that happened to one account, in the order of its versions. */
export interface AccountRows {
  readonly rows: readonly HistoryRow[];
  readonly holds: ReadonlyMap<string, HoldRow>;
}

type Texts = Record<string, string | null>;

/** Reads all that happened to these accounts. */
export async function readRows(
  services: Pick<Services, 'database' | 'ids'>,
  accountIds: readonly number[],
): Promise<Map<number, AccountRows>> {
  const { pool } = services.database;
  const entries = await pool.query<Texts & { slices: EntryRow['slices'] }>(
    `SELECT e.account_id, e.seq::text, e.version, e.attempt::text, e.kind, e.at_ms, e.amount, e.balance, e.held,
       e.description, e.key_hash, e.slices, e.hold::text, h.attempt::text AS hold_attempt, e.captured, e.remaining,
       e.undoes::text, e.refundable
     FROM entries e LEFT JOIN holds h ON h.account_id = e.account_id AND h.hold = e.hold
     WHERE e.account_id = ANY($1::bigint[])`,
    [accountIds],
  );
  const changes = await pool.query<Texts>(
    `SELECT c.account_id, c.version, c.kind, c.at_ms, c.held, c.hold::text, h.attempt::text AS hold_attempt,
       c.reserved, c.expires_at_ms, c.balance, c.key_hash,
       CASE WHEN c.kind = 'hold' THEN h.description END AS description
     FROM account_changes c LEFT JOIN holds h ON h.account_id = c.account_id AND h.hold = c.hold
     WHERE c.account_id = ANY($1::bigint[])`,
    [accountIds],
  );
  const holds = await pool.query<Texts>(
    `SELECT account_id, hold::text, attempt::text AS hold_attempt, ended_by, ended_at_ms FROM holds
     WHERE account_id = ANY($1::bigint[])`,
    [accountIds],
  );
  const found = new Map(
    accountIds.map((id) => [id, { rows: [] as HistoryRow[], holds: new Map<string, HoldRow>() }]),
  );
  for (const row of entries.rows) found.get(Number(row.account_id))?.rows.push(toEntry(services, row));
  for (const row of changes.rows) found.get(Number(row.account_id))?.rows.push(toChange(services, row));
  for (const row of holds.rows) {
    const hold = { endedBy: row.ended_by ?? null, endedAtMs: Number(row.ended_at_ms) };
    found.get(Number(row.account_id))?.holds.set(holdIdOf(services, row) ?? '', hold);
  }
  for (const account of found.values()) inOrder(account.rows);
  return found;
}

function toEntry(services: Pick<Services, 'ids'>, row: Texts & Pick<EntryRow, 'slices'>): HistoryRow {
  const accountId = Number(row.account_id);
  const seq = Number(row.seq);
  return {
    ...common(row),
    balance: Number(row.balance),
    entry: {
      ...{ seq, id: services.ids.encode({ accountId, seq, attempt: Number(row.attempt) }) },
      ...{ amount: Number(row.amount), slices: row.slices, holdId: holdIdOf(services, row) },
      ...{ captured: Number(row.captured), remaining: Number(row.remaining) },
      ...{ undoes: row.undoes == null ? null : Number(row.undoes), refundable: Number(row.refundable) },
    },
  };
}

function toChange(services: Pick<Services, 'ids'>, row: Texts): HistoryRow {
  const holdId = holdIdOf(services, row);
  const { reserved, expires_at_ms, balance } = row;
  return {
    ...common(row),
    balance: 0,
    ...(holdId !== null && {
      event: {
        ...{ holdId, reserved: Number(reserved), expiresAtMs: Number(expires_at_ms) },
        balance: Number(balance),
      },
    }),
  };
}

function common(row: Texts) {
  return {
    ...{ accountId: Number(row.account_id), version: Number(row.version), kind: row.kind ?? '' },
    ...{ atMs: Number(row.at_ms), held: Number(row.held) },
    ...{ description: row.description ?? null, keyHash: row.key_hash ?? null },
  };
}

function holdIdOf({ ids }: Pick<Services, 'ids'>, row: Texts): string | null {
  if (row.hold == null) return null;
  const name = {
    accountId: Number(row.account_id),
    seq: Number(row.hold),
    attempt: Number(row.hold_attempt),
  };
  return ids.encode({ ...name, isHold: true });
}

/** Sorts by version and says of changes what the balance was. */
function inOrder(rows: HistoryRow[]): void {
  rows.sort((a, b) => a.version - b.version);
  let balance = 0;
  rows.forEach((row, i) => {
    if (row.entry) balance = row.balance;
    else rows[i] = { ...row, balance };
  });
}

/** What was asked for is known by its description, or by its key where it has none. */
export class Askers {
  readonly #operations = new Map<string, Operation>();

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      this.#operations.set(operation.name, operation);
      const { idempotencyKey } = operation;
      if (idempotencyKey !== undefined) {
        this.#operations.set(
          keyOf(operation.subject.accountId, hashIdempotencyKey(idempotencyKey)),
          operation,
        );
      }
    }
  }

  /** @returns the operation that a row is the effect of; undefined where the row tells of none, or of none known. */
  find({ accountId, description, keyHash }: HistoryRow): Operation | undefined {
    if (description !== null) return this.#operations.get(description);
    return keyHash === null ? undefined : this.#operations.get(keyOf(accountId, keyHash));
  }
}

function keyOf(accountId: number, keyHash: string): string {
  return `${accountId}:${keyHash}`;
}
