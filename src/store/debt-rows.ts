import type pg from 'pg';
import type { Debt } from '../ledger/account.ts';
import { numberArray } from './array-parameter.ts';

/** A debt and whose it is. */
export interface DebtRow {
  readonly accountId: number;
  readonly debt: Readonly<Debt>;
}

/** Reads what these accounts still owe, oldest first. */
export async function readOpenDebts(client: pg.ClientBase, ids: Buffer): Promise<DebtRow[]> {
  const { rows } = await client.query<[string, number, string, string]>({
    name: 'read-open-debts',
    text: `
      SELECT account_id, seq, amount, open FROM debts
      WHERE account_id = ANY($1::bigint[]) AND open > 0 ORDER BY account_id, seq`,
    values: [ids],
    rowMode: 'array',
  });
  return rows.map(([accountId, seq, amount, open]) => ({
    accountId: Number(accountId),
    debt: { seq, amount: BigInt(amount), open: BigInt(open) },
  }));
}

/** Writes new debts and what is left of old ones; the rows of their accounts must be locked. */
export async function writeDebts(client: pg.ClientBase, debts: readonly DebtRow[]): Promise<void> {
  await client.query({
    name: 'write-debts',
    text: `
      INSERT INTO debts (account_id, seq, amount, open)
      SELECT n.account_id, n.seq, n.amount, n.open
      FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[]) AS n (account_id, seq, amount, open)
      ON CONFLICT (account_id, seq) DO UPDATE SET open = excluded.open`,
    values: [
      numberArray(debts.map(({ accountId }) => accountId)),
      numberArray(
        debts.map(({ debt }) => debt.seq),
        'integer',
      ),
      numberArray(debts.map(({ debt }) => debt.amount)),
      numberArray(debts.map(({ debt }) => debt.open)),
    ],
  });
}
