import { statfs } from 'node:fs/promises';
import os from 'node:os';

const MEGABYTE = 2 ** 20;

/** Bytes of the machine, or of the container that Purser runs in, where that is less. */
export interface Machine {
  readonly memory: number;
  readonly freeDisk: number;
}

/** @returns what this machine has. @param folder somewhere on the disk that will hold the data. */
export async function measureMachine(folder: string): Promise<Machine> {
  const disk = await statfs(folder);
  const constrained = process.constrainedMemory();
  // Without a limit the answer is 0 or a number beyond any machine's memory.
  const memory = constrained > 0 ? Math.min(constrained, os.totalmem()) : os.totalmem();
  return { memory, freeDisk: disk.bavail * disk.bsize };
}

/**
 * PostgreSQL's settings for this machine. The figures behind them: with 10^7 entries, 2 GB of shared buffers and
 * 8 GB between checkpoints give a fifth more spends a second than the defaults. A page image after each checkpoint is
 * the largest part of the log, so checkpoints are rare. The images are not compressed: these binaries know pglz alone, which
 * takes more time of a spend than the disk does (with 300,000 customers a quarter of PostgreSQL's whole CPU time).
 */
export function settingsFor(machine: Machine): Record<string, string> {
  const share = (bytes: number, lowest: number, highest: number) =>
    `${Math.round(Math.min(Math.max(bytes / MEGABYTE, lowest), highest))}MB`;
  return {
    shared_buffers: share(machine.memory / 4, 64, 2_048),
    effective_cache_size: share(machine.memory / 2, 128, 65_536),
    maintenance_work_mem: share(machine.memory / 32, 32, 256),
    max_connections: '100',
    max_wal_size: share(machine.freeDisk / 8, 512, 8_192),
    min_wal_size: '256MB',
    checkpoint_timeout: '15min',
    wal_compression: 'off',
    // Accounts are updated in place all day: vacuum them before their pages fill.
    autovacuum_naptime: '15s',
    autovacuum_vacuum_scale_factor: '0.05',
    autovacuum_analyze_scale_factor: '0.05',
    jit: 'off',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // We start it again ourselves. PostgreSQL 18 stands still for ever when its own restart fails (no room on the disk).
    restart_after_crash: 'off',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
  };
}

/** @returns the settings as lines of a configuration file. */
export function toConfigurationFile(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  return `# Written by Purser at every start; put your own settings into postgresql.conf.\n${lines.join('\n')}\n`;
}
