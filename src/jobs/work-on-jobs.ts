import { setTimeout as sleep } from 'node:timers/promises';
import { dayOf } from '../ip/seen-addresses.ts';
import type { Services } from '../operations/services.ts';
import { freeAbandonedJobs, hasJobSchema, hasJobs } from '../store/job-rows.ts';
import { type JobQueue, startJobQueue } from './job-queue.ts';
import { tasksOf } from './tasks.ts';

const LOOK_EVERY_MS = 2_000;
const LOOK_AGAIN_AFTER_MS = 30_000;
const STOP_PATIENCE_MS = 5_000;
/** Few enough for a job to end within a stop's patience, also where every answer comes at the last moment. */
const ADDRESSES_A_JOB = 50;
/** Well beyond the longest job, which is a mail to a server that hangs. */
const ABANDONED_AFTER_MS = 120_000;

/** Does the jobs of the installation, beside the requests. */
export interface JobWorker {
  /** Hands on the addresses that wait, then finishes the jobs under way. */
  stop(): Promise<void>;
}

/**
 * Starts to look for jobs. The queue takes memory and connections, which who has no job need not give: it is opened
 * with the first one. Whatever fails is logged and tried again: nothing that is answered hangs on it.
 */
export function workOnJobs(services: Services): JobWorker {
  const { database, log, seenAddresses, jobs } = services;
  let queue: JobQueue | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let isWanted = false;
  let working: Promise<void> | undefined;

  const open = async () => {
    queue = await startJobQueue(database, log, tasksOf(services), () => {
      queue = undefined;
      failedAt = performance.now();
    });
  };

  /** What other processes have added, or left behind when they died. */
  const lookForJobs = async () => {
    lookedAt = performance.now();
    if (!(await hasJobSchema(database.pool))) return;
    await freeAbandonedJobs(database.pool, ABANDONED_AFTER_MS);
    isWanted ||= await hasJobs(database.pool);
  };

  const handOnAddresses = async () => {
    for (let ips = seenAddresses.take(ADDRESSES_A_JOB); ips.length > 0; ) {
      try {
        await jobs.add('resolve-addresses', { day: dayOf(Date.now()), ips });
      } catch (error) {
        seenAddresses.putBack(ips);
        throw error;
      }
      ips = seenAddresses.take(ADDRESSES_A_JOB);
    }
  };

  const look = async () => {
    if (performance.now() - failedAt < LOOK_AGAIN_AFTER_MS) return;
    try {
      if (seenAddresses.waiting > 0) await handOnAddresses();
      if (performance.now() - lookedAt >= LOOK_AGAIN_AFTER_MS) await lookForJobs();
      if (isWanted && !queue) await open();
    } catch (error) {
      log.warn({ err: error }, 'the job queue cannot be used; it is tried again');
      failedAt = performance.now();
    }
  };

  const round = () => {
    working ??= look().finally(() => {
      working = undefined;
    });
  };
  jobs.onWake(() => {
    isWanted = true;
    if (!queue) round();
  });
  round();
  const timer = setInterval(round, LOOK_EVERY_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      jobs.onWake(() => undefined);
      const finish = async () => {
        await working;
        if (seenAddresses.waiting > 0) await handOnAddresses().catch(() => undefined);
        await queue?.stop();
      };
      // A database that is away must not keep a server from stopping.
      await Promise.race([finish(), sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
    },
  };
}
