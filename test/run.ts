/**
 * `npm test [words...]`: all *.test.ts below src and test on one real PostgreSQL that is started for them. A word
 * keeps the files whose path contains it; what begins with a dash goes to node, such as --test-name-pattern=...
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { startTestPostgres, TEST_DATABASE_VARIABLE } from './harness.ts';

const root = path.join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const nodeOptions = words.filter((word) => word.startsWith('-'));
const filters = words.filter((word) => !word.startsWith('-')).map((word) => word.replace(/^\.\//, ''));
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'], { cwd: root })
  .sort()
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));

process.exitCode = await main();

async function main(): Promise<number> {
  if (files.length === 0) {
    console.error(`No test file matches ${filters.join(' ')}.`);
    return 1;
  }
  const postgres = await startTestPostgres();
  try {
    return await runNode(postgres.url);
  } finally {
    await postgres.stop();
  }
}

async function runNode(databaseUrl: string): Promise<number> {
  const options = [
    '--test',
    '--test-concurrency=2',
    '--test-reporter=spec',
    '--test-timeout=900000',
    ...nodeOptions,
  ];
  const child = spawn(process.execPath, [...options, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'test', [TEST_DATABASE_VARIABLE]: databaseUrl },
  });
  // Ctrl-C reaches the child too; we only have to outlive it, so that PostgreSQL is stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
