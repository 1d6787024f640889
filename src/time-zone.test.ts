import assert from 'node:assert/strict';
import test from 'node:test';
import { monthOf } from './time-zone.ts';

const iso = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
  [fromMs, toMs].map((ms) => new Date(ms).toISOString());

test("a month begins and ends at the zone's midnight, also across a change of its clocks", () => {
  const march = ['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'];
  assert.deepEqual(iso(monthOf(Date.UTC(2026, 2, 15), 'Europe/Prague')), march);
  assert.deepEqual(iso(monthOf(Date.parse('2026-02-28T23:00:00Z'), 'Europe/Prague')), march);
  assert.deepEqual(iso(monthOf(Date.parse('2026-03-31T21:59:59.999Z'), 'Europe/Prague')), march);
  const april = ['2026-03-31T22:00:00.000Z', '2026-04-30T22:00:00.000Z'];
  assert.deepEqual(iso(monthOf(Date.parse('2026-03-31T22:00:00Z'), 'Europe/Prague')), april);
});

test('a year ends where the zone says, and zones do not mix', () => {
  const at = Date.parse('2026-12-31T12:00:00Z');
  assert.deepEqual(iso(monthOf(at, 'UTC')), ['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
  assert.deepEqual(iso(monthOf(at, 'Pacific/Auckland')), [
    '2026-12-31T11:00:00.000Z',
    '2027-01-31T11:00:00.000Z',
  ]);
});
