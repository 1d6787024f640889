import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Patch, SeededBug } from './seeded-bug.ts';

const root = path.join(import.meta.dirname, '..', '..');
const COPIED = ['src', 'test', 'bin', 'migrations', 'package.json', 'tsconfig.json'];
const LONGEST_TEST_MS = 180_000;

/** How a test ended in a copy of the code. */
export interface Verdict {
  readonly passed: boolean;
  /** Whether the named test failed, and did not just never run. */
  readonly failedByName: boolean;
  readonly output: string;
}

/** Runs a test on a copy of the code in which these patches were made; none for the code as it is. */
export async function runPatched(patches: readonly Patch[], test: SeededBug['test']): Promise<Verdict> {
  const copy = await mkdtemp(path.join(os.tmpdir(), 'purser-seeded-'));
  try {
    for (const name of COPIED) await cp(path.join(root, name), path.join(copy, name), { recursive: true });
    await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    for (const patch of patches) await apply(copy, patch);
    return await run(copy, test);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function apply(copy: string, { file, is, becomes }: Patch): Promise<void> {
  const text = await readFile(path.join(copy, file), 'utf8');
  const places = text.split(is).length - 1;
  if (places !== 1) throw new Error(`${file} has ${places} places that read: ${is}`);
  await writeFile(
    path.join(copy, file),
    text.replace(is, () => becomes),
  );
}

async function run(copy: string, { file, name }: SeededBug['test']): Promise<Verdict> {
  // Without this the child would report to our own runner instead of writing what we read.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const words = ['--test', '--test-reporter=tap', `--test-name-pattern=${pattern}`, file];
  const child = spawn(process.execPath, words, {
    cwd: copy,
    env: { ...env, NODE_ENV: 'test', MODEL_SECONDS: '8' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_TEST_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = new RegExp(`^\\s*(not )?ok \\d+ - .*${pattern}.*$`, 'm').exec(output);
  return {
    passed: code === 0 && line !== null && line[1] === undefined,
    failedByName: code !== 0 && line?.[1] !== undefined,
    output,
  };
}
