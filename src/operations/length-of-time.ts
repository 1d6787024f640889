const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];
const LENGTH = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/**
 * Reads a length of time: weeks, days, hours, minutes and seconds, each at most once and in this order, such as
 * 30d, 90m or 1d12h. A bare 0 is none at all.
 *
 * @returns milliseconds, or undefined where the text is no length of time.
 */
export function parseLengthOfTime(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : LENGTH.exec(text);
  if (!match) return undefined;
  return UNITS_MS.reduce((sum, unitMs, i) => sum + Number(match[i + 1] ?? 0) * unitMs, 0);
}
