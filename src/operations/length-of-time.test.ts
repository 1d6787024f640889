import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLengthOfTime } from './length-of-time.ts';

test('a length of time is a sum of units, the larger before the smaller', () => {
  const lengths: readonly (readonly [string, number])[] = [
    ['30d', 2_592_000_000],
    ['12h', 43_200_000],
    ['90m', 5_400_000],
    ['45s', 45_000],
    ['1d12h', 129_600_000],
    ['2w1d1h1m1s', 1_299_661_000],
    ['2592000s', 2_592_000_000],
    ['3h 20m', 12_000_000],
    [' 3 h 20 m ', 12_000_000],
    ['0', 0],
    ['0s', 0],
  ];
  for (const [text, ms] of lengths) assert.equal(parseLengthOfTime(text), ms, text);
});

for (const text of [
  '',
  ' ',
  '7',
  'd',
  '-1d',
  '+1d',
  '1.5h',
  '1y',
  '12h1d',
  '1d1d',
  '12h 1d',
  '1D',
  '1234567d',
  '1234567890s',
  `1w${' '.repeat(60_000)}x`,
  `1w${' '.repeat(40)}x`,
]) {
  test(`"${text.slice(0, 12)}" is no length of time`, () => assert.equal(parseLengthOfTime(text), undefined));
}
