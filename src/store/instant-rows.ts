import type { Queryable } from './database.ts';

/** Where an instant lies in an account's history: what came up to it, instants of that very millisecond included. */
export interface Position {
  /** The last entry up to it, 0 for none. */
  readonly seq: number;
  /** No change of a version up to this one is later, and every one above is. */
  readonly changeVersion: number;
}

/**
 * Finds the place of an instant. Within an account instants never go back, so it is found by halving, in a few dozen
 * look-ups by key, however long the history is and without an index that every spend would have to pay for.
 */
export async function findPosition(queryable: Queryable, accountId: number, atMs: number): Promise<Position> {
  const { rows } = await queryable.query<{ seq: string; changeVersion: string }>({
    name: 'find-position',
    text: `
      WITH RECURSIVE by_seq (low, high) AS (
        SELECT 0::bigint, last_seq::bigint FROM accounts WHERE account_id = $1
        UNION ALL
        SELECT CASE WHEN e.at_ms <= $2 THEN s.middle ELSE s.low END,
          CASE WHEN e.at_ms <= $2 THEN s.high ELSE s.middle - 1 END
        FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM by_seq WHERE low < high) AS s
        CROSS JOIN LATERAL (
          SELECT at_ms FROM entries WHERE account_id = $1 AND seq = s.middle LIMIT 1
        ) AS e
      ), by_version (low, high) AS (
        SELECT 0::bigint, version FROM accounts WHERE account_id = $1
        UNION ALL
        SELECT CASE WHEN c.at_ms > $2 THEN s.low ELSE s.middle END,
          CASE WHEN c.at_ms > $2 THEN c.version - 1 ELSE s.high END
        FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM by_version WHERE low < high) AS s
        LEFT JOIN LATERAL (
          SELECT version, at_ms FROM account_changes
          WHERE account_id = $1 AND version <= s.middle ORDER BY version DESC LIMIT 1
        ) AS c ON true
      )
      SELECT (SELECT low FROM by_seq WHERE low = high) AS seq,
        (SELECT low FROM by_version WHERE low = high) AS "changeVersion"`,
    values: [accountId, atMs],
  });
  const [row] = rows;
  return { seq: Number(row?.seq ?? 0), changeVersion: Number(row?.changeVersion ?? 0) };
}

/** What was true of an account after some entry or change, in millionths. */
export interface StateAt {
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly held: bigint;
  readonly debtLimit: bigint;
}

/** Reads an account's figures as they were at a position of its history; 0 before its first entry. */
export async function readStateAt(
  queryable: Queryable,
  accountId: number,
  position: Position,
): Promise<StateAt> {
  const { rows } = await queryable.query<Record<keyof StateAt, string | null>>({
    name: 'read-state-at',
    text: `
      SELECT
        (SELECT balance FROM entries WHERE account_id = $1 AND seq = $2) AS balance,
        (SELECT balance_money FROM entries WHERE account_id = $1 AND seq = $2) AS "balanceMoney",
        latest.held, latest.debt_limit AS "debtLimit"
      FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
        SELECT held, debt_limit, version FROM (
          SELECT held, debt_limit, version FROM entries WHERE account_id = $1 AND seq = $2
          UNION ALL
          (SELECT held, debt_limit, version FROM account_changes
           WHERE account_id = $1 AND version <= $3 ORDER BY version DESC LIMIT 1)
        ) AS last_ones ORDER BY version DESC LIMIT 1
      ) AS latest ON true`,
    values: [accountId, position.seq, position.changeVersion],
  });
  const [row] = rows;
  return {
    balance: BigInt(row?.balance ?? 0),
    balanceMoney: BigInt(row?.balanceMoney ?? 0),
    held: BigInt(row?.held ?? 0),
    debtLimit: BigInt(row?.debtLimit ?? 0),
  };
}
