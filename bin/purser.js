#!/usr/bin/env node
// Runs the command line with the Node 24 that "npm ci" has put beside Purser when the machine's own is older.
// Plain JavaScript of an older kind on purpose: the older Node has to understand this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const cli = path.join(root, 'src', 'cli.ts');
const own = path.join(root, 'node_modules', '.bin', 'node');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  process.argv[1] = cli;
  await import(cli);
} else if (existsSync(own)) {
  const child = spawn(own, [cli, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.error(`Purser needs Node 24; this is ${process.version}. Run "npm ci" without --omit=optional.`);
  process.exitCode = 1;
}
