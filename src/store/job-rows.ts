import type { Queryable } from './database.ts';

/** The job queue's own schema; it keeps its tables up to date by itself. */
export const JOB_SCHEMA = 'purser_jobs';

/** @returns whether any process has opened the job queue of this database before. */
export async function hasJobSchema(queryable: Queryable): Promise<boolean> {
  const { rows } = await queryable.query<{ found: boolean }>({
    name: 'has-job-schema',
    text: 'SELECT to_regnamespace($1) IS NOT NULL AS found',
    values: [JOB_SCHEMA],
  });
  return rows[0]?.found ?? false;
}
