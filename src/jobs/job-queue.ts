import type { TaskList } from 'graphile-worker';
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { JOB_SCHEMA } from '../store/job-rows.ts';

/** Work for later, in PostgreSQL: it outlives this process, and any process of the installation may do it. */
export interface JobQueue {
  /** Adds a job. @throws what the database throws; then there is no job. */
  add(task: string, payload: unknown): Promise<void>;
  /** Finishes the jobs under way. */
  stop(): Promise<void>;
}

const SIDE_BY_SIDE = 2;
/** One to listen, one for each job under way, and one to add. */
const CONNECTIONS = SIDE_BY_SIDE + 2;
const POLL_EVERY_MS = 5_000;
const MOST_ATTEMPTS = 5;

/**
 * Opens the queue and starts to work on it.
 *
 * @param tasks what is done with a job, by the name of its task.
 * @param onEnd is called when it has ended by itself, as it does when the database goes away.
 */
export async function startJobQueue(
  database: Database,
  log: Logger,
  tasks: Readonly<Record<string, (payload: unknown) => Promise<void>>>,
  onEnd: () => void,
): Promise<JobQueue> {
  // Loaded here, so that programs that run no jobs do not pay for it.
  const { Logger: WorkerLogger, run } = await import('graphile-worker');
  const pgPool = database.openPool('purser jobs', CONNECTIONS);
  const logger = new WorkerLogger(() => (level, message, meta) => {
    const error = meta && 'error' in meta ? meta.error : undefined;
    if (level === 'error' || level === 'warning') log.warn({ err: error }, `job queue: ${message}`);
    else log.debug(`job queue: ${message}`);
  });
  const taskList: TaskList = Object.fromEntries(
    Object.entries(tasks).map(([name, work]) => [name, (payload: unknown) => work(payload)]),
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
      async add(task, payload) {
        await runner.addJob(task, payload, { maxAttempts: MOST_ATTEMPTS });
      },
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
