import type { PublicName } from '../ids.ts';
import { numberArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/** A lot by its account and number. */
export interface NamedLot {
  readonly accountId: number;
  readonly lot: number;
}

/** Reads by which entries lots were opened; a lot that is not there is not in the result. */
export async function readLotOpeners(
  queryable: Queryable,
  named: readonly NamedLot[],
): Promise<readonly (NamedLot & { readonly openedBy: PublicName })[]> {
  if (named.length === 0) return [];
  const { rows } = await queryable.query<{
    readonly accountId: string;
    readonly lot: number;
    readonly seq: number;
    readonly attempt: number;
  }>({
    name: 'read-lot-openers',
    text: `
      SELECT n.account_id AS "accountId", n.lot, e.seq, e.attempt
      FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::integer[]) AS named (account_id, lot)) AS n
      CROSS JOIN LATERAL (
        SELECT opened_by_seq FROM lots WHERE account_id = n.account_id AND lot = n.lot LIMIT 1
      ) AS l
      CROSS JOIN LATERAL (
        SELECT seq, attempt FROM entries WHERE account_id = n.account_id AND seq = l.opened_by_seq LIMIT 1
      ) AS e
      WHERE n.account_id = ANY($1::bigint[])`,
    values: [
      numberArray(named.map(({ accountId }) => accountId)),
      numberArray(
        named.map(({ lot }) => lot),
        'integer',
      ),
    ],
  });
  return rows.map(({ accountId: text, lot, seq, attempt }) => {
    const accountId = Number(text);
    return { accountId, lot, openedBy: { accountId, seq, attempt } };
  });
}
