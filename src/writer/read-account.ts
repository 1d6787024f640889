import type { AccountState, Setting } from '../ledger/account.ts';
import { readAccountRow } from '../store/account-rows.ts';
import { numberArray } from '../store/array-parameter.ts';
import type { Transaction } from '../store/database.ts';
import { readOpenDebts } from '../store/debt-rows.ts';
import { readOpenHolds } from '../store/hold-rows.ts';
import { LIMITS_AS_JSON, parseLimits } from '../store/limit-rows.ts';
import { readAllLots } from '../store/lot-rows.ts';
import { withCursor } from './read-batch.ts';
import { toSetting } from './setting.ts';

/** An account as a decision sees it, and what else the decision depends on. */
export interface ReadAccount {
  readonly state: AccountState;
  /** The ledger's present time, Unix milliseconds. */
  readonly clockMs: number;
  readonly setting: Setting;
  readonly ledgerId: number;
}

interface SettingRow {
  readonly ledgerId: string;
  readonly clockMs: string;
  readonly timeZone: string;
  readonly leastDays: number;
  readonly mostDays: number;
  readonly limits: string | null;
}

/**
 * Reads one account whole in a snapshot, without a lock: what a decision on it would come to now, for those who only
 * want to know.
 *
 * @param clockOffsetMs what the clock is ahead of the database's, beside what the ledger says of its own.
 */
export async function readAccount(
  tx: Transaction,
  accountId: number,
  clockOffsetMs: number,
): Promise<ReadAccount | undefined> {
  const row = await readAccountRow(tx, accountId);
  const { rows } = await tx.query<SettingRow>({
    name: 'read-account-setting',
    text: `
      SELECT a.ledger_id AS "ledgerId", o.time_zone AS "timeZone",
        o.returned_life_least_days AS "leastDays", o.returned_life_most_days AS "mostDays",
        floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + l.clock_offset_ms AS "clockMs",
        (SELECT json_agg(${LIMITS_AS_JSON}) FROM account_limits WHERE account_id = $1)::text AS limits
      FROM accounts a
      JOIN ledgers l ON l.ledger_id = a.ledger_id
      JOIN organisations o ON o.organisation_id = l.organisation_id
      WHERE a.account_id = $1`,
    values: [accountId],
  });
  const [setting] = rows;
  if (!row || !setting) return undefined;
  const ids = numberArray([accountId]);
  const lots = await readAllLots(tx, ids);
  const debts = await readOpenDebts(tx, ids);
  const holds = await readOpenHolds(tx, ids);
  return {
    ledgerId: Number(setting.ledgerId),
    clockMs: Number(setting.clockMs) + clockOffsetMs,
    setting: toSetting(setting),
    state: {
      account: row.account,
      lots: withCursor(lots, row.cursor),
      debts: debts.map(({ debt }) => debt),
      holds: holds.map(({ hold }) => hold),
      holdDueMs: row.holdDueMs,
      limits: parseLimits(setting.limits)[0]?.limits,
    },
  };
}
