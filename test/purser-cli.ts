import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type FreshDatabase, freshDatabase } from './harness.ts';

/** The command line's program. */
export const CLI = path.join(import.meta.dirname, '..', 'src', 'cli.ts');

/** What a command has come to. */
export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line on a database of its own, in which there is the organisation corner-gym. */
export interface PurserCli {
  readonly fresh: FreshDatabase;
  run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Run>;
  purser(...words: string[]): Promise<Run>;
  /** Runs a command whose answer goes to a program that ends without reading it, as `head` does sooner or later. */
  runUnread(...words: string[]): Promise<Run>;
  /** Asserts that a command goes well. @returns its standard output. */
  done(...words: string[]): Promise<string>;
  /** @returns the one JSON value that the command has answered. */
  json(...words: string[]): Promise<Record<string, unknown>>;
  /** Asserts that a command was refused with this exit code, in words and without a stack. */
  refused(exitCode: 1 | 2, words: readonly string[], told: RegExp): Promise<void>;
  close(): Promise<void>;
}

/** Opens it; what it hands out needs no `this`. */
export async function openPurserCli(): Promise<PurserCli> {
  // The commands are many and short: most of their time is compiling the same files, which Node can remember.
  const compiledDir = await mkdtemp(path.join(os.tmpdir(), 'purser-cli-compiled-'));
  const fresh = await freshDatabase();
  const spawnToEnd = (program: string, words: readonly string[], env: Readonly<Record<string, string>>) =>
    runToEnd(program, words, { NODE_COMPILE_CACHE: compiledDir, ...env });
  const run: PurserCli['run'] = (words, env) => spawnToEnd(process.execPath, [CLI, ...words], env);
  const purser: PurserCli['purser'] = (...words) => run(words, { DATABASE_URL: fresh.url });
  const done: PurserCli['done'] = async (...words) => {
    const { exitCode, stdout, stderr } = await purser(...words);
    assert.equal(stderr, '');
    assert.equal(exitCode, 0);
    return stdout;
  };
  const place = ['--currency', 'CZK', '--time-zone', 'Europe/Prague'];
  await done('organisation', 'create', '--name', 'Corner Gym', ...place);
  return {
    ...{ fresh, run, purser, done },
    runUnread: (...words) =>
      spawnToEnd('sh', ['-c', '"$0" "$@" | true', process.execPath, CLI, ...words], {
        DATABASE_URL: fresh.url,
      }),
    json: async (...words) => JSON.parse(await done(...words, '--json')) as Record<string, unknown>,
    async refused(exitCode, words, told) {
      const result = await purser(...words);
      assert.match(result.stderr, told);
      assert.doesNotMatch(result.stderr, /\n\s+at |Error:/);
      assert.equal(result.stdout, '');
      assert.equal(result.exitCode, exitCode);
    },
    async close() {
      await fresh.drop();
      await rm(compiledDir, { recursive: true, force: true });
    },
  };
}

function runToEnd(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
