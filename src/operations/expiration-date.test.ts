import assert from 'node:assert';
import { test } from 'node:test';
import { endOfDay } from '../time-zone.ts';
import { parseInstant } from './expiration-date.ts';

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

test('an instant needs an offset and a day that the calendar has', () => {
  assert.strictEqual(iso(parseInstant('2030-12-31T23:59:59Z')), '2030-12-31T23:59:59.000Z');
  assert.strictEqual(iso(parseInstant('2030-12-31T23:59:59.1239+02:00')), '2030-12-31T21:59:59.123Z');
  assert.strictEqual(iso(parseInstant('2028-02-29T00:00-05:30')), '2028-02-29T05:30:00.000Z');
  for (const text of [
    '2030-12-31T23:59:59',
    '2030-02-29T00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-12-31T24:00:00Z',
    '2030-12-31T23:60:00Z',
    '2030-12-31 23:59:59Z',
    '2030-12-31T23:59:59+25:00',
    '31.12.2030',
    '',
  ]) {
    assert.strictEqual(parseInstant(text), undefined, text);
  }
});

test('a bare date is good through that day where the organisation is', () => {
  const day = Date.UTC(2030, 11, 31);
  assert.strictEqual(iso(endOfDay(day, 'UTC')), '2031-01-01T00:00:00.000Z');
  assert.strictEqual(iso(endOfDay(day, 'Europe/Prague')), '2030-12-31T23:00:00.000Z');
  assert.strictEqual(iso(endOfDay(day, 'Pacific/Kiritimati')), '2030-12-31T10:00:00.000Z');
  assert.strictEqual(iso(endOfDay(day, 'Pacific/Honolulu')), '2031-01-01T10:00:00.000Z');
});

test('the day that people write for never is one that every program can read', () => {
  const never = Date.UTC(9999, 11, 31);
  for (const zone of ['UTC', 'Pacific/Honolulu']) {
    assert.strictEqual(iso(endOfDay(never, zone)), '9999-12-31T23:59:59.999Z');
  }
  assert.strictEqual(iso(endOfDay(never, 'Pacific/Kiritimati')), '9999-12-31T10:00:00.000Z');
  assert.strictEqual(parseInstant('9999-12-31T23:59:59-01:00'), undefined);
});

test('a day is as long as its clocks make it', () => {
  // Prague leaves summer time on 27 October 2030; Beirut began its days of change at one o'clock in 2022.
  assert.strictEqual(iso(endOfDay(Date.UTC(2030, 9, 26), 'Europe/Prague')), '2030-10-26T22:00:00.000Z');
  assert.strictEqual(iso(endOfDay(Date.UTC(2030, 9, 27), 'Europe/Prague')), '2030-10-27T23:00:00.000Z');
  assert.strictEqual(iso(endOfDay(Date.UTC(2022, 2, 26), 'Asia/Beirut')), '2022-03-26T22:00:00.000Z');
});
