import type { Month } from './ledger/account.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Later years have more than four digits, which few programs read. */
export const LAST_INSTANT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const formats = new Map<string, Intl.DateTimeFormat>();

/** @returns midnight in UTC of the date that a clock in this zone shows, Unix milliseconds. */
function localDay(atMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day);
}

/**
 * @param dayMs midnight of the day in UTC.
 * @returns the first instant of the next day in that zone. Found by halving, since clocks that change at
 *   midnight have days that begin at 01:00 and local times that come twice.
 */
export function endOfDay(dayMs: number, timeZone: string): number {
  let before = dayMs - DAY_MS;
  let after = dayMs + 60 * HOUR_MS;
  while (after - before > 1_000) {
    const middle = Math.floor((before + after) / 2_000) * 1_000;
    if (localDay(middle, timeZone) > dayMs) after = middle;
    else before = middle;
  }
  return Math.min(after, LAST_INSTANT_MS);
}

const lastMonths = new Map<string, Month>();

/** @returns the month that an instant lies in, in that zone; asked for the same month again, it costs a look-up. */
export function monthOf(atMs: number, timeZone: string): Month {
  const last = lastMonths.get(timeZone);
  if (last && last.fromMs <= atMs && atMs < last.toMs) return last;
  const day = new Date(localDay(atMs, timeZone));
  const firstDay = (months: number) => Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + months, 1);
  const month = {
    fromMs: endOfDay(firstDay(0) - DAY_MS, timeZone),
    toMs: endOfDay(firstDay(1) - DAY_MS, timeZone),
  };
  lastMonths.set(timeZone, month);
  return month;
}
