/** A month of some time zone, Unix milliseconds; the end is not part of it. */
export interface AuditedMonth {
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const digits = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'gregory', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...digits,
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** @returns what clocks there show at this instant, read as if it were UTC, Unix milliseconds. */
function localMs(format: Intl.DateTimeFormat, atMs: number): number {
  const shown: Partial<Record<string, number>> = {};
  for (const { type, value } of format.formatToParts(atMs)) shown[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** @returns the first instant at which calendars there show this month or a later one. */
function startOf(format: Intl.DateTimeFormat, year: number, month: number): number {
  const asUtcMs = Date.UTC(year, month, 1);
  // Clocks may be changed right at the beginning of a month, so what they show a day before and after counts.
  const starts = [asUtcMs - DAY_MS, asUtcMs + DAY_MS].map(
    (nearMs) => asUtcMs - (localMs(format, nearMs) - nearMs),
  );
  return Math.min(...starts.filter((startMs) => localMs(format, startMs) >= asUtcMs));
}

/**
 * @param timeZone its IANA name.
 * @returns the month in which calendars there are at this instant.
 * @throws RangeError when there is no such time zone.
 */
export function monthAt(timeZone: string, atMs: number): AuditedMonth {
  const format = formatOf(timeZone);
  const local = new Date(localMs(format, atMs));
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth()];
  return { fromMs: startOf(format, year, month), toMs: startOf(format, year, month + 1) };
}
