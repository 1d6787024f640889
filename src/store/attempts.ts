import type { Queryable } from './database.ts';

/** How attempts of one sort are slowed. */
export interface AttemptRule {
  /** So many go through at once; each further one waits twice as long as the one before. */
  readonly free: number;
  /** One counted attempt is forgotten after each such time without another. */
  readonly forgetEachMs: number;
}

/** The first wait is 2 seconds, the tenth and every later one this long. */
const LONGEST_WAIT_SECONDS = 900;
const WAITS = 10;

/**
 * Counts an attempt before it is known how it ends, so that of many at once no more go through than one after
 * another. One that comes too early is not counted, so that it prolongs nothing.
 *
 * @param subject what is counted for.
 * @returns whether it may go on; how it ended is told by `clearAttempts` or `giveAttemptBack`.
 */
export async function takeAttempt(
  queryable: Queryable,
  subject: string,
  { free, forgetEachMs }: AttemptRule,
): Promise<boolean> {
  const { rows } = await queryable.query(
    `INSERT INTO attempts AS a (subject, count, last_at) VALUES ($1, 1, now())
     ON CONFLICT (subject) DO UPDATE SET
       count = least($2::integer + $4, 1 + greatest(0, a.count -
         floor(greatest(0, extract(epoch FROM now() - a.last_at)) * 1000 / $3)))::integer,
       last_at = greatest(a.last_at, now())
     WHERE a.count < $2::integer
       OR now() >= a.last_at + least($5, 2 ^ (a.count - $2::integer + 1)) * interval '1 second'
     RETURNING 1`,
    [subject, free, forgetEachMs, WAITS, LONGEST_WAIT_SECONDS],
  );
  return rows.length > 0;
}

/** Forgets one counted attempt: it was none, or it succeeded where only failures of many count. */
export async function giveAttemptBack(queryable: Queryable, subject: string): Promise<void> {
  await queryable.query('UPDATE attempts SET count = count - 1 WHERE subject = $1 AND count > 0', [subject]);
}

/** Forgets all that was counted. */
export async function clearAttempts(queryable: Queryable, subject: string): Promise<void> {
  await queryable.query('DELETE FROM attempts WHERE subject = $1', [subject]);
}

/** Forgets all that was counted for what lies below a subject: whose names begin with its own and a colon. */
export async function clearAttemptsBelow(queryable: Queryable, subject: string): Promise<void> {
  // A semicolon comes next after a colon.
  await queryable.query('DELETE FROM attempts WHERE subject > $1 AND subject < $2', [
    `${subject}:`,
    `${subject};`,
  ]);
}

/** Notes that something has happened for this subject now. */
export async function noteInstant(queryable: Queryable, subject: string): Promise<void> {
  await queryable.query(
    `INSERT INTO attempts (subject, count, last_at) VALUES ($1, 1, now())
     ON CONFLICT (subject) DO UPDATE SET last_at = now()`,
    [subject],
  );
}

/** @returns whether nothing has happened for this subject for so long. */
export async function isTurn(queryable: Queryable, subject: string, everyMs: number): Promise<boolean> {
  const { rows } = await queryable.query(
    `SELECT FROM attempts WHERE subject = $1 AND last_at > now() - $2 * interval '1 ms'`,
    [subject, everyMs],
  );
  return rows.length === 0;
}

/** Notes that something happens for this subject, unless it did not so long ago. @returns whether it may. */
export async function takeTurn(queryable: Queryable, subject: string, everyMs: number): Promise<boolean> {
  const { rows } = await queryable.query(
    `INSERT INTO attempts AS a (subject, count, last_at) VALUES ($1, 1, now())
     ON CONFLICT (subject) DO UPDATE SET last_at = now()
     WHERE a.last_at <= now() - $2 * interval '1 ms'
     RETURNING 1`,
    [subject, everyMs],
  );
  return rows.length > 0;
}

/** Deletes what nothing hangs on any more: no wait and no memory of it lasts a day. */
export async function deleteOldAttempts(queryable: Queryable): Promise<void> {
  await queryable.query(`DELETE FROM attempts WHERE last_at < now() - interval '1 day'`);
}
