import type { Queryable } from './database.ts';

/**
 * Sums what was spent and captured after each of two entries, less what was refunded of that, in millionths. What came
 * back of earlier ones was not used less in these days. One pass, since the later stretch is part of the longer one.
 *
 * @param seqs of the entries that come before the stretches, the later one first.
 */
export async function sumUsedAfter(
  queryable: Queryable,
  accountId: number,
  seqs: readonly [later: number, earlier: number],
): Promise<[bigint, bigint]> {
  const { rows } = await queryable.query<{ later: string; earlier: string }>({
    name: 'sum-used-after',
    text: `
      SELECT coalesce(-sum(amount) FILTER (WHERE coalesce(undoes, seq) > $2), 0) AS later,
        coalesce(-sum(amount), 0) AS earlier
      FROM entries
      WHERE account_id = $1 AND seq > $3 AND kind IN ('spend', 'capture', 'refund') AND coalesce(undoes, seq) > $3`,
    values: [accountId, ...seqs],
  });
  const [row] = rows;
  return [BigInt(row?.later ?? 0), BigInt(row?.earlier ?? 0)];
}
