import assert from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ATTEMPT_LIMIT, createIdCipher, newApiKey, randomAlphanumerics, SHORT_ID_PATTERN } from './ids.ts';

const cipher = createIdCipher(Buffer.from('0123456789abcdef'));
const entryName = fc.record({
  accountId: fc.integer({ min: 1, max: 2 ** 36 - 1 }),
  seq: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  attempt: fc.integer({ min: 0, max: ATTEMPT_LIMIT - 1 }),
  isHold: fc.boolean(),
});

test('a public id is 16 alphanumerics and names its entry and attempt again', () => {
  fc.assert(
    fc.property(entryName, (name) => {
      const id = cipher.encode(name);
      assert.match(id, SHORT_ID_PATTERN);
      assert.deepStrictEqual(cipher.decode(id), { ...name });
    }),
  );
});

test('ids made together are the ids made one by one', () => {
  fc.assert(
    fc.property(fc.array(entryName, { maxLength: 200 }), (names) => {
      assert.deepStrictEqual(
        cipher.encodeAll(names),
        names.map((name) => cipher.encode(name)),
      );
    }),
    { numRuns: 20 },
  );
});

test('ids read together are the names read one by one', async () => {
  const names = fc.array(entryName, { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.array(fc.string({ maxLength: 17 }), { maxLength: 5 }),
      async (all, guesses) => {
        const ids = [...cipher.encodeAll(all), ...guesses];
        const read = await Promise.all(ids.map((id) => cipher.decodeSoon(id)));
        assert.deepStrictEqual(
          read,
          ids.map((id) => cipher.decode(id)),
        );
      },
    ),
    { numRuns: 20 },
  );
});

test('an id of another installation, and a guess, practically never name the entry', () => {
  const other = createIdCipher(Buffer.from('fedcba9876543210'));
  const name = { accountId: 7, seq: 3, attempt: 5 };
  assert.notDeepStrictEqual(other.decode(cipher.encode(name)), name);
  for (const text of ['', 'short', 'HxanU4a1n4El61z_', 'HxanU4a1n4El61zx1']) {
    assert.strictEqual(cipher.decode(text), undefined);
  }
});

test('neighbouring entries have ids that share no visible beginning', () => {
  const [first = '', second = ''] = cipher.encodeAll([
    { accountId: 1, seq: 1, attempt: 1 },
    { accountId: 1, seq: 2, attempt: 1 },
  ]);
  assert.notStrictEqual(first.slice(0, 4), second.slice(0, 4));
});

test('keys and identities have the published formats', () => {
  assert.match(newApiKey('PROD'), /^PROD[A-Za-z0-9]{28}$/);
  assert.match(newApiKey('DEV'), /^DEV_[A-Za-z0-9]{28}$/);
  assert.match(newApiKey('ROOT'), /^ROOT[A-Za-z0-9]{28}$/);
  assert.strictEqual(randomAlphanumerics(32).length, 32);
});
