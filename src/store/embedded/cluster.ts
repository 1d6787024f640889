import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { type Binaries, exists, findBinaries, isCode } from './binaries.ts';
import { EmbeddedError } from './embedded-error.ts';
import { chooseOrdinaryUser, type OrdinaryUser } from './ordinary-user.ts';

/** The name of the superuser and of the database that Purser uses. */
export const EMBEDDED_NAME = 'purser';

/** One folder with PostgreSQL's data, whole and of the right version. */
export interface Cluster {
  /** Absolute, without symbolic links. */
  readonly dataDir: string;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly binaries: Binaries;
  readonly user: OrdinaryUser;
}

/** Of an unfinished folder: the process that makes it stands in its name, so that a dead one's can be removed. */
const UNFINISHED = /^postgres\.new-(\d+)-/;

const CONFIGURATION = `# Purser writes settings that suit this machine to purser.conf at every start.
# What you set below the next line wins, except where the sockets are.
include 'purser.conf'
`;

/**
 * Makes the data folder where there is none. PostgreSQL's folder is made under another name and then renamed, so
 * it is either whole or not there; of two processes at once one wins and the other uses what the winner made.
 *
 * @throws EmbeddedError with the reason, in words for an operator.
 */
export async function prepareCluster(dataDirSetting: string, log: Logger): Promise<Cluster> {
  const dataDir = await makeDataDir(dataDirSetting);
  const clusterDir = path.join(dataDir, 'postgres');
  const binaries = await findBinaries();
  const user = await chooseOrdinaryUser(dataDir, clusterDir, binaries.initdb);
  const cluster = { dataDir, clusterDir, logFile: path.join(dataDir, 'postgres.log'), binaries, user };
  await removeUnfinished(dataDir);
  if (!(await exists(path.join(clusterDir, 'PG_VERSION')))) {
    log.info({ dataDir }, 'making a new database folder');
    await initialise(cluster);
  }
  const version = (await readFile(path.join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  if (version !== binaries.major) {
    throw new EmbeddedError(
      `The data in ${clusterDir} was written by PostgreSQL ${version}; this Purser brings PostgreSQL ${binaries.major}. See docs/operating.md on upgrading.`,
    );
  }
  return cluster;
}

async function makeDataDir(dataDirSetting: string): Promise<string> {
  try {
    await mkdir(dataDirSetting, { recursive: true, mode: 0o700 });
    return await realpath(dataDirSetting);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EmbeddedError(`The data folder ${dataDirSetting} can't be made: ${reason}`);
  }
}

async function initialise(cluster: Cluster): Promise<void> {
  const { dataDir, clusterDir, user } = cluster;
  if (await isFilledFolder(clusterDir)) {
    throw new EmbeddedError(`${clusterDir} exists and is no PostgreSQL data folder. Move it away.`);
  }
  const unfinished = path.join(dataDir, `postgres.new-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(unfinished, { mode: 0o700 });
  try {
    if (user.ids) await chown(unfinished, user.ids.uid, user.ids.gid);
    await runInitdb(cluster, unfinished);
    await writeOwned(path.join(unfinished, 'postgresql.conf'), CONFIGURATION, user);
    await rename(unfinished, clusterDir);
    await syncFolder(dataDir);
  } catch (error) {
    // Another process was faster: what it made is as good.
    if (!isCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function runInitdb(cluster: Cluster, folder: string): Promise<void> {
  const [program = '', ...words] = [
    ...cluster.user.prefix,
    cluster.binaries.initdb,
    `--pgdata=${folder}`,
    `--username=${EMBEDDED_NAME}`,
    // Who may enter the socket's private folder is the owner of the data anyway.
    '--auth=trust',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    '--no-instructions',
  ];
  const options = { cwd: '/', env: childEnvironment(), ...cluster.user.ids };
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ending = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? code}`));
  });
  if (ending === undefined) return;
  throw new EmbeddedError(`The database folder could not be made: initdb ${ending}\n${output.trim()}`);
}

/** What the children are told: no secret of ours, and messages in English. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C' };
}

/** Writes a file that PostgreSQL can read, at once or not at all. */
export async function writeOwned(file: string, text: string, user: OrdinaryUser): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await chmod(unfinished, 0o600);
  if (user.ids) await chown(unfinished, user.ids.uid, user.ids.gid);
  await rename(unfinished, file);
}

async function isFilledFolder(folder: string): Promise<boolean> {
  if (!(await lstat(folder).catch(() => undefined))) return false;
  return (await readdir(folder)).length > 0;
}

/** A start that was killed half way leaves such a folder behind. */
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number(UNFINISHED.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    // Its initdb may outlive its parent for a moment and still write; the next start tries again.
    await rm(path.join(dataDir, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** @returns whether a process has this id, whoever it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
