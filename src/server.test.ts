import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshDatabase, startServer, type TestServer } from '../test/harness.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'purser-server-'));
after(() => rm(folder, { recursive: true, force: true }));

/** Runs the printed curl command as a person would paste it. */
function paste(command: string): Record<string, unknown> {
  const { stdout, error } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  if (error) throw error;
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** @returns the curl command in what the server printed. */
function printedCommand(server: TestServer): string {
  const command = /^curl [\s\S]*?^}'$/m.exec(server.logs())?.[0];
  assert.ok(command, server.logs());
  return command;
}

test('the first start prints a command that spends 510 down to 410, and later starts keep everything', async () => {
  const dataDir = path.join(folder, 'data');
  const first = await startServer({ dataDir });
  assert.match(first.logs(), new RegExp(`${first.url}/docs`));
  assert.match(first.logs(), /DEV_[A-Za-z0-9]{28}/);
  const { transactionId, ...answer } = paste(printedCommand(first));
  assert.match(String(transactionId), /^[A-Za-z0-9]{16}$/);
  assert.deepEqual(answer, { success: true, oldCreditBalance: 510, newCreditBalance: 410 });
  // Killed, not stopped: PostgreSQL stays behind and is taken over.
  first.kill('SIGKILL');
  await first.ended;
  const second = await startServer({ dataDir });
  assert.doesNotMatch(second.logs(), /DEV_/);
  const again = printedCommand(first).replaceAll(first.url, second.url);
  assert.equal(paste(again).oldCreditBalance, 410);
  await assert.rejects(
    startServer({ dataDir }),
    new RegExp(`Another Purser \\(process ${second.pid}\\) is already serving`),
  );
  assert.equal(await second.stop(), 0);
  const left = await readdir(path.join(dataDir, 'postgres'));
  assert.ok(!left.includes('postmaster.pid'));
});

test('the demo answers the published request, unchanged but for the host, with the published numbers', async () => {
  const server = await startServer({ words: ['demo'] });
  const seed = `curl -s -X POST "https://api.bizkithub.com/api/v1/customer/credit-spend?apiKey=PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE" \\
  -H "Content-Type: application/json" \\
  -d '{
  "identityId": "Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg",
  "amount": 100,
  "description": "video.rewrite:15m",
  "customerRealIp": "1.1.1.1"
}'`;
  const { transactionId, ...answer } = paste(seed.replace('https://api.bizkithub.com', server.url));
  assert.match(String(transactionId), /^[A-Za-z0-9]{16}$/);
  assert.deepEqual(answer, { success: true, oldCreditBalance: 510, newCreditBalance: 410 });
  const mine = `purser-demo-${server.pid}-`;
  assert.ok((await readdir(os.tmpdir())).some((name) => name.startsWith(mine)));
  assert.equal(await server.stop(), 0);
  assert.ok(!(await readdir(os.tmpdir())).some((name) => name.startsWith(mine)));
});

test('a port in use and a database that is away are told in a sentence', async () => {
  const fresh = await freshDatabase();
  const server = await startServer({ databaseUrl: fresh.url });
  const { port } = new URL(server.url);
  await assert.rejects(
    startServer({ databaseUrl: fresh.url, env: { PORT: port } }),
    new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is already in use`),
  );
  await assert.rejects(
    startServer({ databaseUrl: 'postgres://purser@127.0.0.1:1/purser' }),
    /The database could not be used: .*ECONNREFUSED/,
  );
  // The one that could not start has not disturbed the one that serves.
  assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
  await server.stop();
  await fresh.drop();
});

test('SIGTERM lets what was begun finish and is answered with exit code 0', async () => {
  const fresh = await freshDatabase();
  const server = await startServer({ databaseUrl: fresh.url });
  const key = /DEV_[A-Za-z0-9]{28}/.exec(server.logs())?.[0];
  const identityId = /"identityId": "(\w+)"/.exec(server.logs())?.[1];
  const spend = () =>
    fetch(`${server.url}/api/v1/customer/credit-spend?apiKey=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ identityId, amount: 1 }),
    });
  assert.equal((await spend()).status, 200);
  const requests = Array.from({ length: 50 }, () =>
    spend().then(
      async (response) => ({ status: response.status, body: await response.json() }),
      () => undefined,
    ),
  );
  await Promise.race(requests);
  assert.equal(await server.stop(), 0);
  // Each was either answered in full or never accepted; none was cut off after it had been begun.
  const answers = (await Promise.all(requests)).filter((answer) => answer !== undefined);
  assert.ok(answers.length > 0);
  for (const { status } of answers) assert.ok(status === 200 || status === 503, String(status));
  const next = await startServer({ databaseUrl: fresh.url });
  const log = await fetch(`${next.url}/api/v1/customer/credit-log?apiKey=${key}&identityId=${identityId}`);
  const { creditBalance } = (await log.json()) as { creditBalance: number };
  assert.equal(creditBalance, 510 - 1 - answers.filter(({ status }) => status === 200).length);
  await next.stop();
  await fresh.drop();
});

/** Every PostgreSQL whose data lie below a folder, as its command line. */
function postgresBelow(home: string): string[] {
  const commands = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return commands.filter((command) => /postgres /.test(command) && command.includes(home));
}

test('Ctrl-C, which a terminal sends to npm and to the server at once, is one signal: all is put away', async () => {
  for (const [script, signal] of [
    ['start', 'SIGINT'],
    ['demo', 'SIGTERM'],
  ] as const) {
    // The demo makes its folder in here, a server its data.
    const home = path.join(folder, `group-${script}`);
    await mkdir(home);
    const { PATH, HOME } = process.env;
    const child = spawn('npm', ['run', script], {
      ...{ cwd: path.join(import.meta.dirname, '..'), detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
      env: {
        ...{ PATH, HOME, TMPDIR: home, PURSER_DATA_DIR: path.join(home, 'data') },
        ...{ PORT: '0', LOG_LEVEL: 'info', NODE_ENV: 'test' },
      },
    });
    let output = '';
    let isOver = false;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ended = once(child, 'close').finally(() => {
      isOver = true;
    });
    try {
      while (!output.includes('/docs') && !isOver) await sleep(50);
      assert.ok(!isOver, output);
      assert.equal(postgresBelow(home).length, 1);
      process.kill(-(child.pid ?? 0), signal);
      await ended;
      assert.match(output, /"msg":"stopped"/);
      assert.deepEqual(postgresBelow(home), []);
      if (script === 'demo')
        assert.deepEqual(
          (await readdir(home)).filter((name) => /demo/.test(name)),
          [],
        );
    } finally {
      if (!isOver) child.kill('SIGTERM');
      await ended;
    }
  }
});

test('the settings that operating.md lists are those that there are', async (t) => {
  const file = path.join(import.meta.dirname, '..', 'docs', 'operating.md');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return t.skip('docs/operating.md is not written yet');
  const { SETTINGS } = await import('./config.ts');
  for (const { variable, description } of Object.values(SETTINGS)) {
    assert.ok(text.includes(`\`${variable}\``), `${variable} is missing`);
    assert.ok(text.includes(description), `${variable} is described otherwise`);
  }
});
