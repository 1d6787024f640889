import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InexactNumber, InvalidJson, parseJsonObject } from './parse-json.ts';

const parse = (text: string) => parseJsonObject(Buffer.from(text));
const refused = (text: string | Buffer) =>
  assert.throws(() => parseJsonObject(Buffer.from(text)), InvalidJson, String(text));

/** Values whose numbers a double holds within 15 digits, as JSON text would carry them. */
const exactNumber = fc.oneof(
  fc.integer({ min: -999_999_999, max: 999_999_999 }),
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }).map((n) => n / 1_000_000),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.constantFrom(null, true, false),
    exactNumber,
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
})).object;

test('what JSON.parse reads of an unambiguous object is what we read', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 2, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      assert.deepEqual(parse(text), JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test('what JSON.parse refuses is refused', () => {
  fc.assert(
    fc.property(json, fc.nat(), fc.string({ minLength: 0, maxLength: 2 }), (value, place, noise) => {
      const text = JSON.stringify(value);
      const cut = place % text.length;
      const broken = text.slice(0, cut) + noise + text.slice(cut + 1);
      try {
        JSON.parse(broken);
      } catch {
        refused(broken);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('only one object is accepted, in UTF-8 without a byte order mark', () => {
  for (const text of ['', ' ', '1', '"a"', 'null', '[]', '{} {}', '{}x', '\uFEFF{}', '{"a":1,}', "{'a':1}"])
    refused(text);
  refused(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
  assert.deepEqual(parse(' {\n} '), {});
});

test('a member may not stand twice, however it is spelled', () => {
  refused('{"a":1,"a":1}');
  refused('{"a":1,"\\u0061":2}');
  refused('{"b":{"a":1,"b":2,"a":3}}');
});

test('__proto__ is refused at any depth, however it is spelled', () => {
  refused('{"__proto__":{"amount":1}}');
  refused('{"\\u005f_proto__":1}');
  refused('{"a":[{"__proto__":1}]}');
});

test('a member named like one of Object.prototype is an ordinary member', () => {
  const value = parse('{"constructor":1,"toString":2,"hasOwnProperty":3}');
  assert.deepEqual(Object.entries(value), [
    ['constructor', 1],
    ['toString', 2],
    ['hasOwnProperty', 3],
  ]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test('eight levels are accepted, nine are not', () => {
  const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
  parse(nested(8));
  refused(nested(9));
  parse(`{"a":${'['.repeat(7)}${']'.repeat(7)}}`);
  refused(`{"a":${'['.repeat(8)}${']'.repeat(8)}}`);
  refused(`{"a":${'['.repeat(60_000)}`);
});

test('number spellings of one value are one value', () => {
  for (const text of ['100', '100.0', '1e2', '1E+2', '0.1e3', '100.000000000000000000000', '10000e-2'])
    assert.equal(parse(`{"a":${text}}`).a, 100, text);
});

test('a number that a double would change is not taken for a number', () => {
  const inexact = [
    '0.1234567890123456',
    '1000000000.0000001',
    '9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '100.00000000000000000001',
  ];
  for (const text of inexact) {
    const { a } = parse(`{"a":${text}}`);
    assert.ok(a instanceof InexactNumber, text);
    assert.equal(a.text, text);
  }
  for (const text of ['01', '-', '1.', '.5', '1e', '+1', '0x1', 'NaN', 'Infinity', '1_0'])
    refused(`{"a":${text}}`);
});

test('every amount with at most six places is read exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (micro) => {
      const places = String(micro % 1_000_000n).padStart(6, '0');
      const { a } = parse(`{"a":${micro / 1_000_000n}.${places}}`);
      assert.ok(typeof a === 'number' || micro === 10n ** 15n, String(micro));
      if (typeof a === 'number') assert.equal(BigInt(Math.round(a * 1e6)), micro);
    }),
    { numRuns: 1_000 },
  );
});

test('escapes and characters beyond the basic plane are decoded, raw control characters are not accepted', () => {
  assert.equal(parse('{"a":"\\ud83d\\ude00\\n\\u0000😀"}').a, '😀\n\u0000😀');
  refused('{"a":"\n"}');
  refused('{"a":"\\x"}');
  refused('{"a":"\\u12"}');
  refused('{"a":"');
  refused('{"a":"\\');
});
