import assert from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromMicro, isTooLarge, MAX_TOTAL, proportion, toMicro } from './amount.ts';

const total = fc.bigInt({ min: -MAX_TOTAL, max: MAX_TOTAL });

test('every total that can be kept passes through a JSON number unchanged', () => {
  fc.assert(
    fc.property(total, (micro) => {
      const text = JSON.stringify(fromMicro(micro));
      const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text) ?? [];
      // The smallest amounts are written with an exponent; a double carries them all the same.
      if (whole === '') return assert.strictEqual(Math.round(Number(text) * 1e6), Number(micro));
      return assert.strictEqual(BigInt(`${sign}${whole}${fraction.padEnd(6, '0')}`), micro);
    }),
  );
});

test('an amount of at most six places is read exactly, one with a seventh is refused', () => {
  const limit = 1_000_000_000_000_000n;
  fc.assert(
    fc.property(fc.bigInt({ min: -limit, max: limit }), fc.integer({ min: 1, max: 9 }), (micro, digit) => {
      assert.strictEqual(toMicro(fromMicro(micro)), micro);
      const small = micro % 1_000_000_000n;
      const text = `${(small < 0n ? -small : small).toString().padStart(7, '0')}${digit}`;
      assert.strictEqual(toMicro(Number(`${text.slice(0, -7)}.${text.slice(-7)}`)), undefined);
    }),
  );
});

test('what is no amount is refused', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1_000_000_000.000001, -1_000_000_001, 1e-7]) {
    assert.strictEqual(toMicro(value), undefined, String(value));
  }
  assert.strictEqual(toMicro(-0), 0n);
  assert.strictEqual(toMicro(1e2), 100_000_000n);
});

test('a proportion is rounded half to even', () => {
  assert.strictEqual(proportion(1n, 1n, 2n), 0n);
  assert.strictEqual(proportion(3n, 1n, 2n), 2n);
  assert.strictEqual(proportion(5n, 1n, 2n), 2n);
  assert.strictEqual(proportion(90_000_000n, 1n, 3n), 30_000_000n);
  assert.strictEqual(proportion(2n, 2n, 3n), 1n);
});

test('a proportion is never further than half a millionth from the exact value, nor above the whole', () => {
  const positive = fc.bigInt({ min: 1n, max: MAX_TOTAL });
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: MAX_TOTAL }), positive, positive, (money, a, b) => {
      const [part, whole] = a < b ? [a, b] : [b, a];
      const result = proportion(money, part, whole);
      const error = result * whole - money * part;
      assert.ok((error < 0n ? -error : error) * 2n <= whole);
      assert.ok(result <= money);
    }),
  );
});

test('six thousand million is the most that is kept, either way', () => {
  assert.ok(!isTooLarge(MAX_TOTAL) && !isTooLarge(-MAX_TOTAL));
  assert.ok(isTooLarge(MAX_TOTAL + 1n) && isTooLarge(-MAX_TOTAL - 1n));
});
