import type { AccountState, Month } from '../ledger/account.ts';
import { numberArray } from '../store/array-parameter.ts';
import type { Transaction } from '../store/database.ts';
import { readOpenDebts } from '../store/debt-rows.ts';

/** An account as a decision sees it, and what else the decision depends on. */
export interface ReadAccount {
  readonly state: AccountState;
  /** The ledger's present time, Unix milliseconds. */
  readonly clockMs: number;
  readonly monthOf: (atMs: number) => Month;
  readonly ledgerId: number;
}

// TODO(writer): holds, limits and the organisation's months; this reads what spends depend on.
/** Reads one account whole in a snapshot, without a lock. */
export async function readAccount(
  tx: Transaction,
  accountId: number,
  clockOffsetMs: number,
): Promise<ReadAccount | undefined> {
  const { rows } = await tx.query<Record<string, string | number | boolean | null>>({
    name: 'read-account-whole',
    text: `
      SELECT a.*, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + g.clock_offset_ms AS clock_ms
      FROM accounts a JOIN ledgers g ON g.ledger_id = a.ledger_id WHERE account_id = $1`,
    values: [accountId],
  });
  const [row] = rows;
  if (!row) return undefined;
  const { rows: lots } = await tx.query<Record<string, string | number | null>>({
    name: 'read-account-lots',
    text: `
      SELECT lot, priority, expires_at_ms, remaining, remaining_money, held, expiry_noted
      FROM current_lots WHERE account_id = $1 AND remaining > 0`,
    values: [accountId],
  });
  const debts = await readOpenDebts(tx, numberArray([accountId]));
  const micro = (value: unknown) => BigInt(String(value));
  const ms = (value: unknown) => (value === null ? null : Number(value));
  return {
    ledgerId: Number(row.ledger_id),
    clockMs: Number(row.clock_ms) + clockOffsetMs,
    monthOf: (atMs) => {
      const at = new Date(atMs);
      const from = (months: number) => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1);
      return { fromMs: from(0), toMs: from(1) };
    },
    state: {
      account: {
        accountId,
        version: Number(row.version),
        lastSeq: Number(row.last_seq),
        lastAtMs: Number(row.last_at_ms),
        lastLot: Number(row.last_lot),
        lastHold: Number(row.last_hold),
        balance: micro(row.balance),
        balanceMoney: micro(row.balance_money),
        held: micro(row.held),
        debt: micro(row.debt),
        debtLimit: micro(row.debt_limit),
        banned: row.banned === true,
      },
      lots: lots.map((lot) => ({
        lot: Number(lot.lot),
        priority: Number(lot.priority),
        expiresAtMs: ms(lot.expires_at_ms),
        remaining: micro(lot.remaining),
        remainingMoney: micro(lot.remaining_money),
        held: micro(lot.held),
        expiryNoted: true,
      })),
      debts: debts.map(({ debt }) => debt),
      holds: [],
      unreadHolds: true,
      holdDueMs: ms(row.hold_due_ms),
    },
  };
}
