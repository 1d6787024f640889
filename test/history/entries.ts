import type { Services } from '../../src/operations/services.ts';

/** An entry as it stands in the database; amounts in millionths. */
export interface EntryRow {
  readonly accountId: number;
  readonly seq: number;
  readonly version: number;
  readonly id: string;
  readonly kind: string;
  readonly atMs: number;
  readonly amount: number;
  readonly balance: number;
  readonly description: string | null;
  readonly slices: readonly { lot?: number; debt?: number; amount: number; opens?: boolean }[];
}

/** Reads all entries of these accounts, by account in the order of their seq. */
export async function readEntries(
  { database, ids }: Pick<Services, 'database' | 'ids'>,
  accountIds: readonly number[],
): Promise<Map<number, EntryRow[]>> {
  const { rows } = await database.pool.query<
    Record<keyof Omit<EntryRow, 'slices'>, string> & {
      attempt: string;
      slices: EntryRow['slices'];
    }
  >(
    `SELECT account_id AS "accountId", seq, version, attempt, kind, at_ms AS "atMs", amount, balance,
       description, slices
     FROM entries WHERE account_id = ANY($1::bigint[]) ORDER BY account_id, seq`,
    [accountIds],
  );
  const entries = new Map<number, EntryRow[]>(accountIds.map((accountId) => [accountId, []]));
  for (const row of rows) {
    const accountId = Number(row.accountId);
    const seq = Number(row.seq);
    entries.get(accountId)?.push({
      accountId,
      seq,
      version: Number(row.version),
      id: ids.encode({ accountId, seq, attempt: Number(row.attempt) }),
      kind: row.kind,
      atMs: Number(row.atMs),
      amount: Number(row.amount),
      balance: Number(row.balance),
      description: row.description,
      slices: row.slices,
    });
  }
  return entries;
}
