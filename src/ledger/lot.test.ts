import assert from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BurnPosition, burnsBefore, isDue, takeFrom } from './lot.ts';

const position: fc.Arbitrary<BurnPosition> = fc.record({
  priority: fc.integer({ min: 0, max: 3 }),
  expiresAtMs: fc.option(fc.integer({ min: 1, max: 3 })),
  lot: fc.integer({ min: 1, max: 5 }),
});

test('the burn order is total: of two different lots exactly one burns first', () => {
  fc.assert(
    fc.property(position, position, (a, b) => {
      const same = a.lot === b.lot && a.priority === b.priority && a.expiresAtMs === b.expiresAtMs;
      assert.strictEqual(Number(burnsBefore(a, b)) + Number(burnsBefore(b, a)), same ? 0 : 1);
    }),
  );
});

test('the burn order has no circles', () => {
  fc.assert(
    fc.property(position, position, position, (a, b, c) => {
      if (burnsBefore(a, b) && burnsBefore(b, c)) assert.ok(burnsBefore(a, c));
    }),
  );
});

test('priority goes before expiry, expiry before the order of opening, never comes last', () => {
  const of = (priority: number, expiresAtMs: number | null, lot: number) => ({ priority, expiresAtMs, lot });
  const inOrder = [of(0, null, 9), of(50, 1, 8), of(50, 2, 3), of(50, 2, 4), of(50, null, 1), of(51, 1, 2)];
  for (const [i, earlier] of inOrder.entries()) {
    for (const later of inOrder.slice(i + 1)) assert.ok(burnsBefore(earlier, later));
  }
});

test('a lot is due at its very instant', () => {
  const lot = { priority: 50, expiresAtMs: 1000, lot: 1 };
  assert.deepStrictEqual(
    [999, 1000, 1001].map((now) => isDue(lot, now)),
    [false, true, true],
  );
  assert.ok(!isDue({ ...lot, expiresAtMs: null }, 1e15));
});

test('money goes with the credit, and the slice that empties the lot takes the rest of it', () => {
  const lot = {
    priority: 50,
    expiresAtMs: null,
    lot: 1,
    remaining: 3n,
    remainingMoney: 10n,
    held: 0n,
    expiryNoted: false,
  };
  assert.strictEqual(takeFrom(lot, 1n), 3n);
  assert.strictEqual(takeFrom(lot, 1n), 4n);
  assert.strictEqual(takeFrom(lot, 1n), 3n);
  assert.deepStrictEqual([lot.remaining, lot.remainingMoney], [0n, 0n]);
});
