import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RateCounters } from './rate-limit.ts';

const MINUTE = 60_000;

test('a steady caller never has more than its limit within any whole minute of the clock', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (gaps, limit) => {
        const counters = new RateCounters<string>();
        const passed = new Map<number, number>();
        let now = 1_700_000_000_000;
        for (const gap of gaps) {
          now += gap;
          const minute = Math.floor(now / MINUTE);
          if (counters.take('a', limit, now).allowed) passed.set(minute, (passed.get(minute) ?? 0) + 1);
        }
        for (const count of passed.values()) assert.ok(count <= limit);
      },
    ),
  );
});

test('the minute before counts in the part of it that is still within the window', () => {
  const counters = new RateCounters<string>();
  const start = 1_700_000_040_000;
  for (let i = 0; i < 100; i++) assert.ok(counters.take('a', 100, start + 59_000).allowed);
  assert.ok(!counters.take('a', 100, start + MINUTE).allowed);
  // Half a minute later half of the hundred has left the window.
  let passed = 0;
  while (counters.take('a', 100, start + MINUTE + 30_000).allowed) passed++;
  assert.equal(passed, 50);
});

test('Retry-After is kept: a caller that waits so long passes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 59_999 }), (limit, offset) => {
      const counters = new RateCounters<string>();
      const now = 1_700_000_040_000 + offset;
      for (let i = 0; i < limit; i++) counters.take('a', limit, now);
      const state = counters.take('a', limit, now);
      assert.equal(state.allowed, false);
      if (state.retryAfter > 1)
        assert.ok(!counters.peek('a', limit, now + (state.retryAfter - 2) * 1000).allowed);
      assert.ok(counters.peek('a', limit, now + state.retryAfter * 1000).allowed);
    }),
  );
});

test('a batch counts as many as it has members: it passes whole, or not at all', () => {
  const counters = new RateCounters<string>();
  const start = 1_700_000_040_000;
  assert.equal(counters.take('a', 100, start, 60).remaining, 40);
  const refused = counters.take('a', 100, start, 41);
  assert.deepEqual([refused.allowed, refused.remaining], [false, 40]);
  assert.ok(!counters.take('a', 100, start + (refused.retryAfter - 2) * 1000, 41).allowed);
  assert.ok(counters.take('a', 100, start + refused.retryAfter * 1000, 41).allowed);
  const larger = counters.take('b', 100, start, 101);
  assert.deepEqual([larger.allowed, larger.remaining], [false, 100]);
  assert.ok(larger.retryAfter >= 1);
});

test('each name has its own count, and what peek looks at it does not count', () => {
  const counters = new RateCounters<string>();
  const now = 1_700_000_000_000;
  for (let i = 0; i < 5; i++) assert.equal(counters.peek('a', 1, now).allowed, true);
  assert.equal(counters.take('a', 1, now).remaining, 0);
  const refused = counters.take('a', 1, now);
  assert.equal(refused.allowed, false);
  assert.equal(refused.resetAt, now / 1000 + refused.retryAfter);
  assert.equal(counters.take('b', 1, now).allowed, true);
  assert.equal(counters.take('b', 1, now).resetAt % 60, 0);
});
