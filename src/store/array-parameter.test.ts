import assert from 'node:assert';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { freshDatabase, openTestDatabase } from '../../test/harness.ts';
import { type NumberType, numberArray, readNumberRows, textArray, uuidArray } from './array-parameter.ts';
import type { Database } from './database.ts';

let database: Database;
let drop: () => Promise<void>;

before(async () => {
  const fresh = await freshDatabase();
  database = openTestDatabase(fresh);
  drop = fresh.drop;
});
after(async () => {
  await database.close();
  await drop();
});

/** What PostgreSQL reads in an array, as JSON texts. */
async function readBack(type: string, parameter: Buffer): Promise<(string | null)[]> {
  const { rows } = await database.pool.query<{ value: string | null }>(
    `SELECT value::text AS value FROM unnest($1::${type}[]) WITH ORDINALITY AS n (value, place) ORDER BY place`,
    [parameter],
  );
  return rows.map(({ value }) => value);
}

const RANGES: [NumberType, bigint, bigint][] = [
  ['bigint', -(2n ** 53n) + 1n, 2n ** 53n - 1n],
  ['integer', -(2n ** 31n), 2n ** 31n - 1n],
  ['smallint', -(2n ** 15n), 2n ** 15n - 1n],
];

for (const [type, min, max] of RANGES) {
  test(`every ${type} arrives as it is, NULLs and empty columns too`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.bigInt({ min, max })), { maxLength: 20 }), async (values) => {
        const sent = numberArray(type === 'bigint' ? values : values.map((v) => v && Number(v)), type);
        assert.deepStrictEqual(
          await readBack(type, sent),
          values.map((value) => value?.toString() ?? null),
        );
      }),
      { numRuns: 30 },
    );
  });
}

test('a JavaScript number is as good as a bigint, and 1 and 0 are booleans', async () => {
  assert.deepStrictEqual(await readBack('bigint', numberArray([2 ** 40, 0, -1])), [
    '1099511627776',
    '0',
    '-1',
  ]);
  assert.deepStrictEqual(await readBack('boolean', numberArray([1, 0, null], 'boolean')), [
    'true',
    'false',
    null,
  ]);
});

test('a number that a double cannot carry is refused, never rounded', () => {
  assert.throws(() => numberArray([2n ** 53n]), RangeError);
  assert.throws(() => numberArray([-(2n ** 60n) - 1n]), RangeError);
});

test('rows of numbers come back from one text as they are, NULLs too', async () => {
  const row = fc.array(fc.option(fc.maxSafeInteger()), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
      const columns = [0, 1, 2].map((at) => numberArray(rows.map((each) => each[at])));
      const { rows: read } = await database.pool.query<{ text: string | null }>(
        `SELECT string_agg(concat(a, ',', b, ',', c), ',') AS text
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (a, b, c)`,
        columns,
      );
      assert.deepStrictEqual(readNumberRows(read[0]?.text ?? null), rows.flat());
    }),
    { numRuns: 30 },
  );
});

test('every text arrives as it is, whatever it quotes', async () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !value.includes('\0') && value.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 20 }), async (values) => {
      assert.deepStrictEqual(await readBack('text', textArray(values)), values);
    }),
    { numRuns: 30 },
  );
  const odd = ['', '{}', 'NULL', '"', '\\', 'a,b', "'; DROP TABLE accounts; --", '\u{1F600}'];
  assert.deepStrictEqual(await readBack('text', textArray(odd)), odd);
});

test('every UUID arrives as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.uuid()), { maxLength: 20 }), async (values) => {
      assert.deepStrictEqual(await readBack('uuid', uuidArray(values)), values);
    }),
    { numRuns: 30 },
  );
});
