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
  /** Whether something has fallen due that is not booked. */
  readonly somethingIsDue: boolean;
}

/** @param clockOffsetMs what the ledger's clock is ahead of the database's. */
export async function readFigures(
  queryable: Queryable,
  accountId: number,
  clockOffsetMs: number,
): Promise<AccountFigures | undefined> {
  type Texts = 'balance' | 'balanceMoney' | 'held' | 'debt' | 'debtLimit' | 'ledgerId';
  const { rows } = await queryable.query<Omit<AccountFigures, Texts> & Record<Texts, string>>({
    name: 'read-figures',
    text: `
      SELECT ledger_id AS "ledgerId", balance, balance_money AS "balanceMoney", held, debt,
        debt_limit AS "debtLimit", banned,
        coalesce(next_due_ms <= extract(epoch FROM clock_timestamp()) * 1000 + $2::bigint, false)
          AS "somethingIsDue"
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
    }
  );
}

/** One entry as the log shows it, with what became of the lot that it opened. Amounts in millionths. */
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
}

/** What became of a lot that expires. */
export interface LotExpiry {
  readonly expiresAtMs: number;
  readonly isDue: boolean;
  readonly remaining: bigint;
  readonly writtenOff: bigint;
  readonly writtenOffAtMs: number | null;
}

interface LogColumns {
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
  readonly expiresAtMs: string | null;
  readonly isDue: boolean;
  readonly remaining: string;
  readonly writtenOff: string;
  readonly writtenOffAtMs: string | null;
}

// Only the first slice of an entry can open a lot, and only grants and positive adjustments have one that does.
const LOG_COLUMNS = `
  e.seq, e.attempt, e.at_ms AS "atMs", e.kind, e.amount, e.amount_money AS "amountMoney",
  e.balance, e.balance_money AS "balanceMoney", e.description,
  e.order_number AS "orderNumber", e.order_hash AS "orderHash", e.order_group AS "orderGroup",
  l.expires_at_ms AS "expiresAtMs", l.remaining, l.written_off AS "writtenOff",
  l.written_off_at_ms AS "writtenOffAtMs",
  coalesce(l.expires_at_ms <= extract(epoch FROM clock_timestamp()) * 1000 + $2::bigint, false) AS "isDue"`;
const LOG_TABLES = `
  entries e LEFT JOIN current_lots l ON l.account_id = e.account_id
    AND l.lot = CASE WHEN e.slices->0 ? 'opens' THEN (e.slices->0->>'lot')::integer END`;

function toLogRow(accountId: number, row: LogColumns): LogRow {
  const { orderNumber, orderHash, orderGroup, expiresAtMs, isDue, writtenOffAtMs } = row;
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
    expiry:
      expiresAtMs === null
        ? undefined
        : {
            expiresAtMs: Number(expiresAtMs),
            isDue,
            remaining: BigInt(row.remaining),
            writtenOff: BigInt(row.writtenOff),
            writtenOffAtMs: writtenOffAtMs === null ? null : Number(writtenOffAtMs),
          },
  };
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
    text: `
      SELECT ${LOG_COLUMNS} FROM ${LOG_TABLES}
      WHERE e.account_id = $1 AND e.seq < $3 ORDER BY e.seq DESC LIMIT $4`,
    values: [accountId, clockOffsetMs, beforeSeq, limit],
  });
  return rows.map((row) => toLogRow(accountId, row));
}

/** Reads the entry of this name; another attempt's under the same seq is not it. */
export async function readLogRow(
  queryable: Queryable,
  { accountId, seq, attempt }: PublicName,
  clockOffsetMs: number,
): Promise<LogRow | undefined> {
  const { rows } = await queryable.query<LogColumns>({
    name: 'read-log-row',
    text: `
      SELECT ${LOG_COLUMNS} FROM ${LOG_TABLES}
      WHERE e.account_id = $1 AND e.seq = $3 AND e.attempt = $4`,
    values: [accountId, clockOffsetMs, seq, attempt],
  });
  const [row] = rows;
  return row && toLogRow(accountId, row);
}
