import { validationFailed } from '../refusals.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { endOfDay, LAST_INSTANT_MS } from '../time-zone.ts';
import type { Caller, Services } from './services.ts';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)$/;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The first instant of the year 1: those before have no year of four digits. */
const FIRST_INSTANT_MS = -62_135_596_800_000;

/**
 * Reads an expirationDate: an instant with an offset, or a bare date, which means good through that day in the
 * organisation's time zone. Whether it is in the past is judged by the ledger's clock, later.
 *
 * @returns Unix milliseconds, or null where there is none.
 * @throws Refusal INTERNAL_VALIDATION_FAILED
 */
export async function readExpirationDate(
  { database }: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  text: string | undefined,
): Promise<number | null> {
  if (text === undefined) return null;
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  const day = parseDay(text);
  if (day === undefined) {
    const message = 'must be a date like 2030-12-31 or an instant with an offset like 2030-12-31T23:59:59Z';
    throw validationFailed([{ pointer: '/expirationDate', message }]);
  }
  const organisation = await findOrganisationOfLedger(database.pool, ledgerId);
  return endOfDay(day, organisation?.timeZone ?? 'UTC');
}

/** @returns Unix milliseconds of an instant with an offset, or undefined for anything else, impossible ones included. */
export function parseInstant(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (!match) return undefined;
  const [, date = '', hour, minute, second = '00', fraction = '', offset = 'Z'] = match;
  const dayMs = parseDay(date);
  if (dayMs === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return undefined;
  const offsetMs = parseOffset(offset);
  if (offsetMs === undefined) return undefined;
  const timeMs = Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS + Number(second) * 1_000;
  const instantMs = dayMs + timeMs + Number(fraction.padEnd(3, '0').slice(0, 3)) - offsetMs;
  return instantMs >= FIRST_INSTANT_MS && instantMs <= LAST_INSTANT_MS ? instantMs : undefined;
}

function parseOffset(offset: string): number | undefined {
  if (offset === 'Z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(4));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

/** @returns Unix milliseconds of the date's midnight in UTC, or undefined for a day that no calendar has. */
export function parseDay(text: string): number | undefined {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [, year, month, day] = match.map(Number);
  const midnight = new Date(0);
  midnight.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  return midnight.toISOString().startsWith(text) ? midnight.getTime() : undefined;
}
