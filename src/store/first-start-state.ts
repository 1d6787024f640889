import type { Queryable } from './database.ts';

/** How far the first start has come: it makes several things one after the other, and may be killed in between. */
export type FirstStartState = 'begun' | 'done';

const NAME = 'first-start';

/** @returns undefined for a database on which no server has started yet. */
export async function readFirstStart(queryable: Queryable): Promise<FirstStartState | undefined> {
  const { rows } = await queryable.query<{ state: string }>(
    `SELECT convert_from(value, 'UTF8') AS state FROM installation_values WHERE name = $1`,
    [NAME],
  );
  const [row] = rows;
  return row && (row.state === 'done' ? 'done' : 'begun');
}

/** Notes how far the first start has come. */
export async function writeFirstStart(queryable: Queryable, state: FirstStartState): Promise<void> {
  await queryable.query(
    `INSERT INTO installation_values (name, value) VALUES ($1, convert_to($2, 'UTF8'))
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [NAME, state],
  );
}
