import type pg from 'pg';
import { readNumbers } from './array-parameter.ts';

/** What is true at the instant of a batch, beside its accounts. */
export interface Moment {
  /** The database's time, Unix milliseconds. */
  readonly clockMs: number;
  /** Of the sessions asked about, those that live; the others have ended, or are not there. */
  readonly living: ReadonlySet<number>;
  /** Of the living, those whose use has not been noted for a day. */
  readonly stale: readonly number[];
}

/**
 * Reads the time and the life of sessions, which goes by real time; only true for a batch once its accounts are
 * locked (rule 10).
 *
 * @param sessionIds an array parameter.
 */
export async function readMoment(client: pg.ClientBase, sessionIds: Buffer): Promise<Moment> {
  const { rows } = await client.query<[string, string | null, string | null]>({
    name: 'read-moment',
    text: `
      SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        array_agg(session_id)::text,
        (array_agg(session_id) FILTER (WHERE last_used_at <= clock_timestamp() - interval '1 day'))::text
      FROM sessions
      WHERE session_id = ANY($1::bigint[]) AND ended_at IS NULL AND expires_at > clock_timestamp()`,
    values: [sessionIds],
    rowMode: 'array',
  });
  const [clockMs, living = null, stale = null] = rows[0] ?? [];
  return {
    clockMs: Number(clockMs),
    living: new Set(readNumbers(living).map(Number)),
    stale: readNumbers(stale).map(Number),
  };
}
