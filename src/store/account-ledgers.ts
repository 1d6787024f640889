import { numberArray } from './array-parameter.ts';
import type { Database } from './database.ts';
import { type Remembered, rememberFound } from './remember-found.ts';

/** The ledger that an account belongs to, which never changes. */
export type AccountLedgers = Remembered<number, number>;

/** Remembers the ledgers of accounts, so that a hold's id costs no read of its own. */
export function openAccountLedgers({ pool }: Pick<Database, 'pool'>): AccountLedgers {
  return rememberFound(async (accountIds) => {
    const { rows } = await pool.query<{ accountId: string; ledgerId: string }>({
      name: 'find-account-ledgers',
      text: `
        SELECT account_id AS "accountId", ledger_id AS "ledgerId" FROM accounts
        WHERE account_id = ANY($1::bigint[])`,
      values: [numberArray(accountIds)],
    });
    return new Map(rows.map(({ accountId, ledgerId }) => [Number(accountId), Number(ledgerId)]));
  });
}
