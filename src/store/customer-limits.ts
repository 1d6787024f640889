import type { Queryable } from './database.ts';

/** Monthly limits and the low-balance mark of a customer, in millionths; 0 and null are none. */
export interface CustomerLimits {
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
  readonly lowBalance: bigint | null;
}

/** @returns what is set; a customer who never had a limit has none. */
export async function readCustomerLimits(queryable: Queryable, accountId: number): Promise<CustomerLimits> {
  const { rows } = await queryable.query<{
    softLimit: string;
    hardLimit: string;
    lowBalance: string | null;
  }>({
    name: 'read-customer-limits',
    text: `
      SELECT soft_limit AS "softLimit", hard_limit AS "hardLimit", low_balance AS "lowBalance"
      FROM account_limits WHERE account_id = $1`,
    values: [accountId],
  });
  const [row] = rows;
  return {
    softLimit: BigInt(row?.softLimit ?? 0),
    hardLimit: BigInt(row?.hardLimit ?? 0),
    lowBalance: row === undefined || row.lowBalance === null ? null : BigInt(row.lowBalance),
  };
}
