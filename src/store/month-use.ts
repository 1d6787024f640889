import { numberArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/**
 * Counts what accounts have used since an instant: spends and captures booked then, less what was refunded of those
 * (rule 6), never below 0. It reads the whole month, so it is for accounts whose use is not kept yet.
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
      SELECT n.account_id, greatest(0, coalesce(used.amount, 0) - coalesce(refunded.amount, 0))::bigint
      FROM unnest($1::bigint[], $2::bigint[]) AS n (account_id, from_ms)
      CROSS JOIN LATERAL (
        SELECT sum(-amount) AS amount FROM entries
        WHERE account_id = n.account_id AND kind IN ('spend', 'capture') AND at_ms >= n.from_ms
      ) AS used
      CROSS JOIN LATERAL (
        SELECT sum(r.amount) AS amount
        FROM entries r JOIN entries e ON e.account_id = r.account_id AND e.seq = r.undoes
        WHERE r.account_id = n.account_id AND r.kind = 'refund' AND r.at_ms >= n.from_ms AND e.at_ms >= n.from_ms
      ) AS refunded
      WHERE n.account_id = ANY($1::bigint[])`,
    values: [
      numberArray(asked.map(({ accountId }) => accountId)),
      numberArray(asked.map(({ fromMs }) => fromMs)),
    ],
    rowMode: 'array',
  });
  return rows.map(([accountId, use]) => ({ accountId: Number(accountId), use: BigInt(use) }));
}
