import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { monthAt } from './audit-month.ts';

/** [time zone, an instant, the month's first instant, the next one's]. */
const MONTHS: readonly [string, string, string, string][] = [
  ['UTC', '2026-02-28T23:59:59.999Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['UTC', '2026-03-01T00:00:00.000Z', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'],
  ['Europe/Prague', '2026-03-31T21:59:59.999Z', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
  ['Europe/Prague', '2026-12-31T23:00:00.000Z', '2026-12-31T23:00:00Z', '2027-01-31T23:00:00Z'],
  ['Asia/Kathmandu', '2026-05-31T18:15:00.000Z', '2026-05-31T18:15:00Z', '2026-06-30T18:15:00Z'],
  // Clocks were put forward from 0:00 to 1:00 on the first of the month.
  ['America/Asuncion', '2017-10-15T00:00:00.000Z', '2017-10-01T04:00:00Z', '2017-11-01T03:00:00Z'],
];

describe("the audit's months", () => {
  for (const [timeZone, atMs, fromMs, toMs] of MONTHS) {
    it(`are those of ${timeZone} at ${atMs}`, () => {
      const { fromMs: from, toMs: to } = monthAt(timeZone, Date.parse(atMs));
      const found = [from, to].map((ms) => new Date(ms).toISOString());
      assert.deepEqual(
        found,
        [fromMs, toMs].map((text) => new Date(text).toISOString()),
      );
    });
  }

  it('follow each other without a gap in every time zone', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const instants = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2060, 0, 1) });
    fc.assert(
      fc.property(zones, instants, (timeZone, atMs) => {
        const { fromMs, toMs } = monthAt(timeZone, atMs);
        assert(fromMs <= atMs && atMs < toMs, `${atMs} is not in ${fromMs} to ${toMs}`);
        assert.deepEqual(monthAt(timeZone, fromMs), { fromMs, toMs });
        assert.equal(monthAt(timeZone, toMs).fromMs, toMs);
      }),
      { numRuns: 500 },
    );
  });

  it('are not known where there is no such time zone', () => {
    assert.throws(() => monthAt('Europe/Nowhere', 0), RangeError);
  });
});
