import type { Queryable } from './database.ts';

/** The settings without which PostgreSQL may lose what it has confirmed, or all of it. */
const NEEDED = ['fsync', 'full_page_writes', 'synchronous_commit'];

/**
 * Reads the settings as our own connections see them, so also what is set for the role or the database.
 *
 * @returns the names of those that are off; none is as it must be.
 */
export async function findUnsafeSettings(queryable: Queryable): Promise<string[]> {
  const { rows } = await queryable.query<{ name: string }>(
    `SELECT name FROM pg_settings WHERE name = ANY ($1) AND setting = 'off' ORDER BY name`,
    [NEEDED],
  );
  return rows.map((row) => row.name);
}
