import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { countInRedis } from './shared-rate.ts';

const LIMIT = 20;

/** Whichever of the two is installed; they speak the same. */
const program = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0);

function memoryLog() {
  const lines: string[] = [];
  return { lines, log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('while Redis is down requests are counted in this process, and the log says so once', async () => {
  const { lines, log } = memoryLog();
  const rates = countInRedis(`redis://127.0.0.1:${await freePort()}`, log);
  let passed = 0;
  for (let i = 0; i < LIMIT + 5; i++) if ((await rates.take(1, LIMIT)).allowed) passed++;
  rates.close();
  // A minute of the clock may have turned in between.
  assert.ok(passed >= LIMIT, `${passed}`);
  assert.equal(lines.filter((line) => line.includes('this process alone')).length, 1);
});

test('two processes share one count', {
  skip: program ? false : 'neither valkey-server nor redis-server',
}, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'purser-redis-'));
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const server = spawn(program ?? '', args, { stdio: 'ignore' });
  const { lines, log } = memoryLog();
  const both = [1, 2].map(() => countInRedis(`redis://127.0.0.1:${port}`, log));
  try {
    await untilShared(both);
    const states = await Promise.all(
      Array.from({ length: 3 * LIMIT }, (_, i) => both[i % 2]?.take(7, LIMIT)),
    );
    const passed = states.filter((state) => state?.allowed).length;
    assert.ok(passed >= LIMIT && passed <= LIMIT + 1, `${passed} passed: ${lines.join('')}`);
    const last = await both[0]?.take(7, LIMIT);
    assert.equal(last?.remaining, 0);
    assert.ok((last?.retryAfter ?? 0) >= 1);
  } finally {
    for (const rates of both) rates.close();
    server.kill();
    await once(server, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
});

/** Both see each other's requests once both are connected. */
async function untilShared(both: readonly { take(id: number, limit: number): unknown }[]): Promise<void> {
  for (let id = 100; id < 200; id++) {
    for (const rates of both) await rates.take(id, 2);
    const third = await both[0]?.take(id, 2);
    if (typeof third === 'object' && third !== null && 'allowed' in third && third.allowed === false) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the two never shared a count');
}
