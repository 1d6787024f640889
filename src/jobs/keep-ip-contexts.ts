import { setTimeout as sleep } from 'node:timers/promises';
import { dayOf } from '../ip/seen-addresses.ts';
import { type AddressesOfDay, resolveAddresses } from '../operations/resolve-addresses.ts';
import type { Services } from '../operations/services.ts';
import { hasJobSchema } from '../store/job-rows.ts';
import { type JobQueue, startJobQueue } from './job-queue.ts';

const TASK = 'resolve-addresses';
const HAND_ON_EVERY_MS = 2_000;
const OPEN_AGAIN_AFTER_MS = 30_000;
const LOOK_AGAIN_AFTER_MS = 60_000;
const STOP_PATIENCE_MS = 5_000;
/** Few enough for a job to end within a stop's patience, also where every answer comes at the last moment. */
const ADDRESSES_A_JOB = 50;

/** Hands the addresses that were met on to the job queue, and does its jobs. */
export interface IpContextKeeper {
  /** Hands on what waits, then finishes the jobs under way. */
  stop(): Promise<void>;
}

/** Starts it beside the requests. Whatever fails is logged and tried again: nothing that is answered hangs on it. */
export function keepIpContexts(services: Services): IpContextKeeper {
  const { database, log, seenAddresses } = services;
  let queue: JobQueue | undefined;
  let openAgainAt = 0;
  let working: Promise<void> | undefined;
  let isWanted = false;

  const open = async () => {
    if (performance.now() < openAgainAt) return;
    try {
      // The queue takes memory and connections, which who never sends an address need not give.
      isWanted ||= seenAddresses.waiting > 0 || (await hasJobSchema(database.pool));
      if (!isWanted) {
        openAgainAt = performance.now() + LOOK_AGAIN_AFTER_MS;
        return;
      }
      const tasks = {
        [TASK]: (payload: unknown) => resolveAddresses(services, payload as AddressesOfDay),
      };
      queue = await startJobQueue(database, log, tasks, () => {
        queue = undefined;
        openAgainAt = performance.now() + OPEN_AGAIN_AFTER_MS;
      });
    } catch (error) {
      log.warn({ err: error }, 'the job queue cannot be opened; it is tried again');
      openAgainAt = performance.now() + OPEN_AGAIN_AFTER_MS;
    }
  };

  const handOn = async () => {
    if (seenAddresses.waiting > 0 && !isWanted) openAgainAt = 0;
    if (!queue) await open();
    if (!queue) return;
    for (let ips = seenAddresses.take(ADDRESSES_A_JOB); ips.length > 0; ) {
      try {
        if (!queue) throw new Error('the job queue has ended');
        const job: AddressesOfDay = { day: dayOf(Date.now()), ips };
        await queue.add(TASK, job);
      } catch (error) {
        log.warn({ err: error }, 'addresses could not be handed to the job queue; it is tried again');
        seenAddresses.putBack(ips);
        return;
      }
      ips = seenAddresses.take(ADDRESSES_A_JOB);
    }
  };

  const round = () => {
    working ??= handOn().finally(() => {
      working = undefined;
    });
  };
  round();
  const timer = setInterval(round, HAND_ON_EVERY_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await Promise.race([working, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
      if (!queue && seenAddresses.waiting === 0) return;
      // A database that is away must not keep a server from stopping.
      const patience = sleep(STOP_PATIENCE_MS, undefined, { ref: false });
      await Promise.race([handOn().then(() => queue?.stop()), patience]);
    },
  };
}
