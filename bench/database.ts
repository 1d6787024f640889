import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { type Embedded, openEmbedded } from '../src/store/embedded.ts';

/** The PostgreSQL of one benchmark run: embedded, with the settings Purser gives it, in a folder thrown away. */
export interface BenchDatabases {
  /** Everything is in here, and removed with it. */
  readonly folder: string;
  readonly socketFolder: string;
  readonly port: number;
  readonly user: string;
  /** Makes an empty database. @returns its DATABASE_URL. */
  create(name: string): Promise<string>;
  drop(name: string): Promise<void>;
  connect(url: string): Promise<pg.Client>;
  /** @returns settings worth printing, as PostgreSQL says them. */
  settings(): Promise<Record<string, string>>;
  /** Writes everything to disk now, so that it need not happen within a measurement. */
  checkpoint(): Promise<void>;
  /** @returns CPU time so far of all of PostgreSQL's present processes; undefined where there is no /proc. */
  cpuMs(): Promise<number | undefined>;
  stop(): Promise<void>;
}

const SHOWN = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
];

/** Starts PostgreSQL under a new temporary folder. */
export async function startDatabases(): Promise<BenchDatabases> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'purser-bench-'));
  const log = pino({ level: 'warn' }, pino.destination(2));
  let embedded: Embedded;
  try {
    embedded = await openEmbedded({ dataDir, log, as: 'use' });
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  const { address } = embedded;
  if (!('host' in address)) throw new Error('the embedded PostgreSQL has a socket folder');
  const { host, port, user } = address;
  const urlOf = (name: string) =>
    `postgresql://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`;
  const connect = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    // Stopping PostgreSQL breaks connections that a failed run left open; that must not hide the failure.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const admin = await connect(urlOf(address.database));
  return {
    folder: dataDir,
    socketFolder: host,
    port,
    user,
    connect,
    async create(name) {
      await admin.query(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    async drop(name) {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    },
    async settings() {
      const { rows } = await admin.query<{ name: string; value: string }>(
        'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
        [SHOWN],
      );
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    },
    async checkpoint() {
      await admin.query('CHECKPOINT');
    },
    async cpuMs() {
      const { rows } = await admin.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
      const times = await Promise.all(rows.map(({ pid }) => readCpuMs(pid)));
      return process.platform === 'linux' ? times.reduce((sum, time) => sum + time, 0) : undefined;
    },
    async stop() {
      await admin.end();
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** @returns the process's CPU time by Linux' account, which counts in hundredths of a second; 0 when it is gone. */
async function readCpuMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name in brackets may contain spaces; user and system time are the 12th and 13th field after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return text === '' ? 0 : (Number(fields[11]) + Number(fields[12])) * 10;
}
