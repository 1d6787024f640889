import type { Logger } from 'pino';
import { addKeyUsage, deleteOldKeyUsage } from '../store/api-keys.ts';
import type { Database } from '../store/database.ts';

/** Counts the requests of each key in memory and adds them to the day's figure now and then. */
export interface ApiKeyUsage {
  note(apiKeyId: number): void;
  /** Writes what is counted so far and ends. */
  stop(): Promise<void>;
}

const WRITE_EVERY_MS = 10_000;
const CLEAN_EVERY_MS = 24 * 60 * 60 * 1000;

/** A crash forgets at most ten seconds of counting: the figure informs, nothing is decided by it. */
export function startApiKeyUsage(database: Pick<Database, 'pool'>, log: Logger): ApiKeyUsage {
  let counts = new Map<number, number>();
  let cleanedAt = 0;

  const write = async () => {
    const counted = counts;
    counts = new Map();
    try {
      if (counted.size > 0) await addKeyUsage(database.pool, [...counted.keys()], [...counted.values()]);
    } catch (error) {
      log.warn({ err: error }, 'the usage of API keys could not be written; it is kept for the next time');
      for (const [apiKeyId, requests] of counted)
        counts.set(apiKeyId, (counts.get(apiKeyId) ?? 0) + requests);
      return;
    }
    if (Date.now() - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = Date.now();
    await deleteOldKeyUsage(database.pool).catch((error: unknown) =>
      log.warn({ err: error }, 'old usage of API keys could not be deleted'),
    );
  };

  let writing = Promise.resolve();
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, WRITE_EVERY_MS).unref();

  return {
    note: (apiKeyId) => void counts.set(apiKeyId, (counts.get(apiKeyId) ?? 0) + 1),
    stop() {
      clearInterval(timer);
      writing = writing.then(write);
      return writing;
    },
  };
}
