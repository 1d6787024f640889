import type { Task, TaskList, Logger as WorkerLogger } from 'graphile-worker';
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { JOB_SCHEMA } from '../store/job-rows.ts';

/** An attempt to do a job. */
export interface Attempt {
  /** When it fails too, the job is not tried again. */
  readonly isLast: boolean;
}

/** What is done with a job. One that throws is tried again later. */
export type Work = (payload: unknown, attempt: Attempt) => Promise<void>;

/** The jobs that this process does. */
export interface JobQueue {
  /** Finishes the jobs under way. */
  stop(): Promise<void>;
}

const SIDE_BY_SIDE = 4;
/** One to listen, and one for the beginning and end of each job. */
const CONNECTIONS = SIDE_BY_SIDE + 1;
const POLL_EVERY_MS = 5_000;

/** Makes the queue's tables, for who adds the installation's first job. */
export async function makeJobSchema(database: Database, log: Logger): Promise<void> {
  const { runMigrations } = await import('graphile-worker');
  const logger = await workerLogger(log);
  const pgPool = database.openPool('purser jobs', 1);
  try {
    await runMigrations({ pgPool, logger, schema: JOB_SCHEMA });
  } finally {
    await pgPool.end();
  }
}

/**
 * Starts to work on the queue.
 *
 * @param tasks what is done with a job, by the name of its task.
 * @param onEnd is called when it has ended by itself, as it does when the database goes away.
 */
export async function startJobQueue(
  database: Database,
  log: Logger,
  tasks: Readonly<Record<string, Work>>,
  onEnd: () => void,
): Promise<JobQueue> {
  // Loaded here, so that programs that run no jobs do not pay for it.
  const { run } = await import('graphile-worker');
  const pgPool = database.openPool('purser jobs', CONNECTIONS);
  const logger = await workerLogger(log);
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, work]): [string, Task] => [
      name,
      (payload, { job }) => work(payload, { isLast: job.attempts >= job.max_attempts }),
    ]),
  );
  try {
    const runner = await run({
      ...{ pgPool, logger, taskList, schema: JOB_SCHEMA },
      ...{
        concurrency: SIDE_BY_SIDE,
        pollInterval: POLL_EVERY_MS,
        noHandleSignals: true,
        parsedCronItems: [],
      },
    });
    let stopping = false;
    const end = (error?: unknown) => {
      if (stopping) return;
      stopping = true;
      log.warn({ err: error }, 'the job queue has ended; it is opened again');
      void pgPool.end().catch(() => undefined);
      onEnd();
    };
    runner.promise.then(() => end(), end);
    return {
      async stop() {
        if (stopping) return;
        stopping = true;
        await runner.stop().catch(() => undefined);
        await pgPool.end();
      },
    };
  } catch (error) {
    await pgPool.end();
    throw error;
  }
}

async function workerLogger(log: Logger): Promise<WorkerLogger> {
  const { Logger: LoggerOf } = await import('graphile-worker');
  return new LoggerOf(() => (level, message, meta) => {
    const error = meta && 'error' in meta ? meta.error : undefined;
    if (level === 'error' || level === 'warning') log.warn({ err: error }, `job queue: ${message}`);
    else log.debug(`job queue: ${message}`);
  });
}
