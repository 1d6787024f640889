import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { SEEDED_BUGS } from './bugs.ts';
import { runPatched } from './plant.ts';

const { SEEDED_BUGS: asked } = process.env;
const words = asked === undefined || asked === 'all' ? [] : asked.split(',');
const bugs = SEEDED_BUGS.filter(({ name, isQuick }) => {
  if (words.length > 0) return words.some((word) => name.includes(word));
  return asked === 'all' || isQuick;
});

it('every place where a bug is planted stands there exactly once', async () => {
  const root = path.join(import.meta.dirname, '..', '..');
  for (const { name, patches } of SEEDED_BUGS) {
    for (const { file, is } of patches) {
      const count = (await readFile(path.join(root, file), 'utf8')).split(is).length - 1;
      assert.equal(count, 1, `${name}: ${file} has ${count} of ${is}`);
    }
  }
});

describe('a test that is there to notice it fails when', { concurrency: 2, timeout: 1_800_000 }, () => {
  for (const { name, patches, test } of bugs) {
    it(`${name} (${test.file})`, async () => {
      const { failedByName, output } = await runPatched(patches, test);
      assert(failedByName, `"${test.name}" did not fail:\n${output.slice(-4_000)}`);
    });
  }
});

// A copy in which every test fails would notice every bug.
describe('a copy of the code as it is passes', { concurrency: 2, timeout: 1_800_000 }, () => {
  const tests = new Map(bugs.map(({ test }) => [test.name, test]));
  for (const test of tests.values()) {
    it(`${test.name} (${test.file})`, async () => {
      const { passed, output } = await runPatched([], test);
      assert(passed, output.slice(-4_000));
    });
  }
});
