/** @returns the first instant of the month that holds this one in a time zone, and that of the month after. */
export function monthAround(timeZone: string, instant: number): readonly [from: number, to: number] {
  const local = new Date(instant + aheadOfUtc(timeZone, instant));
  const year = local.getUTCFullYear();
  const month = local.getUTCMonth();
  return [firstOf(timeZone, year, month), firstOf(timeZone, year, month + 1)];
}

const known = new Map<string, number>();

function firstOf(timeZone: string, year: number, month: number): number {
  const name = `${timeZone} ${year} ${month}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  const midnight = Date.UTC(year, month, 1);
  // Near midnight of the first the zone is as far ahead as at midnight itself: clocks change at other hours.
  const first = midnight - aheadOfUtc(timeZone, midnight - aheadOfUtc(timeZone, midnight));
  known.set(name, first);
  return first;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function aheadOfUtc(timeZone: string, instant: number): number {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
    const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
    format = new Intl.DateTimeFormat('en', { timeZone, ...numeric, ...time });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}
