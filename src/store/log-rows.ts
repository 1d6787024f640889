import type { PublicName } from '../ids.ts';
import type { EntryKind, Order } from '../ledger/account.ts';
import type { Queryable } from './database.ts';

/** The figures of an account that answers show, in millionths. */
export interface AccountFigures {
  readonly ledgerId: number;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  readonly debtLimit: bigint;
  readonly banned: boolean;
  /** Whether something, credit or a hold, has fallen due that is not booked. */
  readonly somethingIsDue: boolean;
  /** The ledger's present time, Unix milliseconds. */
  readonly clockMs: number;
}

/** The time of the ledger of account $1, in milliseconds; $2 comes on top of the ledger's own offset. */
const LEDGER_CLOCK = `
  (extract(epoch FROM clock_timestamp()) * 1000 + $2::bigint
    + (SELECT g.clock_offset_ms FROM ledgers g JOIN accounts o ON o.ledger_id = g.ledger_id WHERE o.account_id = $1))`;

/** @param clockOffsetMs what all ledgers' clocks are ahead, on top of what each is by itself. */
export async function readFigures(
  queryable: Queryable,
  accountId: number,
  clockOffsetMs: number,
): Promise<AccountFigures | undefined> {
  type Texts = 'balance' | 'balanceMoney' | 'held' | 'debt' | 'debtLimit' | 'ledgerId' | 'clockMs';
  const { rows } = await queryable.query<Omit<AccountFigures, Texts> & Record<Texts, string>>({
    name: 'read-figures',
    text: `
      SELECT ledger_id AS "ledgerId", balance, balance_money AS "balanceMoney", held, debt,
        debt_limit AS "debtLimit", banned,
        floor(${LEDGER_CLOCK})::bigint AS "clockMs",
        coalesce(least(next_due_ms, hold_due_ms) <= ${LEDGER_CLOCK}, false) AS "somethingIsDue"
      FROM accounts WHERE account_id = $1`,
    values: [accountId, clockOffsetMs],
  });
  const [row] = rows;
  return (
    row && {
      ledgerId: Number(row.ledgerId),
      balance: BigInt(row.balance),
      balanceMoney: BigInt(row.balanceMoney),
      held: BigInt(row.held),
      debt: BigInt(row.debt),
      debtLimit: BigInt(row.debtLimit),
      banned: row.banned,
      somethingIsDue: row.somethingIsDue,
      clockMs: Number(row.clockMs),
    }
  );
}

/** One entry as the log shows it, with what became of the credit that it brought. Amounts in millionths. */
export interface LogRow extends PublicName {
  readonly atMs: number;
  readonly kind: EntryKind;
  readonly amount: bigint;
  readonly amountMoney: bigint;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly description: string | null;
  readonly order: Order | undefined;
  readonly expiry: LotExpiry | undefined;
  /** The hold of a capture; what a refund or a void undoes. */
  readonly related: PublicName | undefined;
  /** The customer's address, of a capture that of its hold; once it is old its network. For operators. */
  readonly ip: string | null;
}

/** What became of a lot that expires. */
export interface LotExpiry {
  readonly expiresAtMs: number;
  readonly isDue: boolean;
  /** What open holds pin included. */
  readonly remaining: bigint;
  readonly writtenOff: bigint;
  readonly writtenOffAtMs: number | null;
}

interface ExpiryColumns {
  readonly expiresAtMs: string | null;
  readonly isDue: boolean;
  readonly remaining: string;
  readonly writtenOff: string;
  readonly writtenOffAtMs: string | null;
}

interface LogColumns extends ExpiryColumns {
  readonly seq: number;
  readonly attempt: number;
  readonly atMs: string;
  readonly kind: EntryKind;
  readonly amount: string;
  readonly amountMoney: string;
  readonly balance: string;
  readonly balanceMoney: string;
  readonly description: string | null;
  readonly orderNumber: string | null;
  readonly orderHash: string | null;
  readonly orderGroup: string | null;
  readonly hold: number | null;
  readonly holdAttempt: number | null;
  readonly undoes: number | null;
  readonly undoneAttempt: number | null;
  readonly ip: string | null;
}

const EXPIRY_COLUMNS = `
  l.expires_at_ms AS "expiresAtMs", l.remaining, l.written_off AS "writtenOff",
  l.written_off_at_ms AS "writtenOffAtMs", coalesce(l.expires_at_ms <= ${LEDGER_CLOCK}, false) AS "isDue"`;

/** The address of a capture is that of its hold, from which all its credit comes. */
export const ADDRESS_OF_ENTRY = `
  coalesce(e.ip, CASE WHEN e.hold IS NOT NULL THEN
    (SELECT h.ip FROM holds h WHERE h.account_id = e.account_id AND h.hold = e.hold) END) AS ip`;

// What another row says of the hold or the undone entry is looked up row by row: as a join it could become a scan
// of all that the account ever did.
const LOG_COLUMNS = `
  e.seq, e.attempt, e.at_ms AS "atMs", e.kind, e.amount, e.amount_money AS "amountMoney",
  e.balance, e.balance_money AS "balanceMoney", e.description,
  e.order_number AS "orderNumber", e.order_hash AS "orderHash", e.order_group AS "orderGroup",
  ${ADDRESS_OF_ENTRY}, e.hold,
  CASE WHEN e.hold IS NOT NULL THEN
    (SELECT h.attempt FROM holds h WHERE h.account_id = e.account_id AND h.hold = e.hold) END AS "holdAttempt",
  e.undoes,
  CASE WHEN e.undoes IS NOT NULL THEN
    (SELECT u.attempt FROM entries u WHERE u.account_id = e.account_id AND u.seq = e.undoes) END AS "undoneAttempt",
  ${EXPIRY_COLUMNS}`;

// A grant and a positive adjustment open one lot with their one slice; refunds are looked at apart.
const ENTRY_COLUMNS = `
  account_id, seq, attempt, at_ms, kind, amount, amount_money, balance, balance_money, description,
  order_number, order_hash, order_group, ip, hold, undoes,
  CASE WHEN kind <> 'refund' AND slices->0 ? 'opens' THEN (slices->0->>'lot')::integer END AS opened_lot`;

/** @param which entries of account $1; a page is cut out before anything is looked up for its rows. */
function logQuery(which: string, order: 'ASC' | 'DESC'): string {
  return `
    SELECT ${LOG_COLUMNS}
    FROM (SELECT ${ENTRY_COLUMNS} FROM entries WHERE account_id = $1 AND ${which}) AS e
    LEFT JOIN current_lots l ON l.account_id = e.account_id AND l.lot = e.opened_lot
    ORDER BY e.seq ${order}`;
}

const READ_LOG = logQuery('seq < $3 ORDER BY seq DESC LIMIT $4', 'DESC');
const READ_LOG_ROW = logQuery('seq = $3 AND attempt = $4', 'ASC');
const READ_LOG_ROWS_OF = logQuery('seq = ANY($3::integer[])', 'ASC');

function toLogRow(accountId: number, row: LogColumns): LogRow {
  const { orderNumber, orderHash, orderGroup } = row;
  return {
    accountId,
    seq: row.seq,
    attempt: row.attempt,
    atMs: Number(row.atMs),
    kind: row.kind,
    amount: BigInt(row.amount),
    amountMoney: BigInt(row.amountMoney),
    balance: BigInt(row.balance),
    balanceMoney: BigInt(row.balanceMoney),
    description: row.description,
    order:
      orderNumber === null
        ? undefined
        : { orderNumber, hash: orderHash ?? undefined, groupName: orderGroup ?? undefined },
    expiry: toExpiry(row),
    related: toRelated(accountId, row),
    ip: row.ip,
  };
}

function toRelated(
  accountId: number,
  { hold, holdAttempt, undoes, undoneAttempt }: LogColumns,
): PublicName | undefined {
  if (hold !== null) return { accountId, seq: hold, attempt: holdAttempt ?? 0, isHold: true };
  return undoes === null ? undefined : { accountId, seq: undoes, attempt: undoneAttempt ?? 0 };
}

function toExpiry(row: ExpiryColumns): LotExpiry | undefined {
  const { expiresAtMs, isDue, remaining, writtenOff, writtenOffAtMs } = row;
  if (expiresAtMs === null) return undefined;
  return {
    expiresAtMs: Number(expiresAtMs),
    isDue,
    remaining: BigInt(remaining),
    writtenOff: BigInt(writtenOff),
    writtenOffAtMs: writtenOffAtMs === null ? null : Number(writtenOffAtMs),
  };
}

/**
 * Gives refunds that opened lots their expiry. One may have opened several: it tells of the one that expires next,
 * and once all are over, of the last.
 */
async function withRefundExpiries(
  queryable: Queryable,
  accountId: number,
  clockOffsetMs: number,
  rows: LogRow[],
): Promise<LogRow[]> {
  const refunds = rows.filter(({ kind }) => kind === 'refund');
  if (refunds.length === 0) return rows;
  const { rows: found } = await queryable.query<ExpiryColumns & { readonly seq: number }>({
    name: 'read-refund-expiries',
    text: `
      SELECT DISTINCT ON (seq) * FROM (
        SELECT e.seq, ${EXPIRY_COLUMNS}
        FROM entries e CROSS JOIN LATERAL jsonb_array_elements(e.slices) AS slice
        JOIN current_lots l ON l.account_id = e.account_id AND l.lot = (slice->>'lot')::integer
        WHERE e.account_id = $1 AND e.seq = ANY($3::integer[]) AND slice ? 'opens'
      ) AS opened
      ORDER BY seq, ("isDue" AND remaining = 0),
        CASE WHEN "isDue" AND remaining = 0 THEN -"expiresAtMs" ELSE "expiresAtMs" END`,
    values: [accountId, clockOffsetMs, refunds.map(({ seq }) => seq)],
  });
  const expiries = new Map(found.map((row) => [row.seq, toExpiry(row)]));
  return rows.map((row) => (expiries.has(row.seq) ? { ...row, expiry: expiries.get(row.seq) } : row));
}

/** Reads up to `limit` entries below `beforeSeq`, newest first. */
export async function readLogRows(
  queryable: Queryable,
  accountId: number,
  clockOffsetMs: number,
  beforeSeq: number,
  limit: number,
): Promise<LogRow[]> {
  const { rows } = await queryable.query<LogColumns>({
    name: 'read-log',
    text: READ_LOG,
    values: [accountId, clockOffsetMs, beforeSeq, limit],
  });
  const log = rows.map((row) => toLogRow(accountId, row));
  return withRefundExpiries(queryable, accountId, clockOffsetMs, log);
}

/** Reads the entry of this name; another attempt's under the same seq is not it. */
export async function readLogRow(
  queryable: Queryable,
  { accountId, seq, attempt }: PublicName,
  clockOffsetMs: number,
): Promise<LogRow | undefined> {
  const { rows } = await queryable.query<LogColumns>({
    name: 'read-log-row',
    text: READ_LOG_ROW,
    values: [accountId, clockOffsetMs, seq, attempt],
  });
  const log = rows.map((row) => toLogRow(accountId, row));
  const [row] = await withRefundExpiries(queryable, accountId, clockOffsetMs, log);
  return row;
}

/** Reads the entries of these seqs, oldest first. */
export async function readLogRowsOf(
  queryable: Queryable,
  accountId: number,
  clockOffsetMs: number,
  seqs: readonly number[],
): Promise<LogRow[]> {
  const { rows } = await queryable.query<LogColumns>({
    name: 'read-log-rows-of',
    text: READ_LOG_ROWS_OF,
    values: [accountId, clockOffsetMs, seqs],
  });
  const log = rows.map((row) => toLogRow(accountId, row));
  return withRefundExpiries(queryable, accountId, clockOffsetMs, log);
}
