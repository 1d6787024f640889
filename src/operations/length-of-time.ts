const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];
const part = (unit: string) => `(?:(\\d{1,9})\\s*${unit}\\s*)?`;
// Blanks stand inside the parts alone: between parts that may all be missing they could be shared out in too many ways.
const LENGTH = new RegExp(`^${['w', 'd', 'h', 'm', 's'].map(part).join('')}$`);
const LONGEST_TEXT = 50;
/** Longer than anything lasts, yet short enough to be added to an instant. */
const LONGEST_MS = 1_000 * 366 * 86_400_000;

/**
 * Reads a length of time: weeks, days, hours, minutes and seconds, each at most once and in this order, such as
 * 30d, 90m, 1d12h or 3h 20m. A bare 0 is none at all.
 *
 * @returns milliseconds, or undefined where the text is no length of time, or one of more than a thousand years.
 */
export function parseLengthOfTime(text: string): number | undefined {
  if (text === '0') return 0;
  const written = text.trim();
  if (written === '' || text.length > LONGEST_TEXT) return undefined;
  const match = LENGTH.exec(written);
  if (!match) return undefined;
  const lengthMs = UNITS_MS.reduce((sum, unitMs, i) => sum + Number(match[i + 1] ?? 0) * unitMs, 0);
  return lengthMs <= LONGEST_MS ? lengthMs : undefined;
}
