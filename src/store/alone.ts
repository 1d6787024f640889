import { type Database, PATIENTLY } from './database.ts';

/** What only one process at a time does on a database; the numbers are those of PostgreSQL's advisory locks. */
export const TURNS = { firstStart: 4, housekeeping: 5 } as const;

const NAMESPACE = 21_584;

/**
 * Runs `work` while no other process does the same on this database; waits for its turn. The lock belongs to a
 * connection of its own and ends with it, also when the process is killed.
 */
export async function alone<T>(
  database: Pick<Database, 'pool'>,
  turn: keyof typeof TURNS,
  work: () => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect();
  // Without a listener a connection that breaks while it only holds the lock would end the process.
  client.on('error', () => undefined);
  try {
    await client.query('SET statement_timeout = 0');
    await client.query('SET lock_timeout = 0');
    const values = [NAMESPACE, TURNS[turn]];
    await client.query({ text: 'SELECT pg_advisory_lock($1, $2)', values, ...PATIENTLY });
    return await work();
  } finally {
    // Closed, not reused: that gives up the lock and the changed time-outs at once.
    client.release(true);
  }
}
