import type { Logger } from 'pino';
import type { Database } from './database.ts';
import { noteUse } from './sessions.ts';

/** What noting needs; the services of the operations have it, and so has the writer. */
export interface UseContext {
  readonly database: Pick<Database, 'pool'>;
  readonly log: Logger;
}

interface Notes {
  /** Sessions noted since the last clearing: a cached last use stays old long after the row is new. */
  readonly noted: Set<number>;
  waiting: number[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const COLLECT_MS = 1_000;
const MAX_NOTED = 50_000;
const notesOf = new WeakMap<Database['pool'], Notes>();

/**
 * Notes that a session was used, at most once a day, so that it lives three months from then. Never waits and
 * never throws: uses are collected for a second and written in one statement beside the money path, and a note
 * that is lost comes again with the next use.
 *
 * @param lastUsedAt Unix milliseconds as last read; may be old, the statement looks itself.
 */
export function noteSessionUse(context: UseContext, sessionId: number, lastUsedAt: number): void {
  if (Date.now() - lastUsedAt < DAY_MS) return;
  const { pool } = context.database;
  const notes = notesOf.get(pool) ?? { noted: new Set<number>(), waiting: [] };
  notesOf.set(pool, notes);
  if (notes.noted.has(sessionId)) return;
  notes.noted.add(sessionId);
  notes.waiting.push(sessionId);
  if (notes.waiting.length === 1) setTimeout(writeNotes, COLLECT_MS, context, notes).unref();
}

function writeNotes({ database, log }: UseContext, notes: Notes): void {
  const sessionIds = notes.waiting;
  notes.waiting = [];
  noteUse(database.pool, sessionIds).then(
    () => {
      // Forgotten a day later, when the next use counts again; earlier where memory asks for it.
      if (notes.noted.size > MAX_NOTED) notes.noted.clear();
      setTimeout(() => forget(notes, sessionIds), DAY_MS).unref();
    },
    (error: unknown) => {
      log.warn({ err: error, sessions: sessionIds.length }, 'the use of sessions could not be noted');
      forget(notes, sessionIds);
    },
  );
}

function forget(notes: Notes, sessionIds: readonly number[]): void {
  for (const sessionId of sessionIds) notes.noted.delete(sessionId);
}
