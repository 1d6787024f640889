import type { Queryable } from './database.ts';

/** The job queue's own schema; it keeps its tables up to date by itself. */
export const JOB_SCHEMA = 'purser_jobs';

/** @returns whether any process has opened the job queue of this database before. */
export async function hasJobSchema(queryable: Queryable): Promise<boolean> {
  const { rows } = await queryable.query<{ found: boolean }>({
    name: 'has-job-schema',
    // Its own migrations make a table of this name first, and one of the last a view: while they run, nothing fits yet.
    text: `SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass($1) AND relkind = 'v') AS found`,
    values: [`${JOB_SCHEMA}.jobs`],
  });
  return rows[0]?.found ?? false;
}

/** @returns whether there are jobs to do, now or later. The schema must be there. */
export async function hasJobs(queryable: Queryable): Promise<boolean> {
  const { rows } = await queryable.query<{ found: boolean }>({
    name: 'has-jobs',
    text: `SELECT EXISTS (SELECT FROM ${JOB_SCHEMA}.jobs WHERE attempts < max_attempts) AS found`,
  });
  return rows[0]?.found ?? false;
}

/** A job to be added. */
export interface NewJob {
  readonly task: string;
  readonly payload: unknown;
  readonly mostAttempts: number;
}

/** Adds a job; in a transaction it exists exactly if that commits. The schema must be there. */
export async function insertJob(queryable: Queryable, job: NewJob): Promise<void> {
  await queryable.query({
    name: 'insert-job',
    text: `
      SELECT FROM ${JOB_SCHEMA}.add_job(identifier => $1, payload => $2::json, max_attempts => $3)`,
    values: [job.task, JSON.stringify(job.payload), job.mostAttempts],
  });
}

/**
 * Frees what was begun longer ago than any job takes: its process has died. The queue's own patience is four hours.
 */
export async function freeAbandonedJobs(queryable: Queryable, olderThanMs: number): Promise<void> {
  await queryable.query({
    name: 'free-abandoned-jobs',
    text: `
      SELECT ${JOB_SCHEMA}.force_unlock_workers(array_agg(DISTINCT locked_by)) FROM ${JOB_SCHEMA}.jobs
      WHERE locked_at < now() - $1::float8 * interval '1 ms' HAVING count(*) > 0`,
    values: [olderThanMs],
  });
}
