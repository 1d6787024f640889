import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeenAddresses } from './seen-addresses.ts';

test('an address is handed on once a day', () => {
  let now = Date.UTC(2026, 0, 1);
  const seen = new SeenAddresses(() => now);
  for (const ip of ['1.1.1.1', '8.8.8.8', '1.1.1.1']) seen.note(ip);
  assert.deepEqual(seen.take(10), ['1.1.1.1', '8.8.8.8']);
  seen.note('1.1.1.1');
  assert.deepEqual(seen.take(10), []);
  now += 86_400_000;
  assert.deepEqual(seen.take(10), []);
  seen.note('1.1.1.1');
  assert.deepEqual(seen.take(10), ['1.1.1.1']);
});

test('what could not be handed on waits again, and a flood of addresses takes no more than its share of memory', () => {
  const seen = new SeenAddresses();
  for (let i = 0; i < 200_000; i++) seen.note(`2001:db8::${i.toString(16)}`);
  const taken = seen.take(1_000_000);
  assert.equal(taken.length, 50_000);
  seen.putBack(taken);
  seen.putBack(taken);
  assert.equal(seen.take(1_000_000).length, 50_000);
});
