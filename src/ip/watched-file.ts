import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';

/** What was made of a file; made anew when the file is replaced. */
export interface WatchedFile<T> {
  /** @returns undefined as long as the file could not be read once. */
  get(): Promise<T | undefined>;
}

const LOOK_EVERY_MS = 2_000;

async function fingerprintOf(file: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(file);
  return `${mtimeMs} ${size} ${ino}`;
}

/**
 * Watches a file by looking at it when somebody asks, every two seconds at most: that also sees files that are
 * replaced by a rename or on a network disk. Until a new one has been read in full the old one answers, and a new
 * one that is no good is told in the log and leaves the old one in force.
 */
export function watchFile<T>(file: string, load: (file: string) => Promise<T>, log: Logger): WatchedFile<T> {
  let value: T | undefined;
  let fingerprint = '';
  let lookAgainAt = 0;
  let looking: Promise<void> | undefined;

  const look = async () => {
    try {
      const seen = await fingerprintOf(file);
      if (seen === fingerprint) return;
      const loaded = await load(file);
      // Written to while it was read: what was read may be half of it, and the next look sees the rest.
      if ((await fingerprintOf(file)) !== seen) return;
      if (value !== undefined) log.info({ file }, 'a replaced file of addresses is in use');
      value = loaded;
      fingerprint = seen;
    } catch (error) {
      log.warn({ err: error, file }, 'a file of addresses cannot be used');
    } finally {
      lookAgainAt = performance.now() + LOOK_EVERY_MS;
      looking = undefined;
    }
  };

  return {
    async get() {
      if (performance.now() >= lookAgainAt) looking ??= look();
      if (value === undefined) await looking;
      return value;
    },
  };
}
