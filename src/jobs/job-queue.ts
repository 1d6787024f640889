import { once } from 'node:events';
import type { Task, TaskList, Logger as WorkerLogger } from 'graphile-worker';
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { JOB_SCHEMA } from '../store/job-rows.ts';

/** An attempt to do a job. */
export interface Attempt {
  /** When it fails too, the job is not tried again. */
  readonly isLast: boolean;
  /** Fires when the process cannot wait any longer for the job's end: it stops. */
  readonly signal: AbortSignal;
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
/** What a stop waits for the jobs under way before it breaks them off; they are tried again. */
const STOP_PATIENCE_MS = 2_000;
/**
 * Ends of jobs are noted in batches, however small: without them the queue notes them unheard, so that a database that
 * is away just then ends the process, and a stop does not wait for them.
 */
const PRESET = {
  worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0, gracefulShutdownAbortTimeout: 2 ** 31 - 1 },
};

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
  // Not the queue's own, which ends before it has noted the jobs that it breaks off.
  const breaking = new AbortController();
  const broken = once(breaking.signal, 'abort').then(() => Promise.reject(new Error('the process stops')));
  broken.catch(() => undefined);
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, work]): [string, Task] => [
      name,
      (payload, { job }) => {
        const isLast = job.attempts >= job.max_attempts;
        return Promise.race([work(payload, { isLast, signal: breaking.signal }), broken]);
      },
    ]),
  );
  try {
    const runner = await run({
      ...{ pgPool, logger, taskList, schema: JOB_SCHEMA, preset: PRESET },
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
    // Where the database is away, its promise may never settle.
    runner.events.once('stop', () => end());
    return {
      async stop() {
        if (stopping) return;
        stopping = true;
        const timer = setTimeout(() => breaking.abort(), STOP_PATIENCE_MS);
        await runner.stop().catch(() => undefined);
        clearTimeout(timer);
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
