import type pg from 'pg';

/** Whether a session lives at this moment, and whether its use has not been noted for a day. */
export interface SessionLife {
  readonly sessionId: number;
  readonly lives: boolean;
  readonly useIsStale: boolean;
}

/** Reads the life of these sessions, in real time; a session that is not there is not in the result. */
export async function readSessionLives(client: pg.ClientBase, sessionIds: Buffer): Promise<SessionLife[]> {
  const { rows } = await client.query<[string, boolean, boolean]>({
    name: 'read-session-lives',
    text: `
      SELECT session_id, ended_at IS NULL AND expires_at > clock_timestamp(),
        last_used_at <= clock_timestamp() - interval '1 day'
      FROM sessions WHERE session_id = ANY($1::bigint[])`,
    values: [sessionIds],
    rowMode: 'array',
  });
  return rows.map(([sessionId, lives, useIsStale]) => ({ sessionId: Number(sessionId), lives, useIsStale }));
}
