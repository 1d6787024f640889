import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig } from '../../src/config.ts';
import { openServices } from '../../src/open-services.ts';
import type { Services } from '../../src/operations/services.ts';
import { testLog } from '../harness.ts';

/** Opens the services of a data folder for a moment, while no server has it or beside one. */
export async function withServices<T>(
  dataDir: string,
  work: (services: Services) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const config = readConfig({ PURSER_DATA_DIR: dataDir, NODE_ENV: 'test', LOG_LEVEL: 'silent', ...env });
  const { services, stop } = await openServices(config, testLog);
  try {
    return await work(services);
  } finally {
    await stop();
  }
}

/** A process of the folder's PostgreSQL. */
export interface PostgresProcess {
  readonly pid: number;
  /** The postmaster's is empty; of a backend it begins with "postgres: purser purser". */
  readonly title: string;
}

/** @returns the processes of the folder's PostgreSQL, the postmaster first; only Linux tells us. */
export function postgresProcesses(dataDir: string): PostgresProcess[] {
  const postmaster = Number(readOrNothing(path.join(dataDir, 'postgres', 'postmaster.pid')).split('\n')[0]);
  if (!postmaster || !/\(postgres\)/.test(readOrNothing(`/proc/${postmaster}/stat`))) return [];
  const children = readdirSync('/proc').flatMap((name) => {
    const parent = /\) \S (\d+)/.exec(readOrNothing(`/proc/${name}/stat`))?.[1];
    if (Number(parent) !== postmaster) return [];
    const title = readOrNothing(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    return [{ pid: Number(name), title }];
  });
  return [{ pid: postmaster, title: '' }, ...children];
}

/** Sends a signal to processes, of which some may have ended meanwhile. */
export function signal(processes: readonly PostgresProcess[], name: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself.
    }
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
