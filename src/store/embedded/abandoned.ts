import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { openEmbedded } from '../embedded.ts';
import { isAlive } from './cluster.ts';

/**
 * Makes a folder for data that only this process needs, and removes those of the same prefix whose process was
 * killed: its PostgreSQL may still be running there.
 */
export async function makeThrowAwayFolder(prefix: string, log: Logger): Promise<string> {
  const pattern = new RegExp(`^${prefix}(\\d+)-`);
  for (const name of await readdir(os.tmpdir())) {
    const pid = Number(pattern.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const dataDir = path.join(os.tmpdir(), name);
    try {
      // Whoever leaves as the last one stops PostgreSQL.
      await (await openEmbedded({ dataDir, log, as: 'use' })).stop();
    } catch {
      // Half made or somebody else's: only what can be removed is.
    }
    await rm(dataDir, { recursive: true, force: true }).catch(() => undefined);
  }
  return mkdtemp(path.join(os.tmpdir(), `${prefix}${process.pid}-`));
}
