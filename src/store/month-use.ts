import { numberArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/**
 * Counts what accounts have used since an instant: spends and captures booked then, less what was refunded of those
 * (rule 6), never below 0. It reads all entries since, so it is for accounts whose use is not kept yet. Within an
 * account instants never go back, so where to begin is found by halving: an index by time would cost every spend.
 *
 * @returns the use of each, in millionths.
 */
export async function readMonthUses(
  client: Queryable,
  asked: readonly { readonly accountId: number; readonly fromMs: number }[],
): Promise<{ readonly accountId: number; readonly use: bigint }[]> {
  const { rows } = await client.query<[string, string]>({
    name: 'read-month-uses',
    text: `
      WITH RECURSIVE search (account_id, from_ms, low, high) AS (
        SELECT n.account_id, n.from_ms, 0, a.last_seq
        FROM unnest($1::bigint[], $2::bigint[]) AS n (account_id, from_ms)
        JOIN accounts a ON a.account_id = n.account_id
        WHERE a.account_id = ANY($1::bigint[])
        UNION ALL
        SELECT s.account_id, s.from_ms, CASE WHEN e.at_ms < s.from_ms THEN s.middle ELSE s.low END,
          CASE WHEN e.at_ms < s.from_ms THEN s.high ELSE s.middle - 1 END
        FROM (SELECT *, low + (high - low + 1) / 2 AS middle FROM search WHERE low < high) AS s
        CROSS JOIN LATERAL (
          SELECT at_ms FROM entries WHERE account_id = s.account_id AND seq = s.middle LIMIT 1
        ) AS e
      )
      SELECT s.account_id, greatest(0, coalesce(month.used, 0) - coalesce(month.refunded, 0))::bigint
      FROM search AS s
      CROSS JOIN LATERAL (
        SELECT sum(-amount) FILTER (WHERE kind IN ('spend', 'capture')) AS used,
          sum(amount) FILTER (WHERE kind = 'refund' AND undoes > s.low) AS refunded
        FROM entries WHERE account_id = s.account_id AND seq > s.low
      ) AS month
      WHERE s.low = s.high`,
    values: [
      numberArray(asked.map(({ accountId }) => accountId)),
      numberArray(asked.map(({ fromMs }) => fromMs)),
    ],
    rowMode: 'array',
  });
  return rows.map(([accountId, use]) => ({ accountId: Number(accountId), use: BigInt(use) }));
}
