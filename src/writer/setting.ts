import type { Setting } from '../ledger/account.ts';
import type { LedgerSetting } from '../store/moment.ts';
import { monthOf } from '../time-zone.ts';

const DAY_MS = 24 * 3_600_000;

/** @returns what is kept of a ledger, in the rules' words. */
export function toSetting({
  timeZone,
  leastDays,
  mostDays,
}: Pick<LedgerSetting, 'timeZone' | 'leastDays' | 'mostDays'>): Setting {
  return {
    monthOf: (atMs) => monthOf(atMs, timeZone),
    returnedLife: { leastMs: leastDays * DAY_MS, mostMs: mostDays * DAY_MS },
  };
}
