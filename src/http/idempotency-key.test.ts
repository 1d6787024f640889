import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIdempotencyKey } from './idempotency-key.ts';

test('a quoted string and a bare token mean the same key', () => {
  assert.equal(readIdempotencyKey('"order-7"'), 'order-7');
  assert.equal(readIdempotencyKey('order-7'), 'order-7');
  assert.equal(readIdempotencyKey('"a\\"b\\\\c"'), 'a"b\\c');
  assert.equal(readIdempotencyKey(`  ${'k'.repeat(255)} `), 'k'.repeat(255));
});

test('what is not 1 to 255 visible characters is no key', () => {
  for (const header of [
    '',
    '""',
    '"',
    '"a',
    '"a"b"',
    '"a\\x"',
    'a b',
    '"a b"',
    'clé',
    '"a";p=1',
    'k'.repeat(256),
  ])
    assert.equal(readIdempotencyKey(header), undefined, header);
});
