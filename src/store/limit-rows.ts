import type pg from 'pg';
import type { Limits } from '../ledger/account.ts';
import { numberArray, textArray } from './array-parameter.ts';

/** An account's limits as their row says. */
export interface LimitRow {
  readonly accountId: number;
  readonly limits: Readonly<Limits>;
}

/**
 * A row of account_limits as one JSON array. Its numbers stay below 2^53, but for the use of a month: without a hard
 * limit that may grow beyond (rule 12), so it goes as text both ways.
 */
export const LIMITS_AS_JSON = `json_build_array(account_id, soft_limit, hard_limit, low_balance, month_from_ms,
  month_to_ms, month_used::text, soft_noted)`;

type LimitValues = [
  ...[accountId: number, softLimit: number, hardLimit: number, lowBalance: number | null],
  ...[monthFromMs: number, monthToMs: number, monthUsed: string, softNoted: boolean],
];

/** @param text an array of LIMITS_AS_JSON, or nothing. */
export function parseLimits(text: string | null | undefined): LimitRow[] {
  if (!text) return [];
  return (JSON.parse(text) as LimitValues[]).map(
    ([accountId, softLimit, hardLimit, lowBalance, monthFromMs, monthToMs, monthUsed, softNoted]) => ({
      accountId,
      limits: {
        softLimit: BigInt(softLimit),
        hardLimit: BigInt(hardLimit),
        lowBalance: lowBalance === null ? null : BigInt(lowBalance),
        monthFromMs,
        monthToMs,
        monthUsed: BigInt(monthUsed),
        softNoted,
      },
    }),
  );
}

/** Writes limits and the use of their month; the rows of their accounts must be locked. */
export async function writeLimits(client: pg.ClientBase, rows: readonly LimitRow[]): Promise<void> {
  const column = (pick: (limits: Readonly<Limits>) => number | bigint | null) =>
    numberArray(rows.map(({ limits }) => pick(limits)));
  await client.query({
    name: 'write-limits',
    text: `
      INSERT INTO account_limits (account_id, soft_limit, hard_limit, low_balance, month_from_ms, month_to_ms,
        month_used, soft_noted)
      SELECT n.account_id, n.soft_limit, n.hard_limit, n.low_balance, n.month_from_ms, n.month_to_ms,
        n.month_used::bigint, n.soft_noted
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
        $8::boolean[])
        AS n (account_id, soft_limit, hard_limit, low_balance, month_from_ms, month_to_ms, month_used, soft_noted)
      ON CONFLICT (account_id) DO UPDATE SET
        soft_limit = excluded.soft_limit, hard_limit = excluded.hard_limit, low_balance = excluded.low_balance,
        month_from_ms = excluded.month_from_ms, month_to_ms = excluded.month_to_ms,
        month_used = excluded.month_used, soft_noted = excluded.soft_noted`,
    values: [
      numberArray(rows.map(({ accountId }) => accountId)),
      column((limits) => limits.softLimit),
      column((limits) => limits.hardLimit),
      column((limits) => limits.lowBalance),
      column((limits) => limits.monthFromMs),
      column((limits) => limits.monthToMs),
      textArray(rows.map(({ limits }) => String(limits.monthUsed))),
      numberArray(
        rows.map(({ limits }) => Number(limits.softNoted)),
        'boolean',
      ),
    ],
  });
}
