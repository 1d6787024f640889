import { hashSecretAsText } from '../ids.ts';
import type { Database } from './database.ts';
import { rememberFound } from './remember-found.ts';
import { findSessions, type SessionName } from './sessions.ts';

/** What an identity names. */
export type NamedSession = Omit<SessionName, 'identityHash'>;

/** Which session and account an identity names; whether the session still lives is another question. */
export interface SessionNames {
  /** @returns the name, or undefined for an identity that is nobody's. Rejects when the database is away. */
  find(identityId: string): NamedSession | Promise<NamedSession | undefined>;
}

/** Remembers names of sessions, about 20 MB of them when full: the pair never changes, so what was found stays true. */
export function openSessionNames({ pool }: Pick<Database, 'pool'>): SessionNames {
  const names = rememberFound<string, NamedSession>(async (keys) => {
    const hashes = keys.map((key) => Buffer.from(key, 'base64'));
    const found = await findSessions({ query: pool.query.bind(pool) }, hashes);
    // The hash itself is left behind: it is a view of all that the driver read at once, and would keep it.
    return new Map(
      found.map(({ identityHash, sessionId, accountId, ledgerId }) => [
        identityHash.toString('base64'),
        { sessionId, accountId, ledgerId },
      ]),
    );
  });
  return { find: (identityId) => names.find(hashSecretAsText(identityId)) };
}
