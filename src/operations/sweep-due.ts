import { randomUUID } from 'node:crypto';
import {
  readAccountsToNote,
  readAccountsToNoteOfLedger,
  readDueAccounts,
  readDueAccountsOfLedger,
  type WaitingAccount,
} from '../store/due-rows.ts';
import { readMovedClocks } from '../store/sandbox-rows.ts';
import type { Services } from './services.ts';

/** Books what falls due on accounts that nobody looks at, and tells of what will, a little at a time. */
export interface Sweeper {
  /** How long the longest overdue credit has waited, in milliseconds, as last seen; 0 when nothing waits. */
  readonly lagMs: number;
  stop(): Promise<void>;
}

const PERIOD_MS = 2_000;
const SIDE_BY_SIDE = 20;
/** Accounts of one round when nobody else has work for the door. */
const LARGEST_ROUND = 2_000;
/** Looking at a sandbox whose clock was moved takes at most this part of the time. */
const LOOK_SHARE = 1 / 20;

/** What a round does with an account. */
interface Task extends WaitingAccount {
  readonly kind: 'book-due' | 'note-expiring';
}

/** Starts the sweeper. A round that fails is logged; the next one tries again. */
export function startSweeper(services: Services): Sweeper {
  const { database, log, writer } = services;
  const rests = new Map<number, number>();
  let lagMs = 0;
  let lastJobs = writer.figures.jobs;
  let round: Promise<void> | undefined;

  const sweep = async () => {
    const { jobs, waiting } = writer.figures;
    // While others wait, sweeping takes at most a tenth of the door's work.
    const share = waiting > 0 ? Math.max(1, Math.floor((jobs - lastJobs) / 10)) : LARGEST_ROUND;
    lastJobs = jobs;
    const tasks = await look(services, Math.min(share, LARGEST_ROUND));
    // A clock that was moved by a year makes nothing a year late: neither the lag nor the order is told by it.
    lagMs = tasks[0]?.overdueMs ?? 0;
    for (const { ledgerId, clockOffsetMs } of await readMovedClocks(database.pool)) {
      if (performance.now() < (rests.get(ledgerId) ?? 0)) continue;
      const startedAt = performance.now();
      try {
        tasks.push(...(await lookAtLedger(services, ledgerId, clockOffsetMs, LARGEST_ROUND)));
      } catch (error) {
        // One sandbox too large to be looked at in time must not keep everybody else's credit waiting.
        log.warn({ err: error, ledgerId }, 'a sandbox whose clock was moved could not be looked at');
      }
      const endedAt = performance.now();
      rests.set(ledgerId, endedAt + (endedAt - startedAt) / LOOK_SHARE);
    }
    await doAll(services, tasks.slice(0, share));
  };

  const timer = setInterval(() => {
    round ??= sweep()
      .catch((error: unknown) => log.warn({ err: error }, 'sweeping due credit failed'))
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

/** @returns what the indexes by time find, in all ledgers alike, the longest overdue first. */
async function look({ database, clockOffsetMs }: Services, limit: number): Promise<Task[]> {
  const offsetMs = clockOffsetMs?.() ?? 0;
  return [
    ...(await readDueAccounts(database.pool, offsetMs, limit)).map(toBook),
    ...(await readAccountsToNote(database.pool, offsetMs, limit)).map(toNote),
  ];
}

async function lookAtLedger(
  { database, clockOffsetMs }: Services,
  ledgerId: number,
  movedByMs: number,
  limit: number,
): Promise<Task[]> {
  const offsetMs = movedByMs + (clockOffsetMs?.() ?? 0);
  return [
    ...(await readDueAccountsOfLedger(database.pool, ledgerId, offsetMs, limit)).map(toBook),
    ...(await readAccountsToNoteOfLedger(database.pool, ledgerId, offsetMs, limit)).map(toNote),
  ];
}

function toBook(account: WaitingAccount): Task {
  return { ...account, kind: 'book-due' };
}

function toNote(account: WaitingAccount): Task {
  return { ...account, kind: 'note-expiring' };
}

/** Gives the door the first ones first, a few at a time. */
async function doAll({ writer }: Services, tasks: readonly Task[]): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) {
      const { accountId, ledgerId, kind } = task;
      await writer.submit({
        ...{ accountId, ledgerId, command: { kind } },
        ...{ author: 'system', requestId: randomUUID() },
      });
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
}
