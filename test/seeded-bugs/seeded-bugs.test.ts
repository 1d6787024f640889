import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SEEDED_BUGS } from './bugs.ts';
import { runPatched } from './plant.ts';

const ALL = process.env.SEEDED_BUGS === 'all';
const bugs = SEEDED_BUGS.filter(({ isQuick }) => ALL || isQuick);

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
