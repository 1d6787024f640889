import assert from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { Latest } from './latest.ts';

test('what was used lately is remembered as it was set last, and never more than the limit', () => {
  const steps = fc.array(fc.record({ key: fc.nat(15), isSet: fc.boolean() }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 2, max: 12 }), (used, limit) => {
      const latest = new Latest<number, number>(limit);
      const truth = new Map<number, number>();
      used.forEach(({ key, isSet }, i) => {
        if (isSet) {
          latest.set(key, i);
          truth.set(key, i);
        } else if (latest.get(key) === undefined) truth.delete(key);
      });
      const recent = [...new Set(used.map(({ key }) => key).reverse())].slice(0, Math.floor(limit / 2));
      for (const key of recent) assert.strictEqual(latest.get(key), truth.get(key));
    }),
  );
  const latest = new Latest<number, number>(10);
  for (let key = 0; key < 1_000; key++) latest.set(key, key);
  const kept = Array.from({ length: 1_000 }, (_, key) => key).filter((key) => latest.get(key) !== undefined);
  assert.ok(kept.length <= 10 && kept.length >= 5, `${kept.length} are remembered`);
});
