import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chown, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { isCode } from './binaries.ts';
import { type Cluster, childEnvironment, EMBEDDED_NAME, isAlive, writeOwned } from './cluster.ts';
import { EmbeddedError } from './embedded-error.ts';
import { measureMachine, settingsFor, toConfigurationFile } from './machine-settings.ts';

/** Where a running PostgreSQL can be reached. */
export interface Socket {
  readonly folder: string;
  readonly port: number;
}

/** What stands in postmaster.pid. */
interface PidFile {
  readonly pid: number;
  readonly socket: Socket | undefined;
}

const PORT = 5432;
const LOG_FILE_LIMIT_BYTES = 10 * 2 ** 20;
const START_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 60_000;
// The address of a unix socket has 108 bytes on Linux and 104 on macOS, the last of which is 0.
const SOCKET_PATH_LIMIT_BYTES = process.platform === 'darwin' ? 103 : 107;
// What PostgreSQL says when another one has the folder, or when one that was killed is not quite gone.
const ANOTHER_ONE = /lock file .* already exists|shared memory block .* is still in use/;

/**
 * Finds the folder's running PostgreSQL, whoever started it, or starts one. PostgreSQL's own lock on its folder
 * decides between two that start at once; the loser uses the winner's.
 *
 * @throws EmbeddedError when it can't be started, with the end of its log.
 */
export async function ensureRunning(
  cluster: Cluster,
  log: Logger,
  extraSettings: Readonly<Record<string, string>> = {},
): Promise<Socket> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    const running = await readPidFile(cluster);
    if (running?.socket && (await answers(running.socket)) === 'ready') return running.socket;
    if (running && isPostgres(running.pid)) {
      await sleep(25);
      continue;
    }
    const socket = await start(cluster, log, extraSettings, running?.pid);
    if (socket) return socket;
    await sleep(100);
  }
  throw new EmbeddedError(
    `PostgreSQL in ${cluster.clusterDir} was not ready in time. See ${cluster.logFile}.`,
  );
}

/** @returns undefined when another PostgreSQL has the folder or is just leaving it. */
async function start(
  cluster: Cluster,
  log: Logger,
  extraSettings: Readonly<Record<string, string>>,
  stalePid: number | undefined,
): Promise<Socket | undefined> {
  const folder = await makeSocketFolder(cluster);
  const settings = { ...settingsFor(await measureMachine(cluster.dataDir)), ...extraSettings };
  await writeOwned(path.join(cluster.clusterDir, 'purser.conf'), toConfigurationFile(settings), cluster.user);
  const { child, logStart } = await spawnPostgres(cluster, folder, stalePid);
  let ending: string | undefined;
  child.once('error', (error) => {
    ending = error.message;
  });
  child.once('exit', (code, signal) => {
    ending = `it ended with ${signal ?? code}`;
  });
  const socket = { folder, port: PORT };
  const deadline = Date.now() + START_LIMIT_MS;
  let nextNoteAt = Date.now() + 5_000;
  while (ending === undefined && Date.now() < deadline) {
    if ((await readPidFile(cluster))?.pid === child.pid && (await answers(socket)) === 'ready') {
      child.removeAllListeners();
      return socket;
    }
    if (Date.now() > nextNoteAt) {
      log.info('PostgreSQL is still starting; after a crash it first reads its log');
      nextNoteAt += 5_000;
    }
    await sleep(20);
  }
  const said = await readFrom(cluster.logFile, logStart);
  if (ANOTHER_ONE.test(said)) return undefined;
  const end = said.trim().split('\n').slice(-8).join('\n');
  throw new EmbeddedError(`PostgreSQL could not be started: ${ending ?? 'it was not ready in time'}\n${end}`);
}

async function spawnPostgres(
  cluster: Cluster,
  socketFolder: string,
  stalePid: number | undefined,
): Promise<{ child: ChildProcess; logStart: number }> {
  const logStart = await rotateLog(cluster.logFile);
  const logHandle = await open(cluster.logFile, 'a', 0o600);
  const [program = '', ...words] = [
    ...cluster.user.prefix,
    cluster.binaries.postgres,
    ...['-D', cluster.clusterDir],
    ...['-c', 'listen_addresses=', '-c', 'unix_socket_permissions=0700'],
    ...['-c', `unix_socket_directories="${socketFolder.replaceAll('"', '""')}"`, '-c', `port=${PORT}`],
  ];
  const env = childEnvironment();
  // After a restart of the machine or container the number in postmaster.pid may be anybody's, and PostgreSQL
  // would not start. It ignores the one that is named here; its lock on shared memory still protects the data.
  if (stalePid !== undefined) env.PG_GRANDPARENT_PID = String(stalePid);
  // Detached: Ctrl-C in a terminal goes to the whole group, and must not stop PostgreSQL before Purser.
  const child = spawn(program, words, {
    cwd: '/',
    env,
    detached: true,
    stdio: ['ignore', logHandle.fd, logHandle.fd],
    ...cluster.user.ids,
  });
  child.unref();
  await logHandle.close();
  return { child, logStart };
}

/** Keeps the log of PostgreSQL, which says little, and one before it. @returns where new text begins. */
async function rotateLog(logFile: string): Promise<number> {
  const size = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size < LOG_FILE_LIMIT_BYTES) return size;
  await rename(logFile, `${logFile}.1`);
  return 0;
}

async function readFrom(file: string, position: number): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return bytes.subarray(position).toString();
}

/** A private folder: inside the data folder, or where that is too deep for a socket, under the temporary folder. */
async function makeSocketFolder(cluster: Cluster): Promise<string> {
  const inside = path.join(cluster.dataDir, 'socket');
  const name = createHash('sha256').update(cluster.dataDir).digest('hex').slice(0, 16);
  const outside = path.join(os.tmpdir(), `purser-${process.getuid?.() ?? 0}-${name}`);
  const fits = Buffer.byteLength(`${inside}/.s.PGSQL.${PORT}`) <= SOCKET_PATH_LIMIT_BYTES;
  const folder = fits ? inside : outside;
  const uid = cluster.user.ids?.uid ?? process.getuid?.();
  try {
    await mkdir(folder, { mode: 0o700 });
    if (cluster.user.ids) await chown(folder, cluster.user.ids.uid, cluster.user.ids.gid);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  const found = await lstat(folder);
  // Anybody may make a folder under the temporary one; only our own private one will do.
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new EmbeddedError(`${folder} should be a private folder (mode 0700) of user ${uid}. Remove it.`);
  }
  return folder;
}

async function readPidFile(cluster: Cluster): Promise<PidFile | undefined> {
  const text = await readFile(path.join(cluster.clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const folder = lines[4];
  const port = Number(lines[3]);
  return { pid, socket: folder && port > 0 ? { folder, port } : undefined };
}

/** @returns whether a PostgreSQL takes connections there, is coming up or going down, or is not there. */
async function answers(socket: Socket): Promise<'ready' | 'not yet' | 'nobody'> {
  const client = new pg.Client({ ...maintenanceAddress(socket), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    return isCode(error, 'ENOENT', 'ECONNREFUSED') ? 'nobody' : 'not yet';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** @returns the address of the database for what concerns all databases of the folder. */
export function maintenanceAddress(socket: Socket): pg.ClientConfig {
  return { host: socket.folder, port: socket.port, user: EMBEDDED_NAME, database: 'postgres' };
}

/** @returns whether this process lives and is a PostgreSQL; a number alone may have been given to another one. */
function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    // The name stands in brackets, the state after it; Z is a dead one that its parent has not noticed.
    try {
      return /\(postgres\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'stat=,comm=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.includes('postgres') && !stdout.trim().startsWith('Z');
}

/**
 * Stops PostgreSQL in good order: open transactions are broken off, everything is written.
 *
 * @returns whether it has ended; where it takes too long it is left to finish by itself.
 */
export async function stopPostmaster(cluster: Cluster): Promise<boolean> {
  const running = await readPidFile(cluster);
  if (!running || !isPostgres(running.pid)) return true;
  process.kill(running.pid, 'SIGINT');
  const deadline = Date.now() + STOP_LIMIT_MS;
  while (Date.now() < deadline) {
    await sleep(10);
    const now = await readPidFile(cluster);
    // It removes the file at the very end; one that was not our child may stay as a dead entry of the process list.
    if (now?.pid !== running.pid || !isAlive(running.pid)) {
      await removeOutsideSocketFolder(cluster, running.socket);
      return true;
    }
  }
  return false;
}

async function removeOutsideSocketFolder(cluster: Cluster, socket: Socket | undefined): Promise<void> {
  if (!socket || path.dirname(socket.folder) === cluster.dataDir) return;
  await rm(socket.folder, { recursive: true, force: true });
}
