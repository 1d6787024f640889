import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { testLog } from '../../test/harness.ts';
import { type Embedded, EmbeddedError, openEmbedded } from './embedded.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'purser-embedded-'));
const opened = new Set<Embedded>();
after(async () => {
  for (const embedded of opened) await embedded.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(dataDir: string, as: 'serve' | 'use' = 'use'): Promise<Embedded> {
  const embedded = await openEmbedded({ dataDir, log: testLog, as, settings: { shared_buffers: '32MB' } });
  opened.add(embedded);
  return embedded;
}

async function close(embedded: Embedded): Promise<void> {
  opened.delete(embedded);
  await embedded.stop();
}

async function ask(embedded: Embedded, statement: string): Promise<unknown> {
  assert.ok('host' in embedded.address);
  const client = new pg.Client({ ...embedded.address });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text: statement, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  return text === '' ? undefined : Number(text.split('\n')[0]);
}

/** A process of its own that opens the folder, says so, and stays until it is killed. */
function spawnHolder(dataDir: string, as: 'serve' | 'use') {
  const script = `
    const { openEmbedded } = await import(${JSON.stringify(path.join(import.meta.dirname, 'embedded.ts'))});
    const { pino } = await import('pino');
    const log = pino({ level: 'silent' });
    await openEmbedded({ dataDir: process.argv[1], log, as: process.argv[2], settings: { shared_buffers: '32MB' } });
    console.log('open');
    setInterval(() => {}, 1000);`;
  const words = ['--input-type=module', '-e', script, dataDir, as];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: path.join(import.meta.dirname, '..', '..'),
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const isOpen = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', () => reject(new Error(errors)));
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { child, isOpen, ended };
}

test('data live in a folder that nobody else may enter and outlive a stop', async () => {
  const dataDir = path.join(folder, 'kept');
  const first = await open(dataDir);
  await ask(first, 'CREATE TABLE t AS SELECT 42 AS n');
  assert.equal(await ask(first, 'SHOW fsync'), 'on');
  assert.equal(await ask(first, 'SHOW synchronous_commit'), 'on');
  assert.equal(await ask(first, 'SHOW full_page_writes'), 'on');
  assert.equal(await ask(first, 'SHOW listen_addresses'), '');
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  assert.equal((await stat(path.join(dataDir, 'socket'))).mode & 0o777, 0o700);
  await close(first);
  assert.equal(await postmasterPid(dataDir), undefined);
  const second = await open(dataDir);
  assert.equal(await ask(second, 'SELECT n FROM t'), 42);
  await close(second);
});

test('a second server on the same folder is told who serves it, and disturbs nothing', async () => {
  const dataDir = path.join(folder, 'second');
  const server = await open(dataDir, 'serve');
  await assert.rejects(open(dataDir, 'serve'), (error) => {
    assert.ok(error instanceof EmbeddedError);
    return error.message.includes(`(process ${process.pid}) is already serving the data in ${dataDir}`);
  });
  assert.equal(await ask(server, 'SELECT 1'), 1);
  await close(server);
  await close(await open(dataDir, 'serve'));
});

test('the last one to leave stops PostgreSQL, whoever started it', async () => {
  const dataDir = path.join(folder, 'shared');
  const server = await open(dataDir, 'serve');
  const command = await open(dataDir);
  await close(server);
  assert.equal(await ask(command, 'SELECT 1'), 1);
  await close(command);
  assert.equal(await postmasterPid(dataDir), undefined);
});

test('a server that was killed leaves PostgreSQL running, and the next one takes it over', async () => {
  const dataDir = path.join(folder, 'adopted');
  const { child, isOpen, ended } = spawnHolder(dataDir, 'serve');
  await isOpen;
  const pid = await postmasterPid(dataDir);
  child.kill('SIGKILL');
  await ended;
  const next = await open(dataDir, 'serve');
  assert.equal(await postmasterPid(dataDir), pid);
  await close(next);
  assert.equal(await postmasterPid(dataDir), undefined);
});

test('two first starts at the same moment make one database that both use', async () => {
  const dataDir = path.join(folder, 'race');
  const [one, two] = await Promise.all([open(dataDir), open(dataDir)]);
  await ask(one, 'CREATE TABLE t AS SELECT 1 AS n');
  assert.equal(await ask(two, 'SELECT n FROM t'), 1);
  assert.deepEqual(
    (await readdir(dataDir)).filter((name) => name.startsWith('postgres.new')),
    [],
  );
  await Promise.all([close(one), close(two)]);
  assert.equal(await postmasterPid(dataDir), undefined);
});

test('a first start that was killed while it made the folder is cleaned up by the next', async () => {
  const dataDir = path.join(folder, 'killed');
  const { child, isOpen, ended } = spawnHolder(dataDir, 'use');
  isOpen.catch(() => undefined);
  while (!(await readdir(dataDir).catch(() => [])).some((name) => name.startsWith('postgres.new'))) {
    await sleep(2);
  }
  child.kill('SIGKILL');
  await ended;
  const next = await open(dataDir);
  assert.equal(await ask(next, 'SELECT 1'), 1);
  await close(next);
  // Its initdb may have written on for a moment after its parent was gone.
  await sleep(500);
  await close(await open(dataDir));
  assert.deepEqual(
    (await readdir(dataDir)).filter((name) => name.startsWith('postgres.new')),
    [],
  );
});

test('a folder too deep for a socket has it in a private temporary folder, found again by others', async () => {
  const dataDir = path.join(folder, 'deep', 'x'.repeat(100), 'y"\'é z');
  const server = await open(dataDir, 'serve');
  assert.ok('host' in server.address);
  const { host } = server.address;
  assert.ok(!host.startsWith(dataDir));
  assert.equal((await stat(host)).mode & 0o777, 0o700);
  const command = await open(dataDir);
  assert.deepEqual(command.address, server.address);
  assert.equal(await ask(command, 'SELECT 1'), 1);
  await close(command);
  await close(server);
  await assert.rejects(stat(host));
});

test('a PostgreSQL that was killed is started again at the same address without losing anything', async () => {
  const dataDir = path.join(folder, 'again');
  const server = await open(dataDir, 'serve');
  await ask(server, 'CREATE TABLE t AS SELECT 7 AS n');
  process.kill((await postmasterPid(dataDir)) ?? 0, 'SIGKILL');
  const deadline = Date.now() + 60_000;
  let found: unknown;
  while (found === undefined && Date.now() < deadline) {
    await sleep(50);
    found = await ask(server, 'SELECT n FROM t').catch(() => undefined);
  }
  assert.equal(found, 7);
  const command = await open(dataDir);
  await assert.rejects(open(dataDir, 'serve'), /already serving/);
  await close(command);
  await close(server);
  assert.equal(await postmasterPid(dataDir), undefined);
});

test('a number in postmaster.pid that belongs to another program is no obstacle', async () => {
  const dataDir = path.join(folder, 'stale');
  const first = await open(dataDir);
  const pidFile = path.join(dataDir, 'postgres', 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8');
  await close(first);
  // Not our own number: PostgreSQL never minds that of its parent.
  const other = spawn('sleep', ['600'], { stdio: 'ignore' });
  try {
    await writeFile(pidFile, text.replace(/^\d+/, String(other.pid)));
    const next = await open(dataDir);
    assert.equal(await ask(next, 'SELECT 1'), 1);
    await close(next);
  } finally {
    other.kill('SIGKILL');
  }
});

test('a folder that can not be used is refused in words', async () => {
  const foreign = path.join(folder, 'foreign');
  await mkdir(path.join(foreign, 'postgres'), { recursive: true });
  await writeFile(path.join(foreign, 'postgres', 'something.txt'), 'of somebody');
  await assert.rejects(open(foreign), /exists and is no PostgreSQL data folder/);
  const older = path.join(folder, 'older');
  await mkdir(path.join(older, 'postgres'), { recursive: true });
  await writeFile(path.join(older, 'postgres', 'PG_VERSION'), '9\n');
  await assert.rejects(open(older), /written by PostgreSQL 9; this Purser brings PostgreSQL \d+/);
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  await assert.rejects(open(path.join(file, 'data')), /can't be made/);
});

test('it works for root in a folder that only root may enter', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can try this');
  if (spawnSync('unshare', ['--user', '--map-user=1000', 'true']).status !== 0) {
    return t.skip('user namespaces are not allowed here');
  }
  const home = path.join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  await chmod(home, 0o700);
  const dataDir = path.join(home, 'data');
  const embedded = await open(dataDir);
  assert.equal(await ask(embedded, 'SELECT 1'), 1);
  assert.equal((await stat(path.join(dataDir, 'postgres'))).uid, 0);
  await close(embedded);
});
