import { hashSecretAsText } from '../ids.ts';
import type { Database } from './database.ts';
import { findSessions, type SessionName } from './sessions.ts';

/** What an identity names. */
export type NamedSession = Omit<SessionName, 'identityHash'>;

/** Which session and account an identity names; whether the session still lives is another question. */
export interface SessionNames {
  /** @returns the name, or undefined for an identity that is nobody's. Rejects when the database is away. */
  find(identityId: string): NamedSession | Promise<NamedSession | undefined>;
}

interface Miss {
  readonly key: string;
  resolve(name: NamedSession | undefined): void;
  reject(error: unknown): void;
}

/** About 20 MB when full. */
const LARGEST_CACHE = 100_000;
const LARGEST_LOOK_UP = 1_000;

/**
 * Remembers names of sessions. The pair never changes, so what was found stays true; what was not found is not
 * remembered. Misses that come while a look-up is under way share the next one.
 */
export function openSessionNames({ pool }: Pick<Database, 'pool'>): SessionNames {
  const cache = new Map<string, NamedSession>();
  const misses: Miss[] = [];
  let lookingUp = false;

  const remember = (key: string, name: NamedSession) => {
    if (cache.size >= LARGEST_CACHE) {
      const [oldest] = cache.keys();
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.set(key, name);
  };

  const lookUp = async () => {
    while (misses.length > 0) {
      const batch = misses.splice(0, LARGEST_LOOK_UP);
      try {
        const hashes = [...new Set(batch.map(({ key }) => key))].map((key) => Buffer.from(key, 'base64'));
        const found = await findSessions({ query: pool.query.bind(pool) }, hashes);
        const byKey = new Map<string, NamedSession>();
        for (const { identityHash, sessionId, accountId, ledgerId } of found) {
          // The hash itself is left behind: it is a view of all that the driver read at once, and would keep it.
          byKey.set(identityHash.toString('base64'), { sessionId, accountId, ledgerId });
        }
        for (const [key, name] of byKey) remember(key, name);
        for (const { key, resolve } of batch) resolve(byKey.get(key));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    lookingUp = false;
  };

  return {
    find(identityId) {
      const key = hashSecretAsText(identityId);
      const known = cache.get(key);
      if (known) return known;
      return new Promise((resolve, reject) => {
        misses.push({ key, resolve, reject });
        if (lookingUp) return;
        lookingUp = true;
        // Begun in the next turn, so that the misses of one turn share a statement.
        setImmediate(() => void lookUp());
      });
    },
  };
}
