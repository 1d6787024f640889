import { readDueAccounts } from '../store/lot-rows.ts';
import { bookWhatIsDue } from './book-what-is-due.ts';
import type { Services } from './services.ts';

/** Books what falls due on accounts that nobody looks at, a little at a time. */
export interface Sweeper {
  /** How long the longest overdue credit has waited, in milliseconds, as last seen; 0 when nothing waits. */
  readonly lagMs: number;
  stop(): Promise<void>;
}

const PERIOD_MS = 2_000;
const SIDE_BY_SIDE = 20;
/** Accounts of one round when nobody else has work for the door. */
const LARGEST_ROUND = 2_000;

/** Starts the sweeper. A round that fails is logged; the next one tries again. */
export function startSweeper(services: Services): Sweeper {
  let lagMs = 0;
  let lastJobs = services.writer.figures.jobs;
  let round: Promise<void> | undefined;
  const sweep = async () => {
    const { jobs, waiting } = services.writer.figures;
    // While others wait, sweeping takes at most a tenth of the door's work.
    const share = waiting > 0 ? Math.max(1, Math.floor((jobs - lastJobs) / 10)) : LARGEST_ROUND;
    lastJobs = jobs;
    const offsetMs = services.clockOffsetMs?.() ?? 0;
    const due = await readDueAccounts(services.database.pool, offsetMs, Math.min(share, LARGEST_ROUND));
    lagMs = due[0]?.overdueMs ?? 0;
    const left = due.map(({ accountId }) => accountId);
    const work = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await bookWhatIsDue(services, next);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  };
  const timer = setInterval(() => {
    round ??= sweep()
      .catch((error: unknown) => services.log.warn({ err: error }, 'sweeping due credit failed'))
      .finally(() => {
        round = undefined;
      });
  }, PERIOD_MS).unref();
  return {
    get lagMs() {
      return lagMs;
    },
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
