import type { Queryable } from './database.ts';

/**
 * Sums what was spent and captured after an entry, less what was refunded, in millionths; below 0 where more came
 * back than went.
 */
export async function sumUsedAfter(
  queryable: Queryable,
  accountId: number,
  afterSeq: number,
): Promise<bigint> {
  const { rows } = await queryable.query<{ used: string }>({
    name: 'sum-used-after',
    text: `
      SELECT coalesce(-sum(amount), 0) AS used FROM entries
      WHERE account_id = $1 AND seq > $2 AND kind IN ('spend', 'capture', 'refund')`,
    values: [accountId, afterSeq],
  });
  return BigInt(rows[0]?.used ?? 0);
}
