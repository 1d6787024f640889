import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  collectScopes,
  readAmount,
  readDuration,
  readEnd,
  readIdempotencyKey,
  readPriority,
} from './arguments.ts';

test('an amount is an exact decimal, never what a float makes of it', () => {
  assert.equal(readAmount('100'), 100_000_000n);
  assert.equal(readAmount('0.1'), 100_000n);
  assert.equal(readAmount('-0.000001'), -1n);
  assert.equal(readAmount('+2.50'), 2_500_000n);
  assert.equal(readAmount('999999999.999999'), 999_999_999_999_999n);
  assert.equal(readAmount('1000000000'), 1_000_000_000_000_000n);
});

test('a seventh place other than 0 is refused, never rounded', () => {
  assert.equal(readAmount('1.2345670'), 1_234_567n);
  assert.throws(() => readAmount('1.2345678'), /6 decimal places/);
  assert.throws(() => readAmount('0.0000001'), /6 decimal places/);
});

for (const text of ['', ' ', 'x', '1,5', '1.', '.5', '1e3', '0x10', 'Infinity', 'NaN', '1 000', '--5']) {
  test(`"${text}" is no amount`, () => assert.throws(() => readAmount(text), /must be a number/));
}

test('an amount beyond 1,000,000,000 is refused', () => {
  assert.throws(() => readAmount('1000000000.000001'), /at most/);
  assert.throws(() => readAmount('-1000000001'), /at most/);
});

test('a length of time has a unit', () => {
  assert.equal(readDuration('7d'), 604_800_000);
  assert.equal(readDuration('90s'), 90_000);
  assert.equal(readDuration('0'), 0);
  for (const text of ['7', 'd', '-1d', '1.5h', '1y']) assert.throws(() => readDuration(text), /7d/);
});

test('the end of a key may be a length of time; any other text is judged by the operation', () => {
  const end = readEnd('10d');
  assert.ok(end instanceof Date);
  assert.ok(Math.abs(end.getTime() - Date.now() - 864_000_000) < 60_000);
  assert.equal(readEnd(' 2030-12-31 '), '2030-12-31');
});

test('scopes can be listed, repeated or both', () => {
  assert.deepEqual(collectScopes('credit-log', collectScopes('default, credit-grant')), [
    'default',
    'credit-grant',
    'credit-log',
  ]);
  assert.throws(() => collectScopes('default,'), /commas/);
});

test('a priority is 0 to 100, an idempotency key is visible', () => {
  assert.equal(readPriority('0'), 0);
  assert.equal(readPriority('100'), 100);
  for (const text of ['101', '-1', '1.5', '']) assert.throws(() => readPriority(text));
  assert.equal(readIdempotencyKey('order-1'), 'order-1');
  for (const text of ['', 'a b', 'x'.repeat(256)]) assert.throws(() => readIdempotencyKey(text));
});
