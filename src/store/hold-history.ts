import type { PublicName } from '../ids.ts';
import type { HoldEnd, Pin } from '../ledger/account.ts';
import type { Queryable } from './database.ts';
import { findPosition } from './instant-rows.ts';

/** A hold as answers tell it, amounts in millionths. */
export interface ToldHold {
  readonly name: PublicName;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** What it reserves now. */
  readonly reserved: bigint;
  readonly captured: bigint;
  readonly description: string | null;
  readonly endedBy: HoldEnd | null;
  readonly endedAtMs: number | null;
}

type HoldTexts = 'createdAtMs' | 'expiresAtMs' | 'reserved' | 'captured';

/** @param hold its number; whether its attempt is the one that was asked for is for the caller to see. */
export async function readToldHold(
  queryable: Queryable,
  accountId: number,
  hold: number,
): Promise<ToldHold | undefined> {
  type Columns = Record<HoldTexts, string> & {
    readonly attempt: number;
    readonly description: string | null;
    readonly endedBy: HoldEnd | null;
    readonly endedAtMs: string | null;
  };
  const { rows } = await queryable.query<Columns>({
    name: 'read-told-hold',
    text: `
      SELECT attempt, created_at_ms AS "createdAtMs", expires_at_ms AS "expiresAtMs", reserved, captured,
        description, ended_by AS "endedBy", ended_at_ms AS "endedAtMs"
      FROM holds WHERE account_id = $1 AND hold = $2`,
    values: [accountId, hold],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { attempt, description, endedBy, endedAtMs } = row;
  return {
    name: { accountId, seq: hold, attempt, isHold: true },
    createdAtMs: Number(row.createdAtMs),
    expiresAtMs: Number(row.expiresAtMs),
    reserved: BigInt(row.reserved),
    captured: BigInt(row.captured),
    description,
    endedBy,
    endedAtMs: endedAtMs === null ? null : Number(endedAtMs),
  };
}

/** One step in a hold's life, amounts in millionths. */
export interface HoldStep {
  readonly version: number;
  readonly kind: 'hold' | 'extend' | 'capture' | 'release' | 'hold-expiry';
  /** What it reserves after a hold, an extension or a capture, and what it reserved until a release or its expiry. */
  readonly reserved: bigint;
  /** Credit that this step set aside. */
  readonly pins: readonly Pin[];
  /** What a capture took of lots, amounts below 0. */
  readonly taken: readonly Pin[];
}

interface StepColumns {
  readonly version: string;
  readonly kind: HoldStep['kind'];
  readonly reserved: string;
  readonly pins: readonly { readonly lot: number; readonly amount: number }[] | null;
  readonly slices: readonly { readonly lot?: number; readonly amount: number }[] | null;
}

/**
 * Reads the life of a hold, oldest step first. Steps are looked for between its creation and its end alone, so that an
 * account's long history costs nothing.
 */
export async function readHoldSteps(queryable: Queryable, hold: ToldHold): Promise<HoldStep[]> {
  const { accountId, seq } = hold.name;
  const from = await findPosition(queryable, accountId, hold.createdAtMs - 1);
  const to = await findPosition(queryable, accountId, hold.endedAtMs ?? Number.MAX_SAFE_INTEGER);
  const { rows } = await queryable.query<StepColumns>({
    name: 'read-hold-steps',
    text: `
      SELECT version, kind, reserved, pins, NULL::jsonb AS slices FROM account_changes
      WHERE account_id = $1 AND hold = $2 AND version > $3 AND version <= $4
      UNION ALL
      SELECT version, kind, remaining, NULL, slices FROM entries
      WHERE account_id = $1 AND hold = $2 AND seq > $5 AND seq <= $6
      ORDER BY version`,
    values: [accountId, seq, from.changeVersion, to.changeVersion, from.seq, to.seq],
  });
  return rows.map(({ version, kind, reserved, pins, slices }) => ({
    version: Number(version),
    kind,
    reserved: BigInt(reserved),
    pins: (pins ?? []).map(({ lot, amount }) => ({ lot, amount: BigInt(amount) })),
    taken: (slices ?? []).flatMap(({ lot, amount }) =>
      lot === undefined ? [] : [{ lot, amount: BigInt(amount) }],
    ),
  }));
}

/** @returns the number of the hold that a request with this key created, extended or released. */
export async function findHoldByKey(
  queryable: Queryable,
  accountId: number,
  keyHash: string,
): Promise<number | undefined> {
  const { rows } = await queryable.query<{ hold: number }>({
    name: 'find-hold-by-key',
    text: `SELECT hold FROM account_changes WHERE account_id = $1 AND key_hash = $2 AND hold IS NOT NULL`,
    values: [accountId, keyHash],
  });
  return rows[0]?.hold;
}
