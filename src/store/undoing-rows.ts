import type { EntryKind, KnownLot, Slice, Undoing, UndoneEntry } from '../ledger/account.ts';
import { numberArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';

/** An entry that a command wants undone. */
export interface AskedUndoing {
  readonly accountId: number;
  readonly seq: number;
}

/** What is known of it, for the rules of refunds and voids. */
export interface UndoingRow extends AskedUndoing {
  readonly undoing: Undoing;
}

const COLUMNS = 'account_id, seq, attempt, at_ms, kind, amount, slices, undoes';

/**
 * The undone entries, what undid them before, and the settlements that paid their debt. Each account is asked by
 * itself, so that a long history of others costs nothing; several jobs of a batch may ask for the same entry. Only
 * where the undone entry owed anything are all settlements since looked through.
 */
const FOUND = `
  WITH found AS (
    SELECT n.seq AS undone, e.*
    FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::integer[]) AS asked (account_id, seq)) AS n
    CROSS JOIN LATERAL (
      SELECT ${COLUMNS} FROM entries WHERE account_id = n.account_id AND seq = n.seq
      UNION ALL
      SELECT ${COLUMNS} FROM entries WHERE account_id = n.account_id AND undoes = n.seq
      UNION ALL
      SELECT ${COLUMNS} FROM entries WHERE account_id = n.account_id AND kind = 'settlement' AND seq > n.seq
        AND slices @> jsonb_build_array(jsonb_build_object('debt', n.seq))
        AND (SELECT u.slices @? '$[*].debt' FROM entries u WHERE u.account_id = n.account_id AND u.seq = n.seq)
    ) AS e
    WHERE e.account_id = ANY($1::bigint[])
  )`;

type FoundColumns = [
  ...[undone: number, accountId: string, seq: number, attempt: number, atMs: string, kind: EntryKind],
  ...[amount: string, slices: string, undoes: number | null],
];

type KnownLotColumns = [
  ...[undone: number, accountId: string, lot: number, priority: number, expiresAtMs: string | null],
  ...[remaining: string, remainingMoney: string, held: string, expiryNoted: boolean],
  ...[amount: string, writtenOff: string],
];

/** Reads what refunds and voids of these entries depend on; an entry that is not there is not in the result. */
export async function readUndoings(client: Queryable, asked: readonly AskedUndoing[]): Promise<UndoingRow[]> {
  const values = [
    numberArray(asked.map(({ accountId }) => accountId)),
    numberArray(
      asked.map(({ seq }) => seq),
      'integer',
    ),
  ];
  const [entries, lots] = await Promise.all([
    client.query<FoundColumns>({
      name: 'read-undoings',
      text: `${FOUND}
        SELECT undone, account_id, seq, attempt, at_ms, kind, amount, slices::text, undoes FROM found ORDER BY seq`,
      values,
      rowMode: 'array',
    }),
    client.query<KnownLotColumns>({
      name: 'read-lots-of-undoings',
      text: `${FOUND}
        SELECT named.undone, l.account_id, l.lot, l.priority, l.expires_at_ms, l.remaining, l.remaining_money, l.held,
          l.expiry_noted, l.amount, l.written_off
        FROM (
          SELECT DISTINCT undone, account_id, (slice ->> 'lot')::integer AS lot
          FROM found CROSS JOIN LATERAL jsonb_array_elements(slices) AS slice
          WHERE slice ? 'lot'
        ) AS named
        CROSS JOIN LATERAL (
          SELECT * FROM current_lots WHERE account_id = named.account_id AND lot = named.lot LIMIT 1
        ) AS l
        WHERE l.account_id = ANY($1::bigint[])`,
      values,
      rowMode: 'array',
    }),
  ]);
  return asked.flatMap(({ accountId, seq }) => {
    const ofThis = (row: FoundColumns | KnownLotColumns) => row[0] === seq && Number(row[1]) === accountId;
    const undoing = toUndoing(seq, entries.rows.filter(ofThis), lots.rows.filter(ofThis));
    return undoing ? [{ accountId, seq, undoing }] : [];
  });
}

function toUndoing(
  seq: number,
  entries: readonly FoundColumns[],
  lots: readonly KnownLotColumns[],
): Undoing | undefined {
  const undone = entries.find((columns) => columns[2] === seq);
  if (!undone) return undefined;
  return {
    entry: toUndoneEntry(undone),
    undoneBy: entries.filter((columns) => columns[8] === seq).map(toUndoneEntry),
    settlements: entries.filter((columns) => columns[5] === 'settlement').map(toUndoneEntry),
    lots: lots.map(toKnownLot),
  };
}

interface StoredSlice {
  readonly amount: number;
  readonly money: number;
}

function toUndoneEntry([, , seq, attempt, atMs, kind, amount, slices]: FoundColumns): UndoneEntry {
  const stored = JSON.parse(slices) as StoredSlice[];
  return {
    seq,
    attempt,
    atMs: Number(atMs),
    kind,
    amount: BigInt(amount),
    slices: stored.map(
      (slice): Slice => ({ ...slice, amount: BigInt(slice.amount), money: BigInt(slice.money) }),
    ),
  };
}

function toKnownLot(columns: KnownLotColumns): KnownLot {
  const [, , lot, priority, expiresAtMs, remaining, remainingMoney, held, expiryNoted] = columns;
  return {
    lot: {
      lot,
      priority,
      expiresAtMs: expiresAtMs === null ? null : Number(expiresAtMs),
      remaining: BigInt(remaining),
      remainingMoney: BigInt(remainingMoney),
      held: BigInt(held),
      expiryNoted,
    },
    amount: BigInt(columns[9]),
    writtenOff: BigInt(columns[10]),
  };
}
