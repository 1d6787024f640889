import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from './refusals.ts';
import { openTurns } from './turns.ts';

test('few work at once, the others in the order in which they came', async () => {
  const turns = openTurns(2, 100);
  const begun: number[] = [];
  let working = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      turns.run(async () => {
        begun.push(i);
        most = Math.max(most, ++working);
        await new Promise(setImmediate);
        working -= 1;
      }),
    ),
  );
  assert.equal(most, 2);
  assert.deepEqual(
    begun,
    [...begun].sort((a, b) => a - b),
  );
});

test('work that fails gives its place on, and tells why', async () => {
  const turns = openTurns(1, 10);
  const failing = assert.rejects(
    turns.run(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await turns.run(async () => 'done'), 'done');
  await failing;
});

test('one more than may wait is refused without being begun', async () => {
  const turns = openTurns(1, 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  const [first, second] = [turns.run(() => promise), turns.run(async () => 'second')];
  await assert.rejects(
    turns.run(async () => assert.fail('it was begun')),
    (error) => error instanceof Refusal && error.code === 'INTERNAL_OVERLOADED',
  );
  resolve();
  await first;
  assert.equal(await second, 'second');
  assert.equal(await turns.run(async () => 'third'), 'third');
});

test('who has waited too long is refused when the turn comes, and whoever is behind goes on', async () => {
  const turns = openTurns(1, 10, 50);
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = turns.run(() => promise);
  const late = assert.rejects(
    turns.run(async () => assert.fail('it was begun')),
    (error) => error instanceof Refusal && error.code === 'INTERNAL_OVERLOADED',
  );
  await new Promise((end) => setTimeout(end, 60));
  const fresh = turns.run(async () => 'fresh');
  resolve();
  await first;
  await late;
  assert.equal(await fresh, 'fresh');
  assert.equal(await turns.run(async () => 'next'), 'next');
});
