import type { Logger } from 'pino';
import type { IdCipher } from '../ids.ts';
import type { Database } from '../store/database.ts';
import { overloaded } from './answers.ts';
import type { DecidedAnswer, Job, Submission } from './job.ts';
import { Lane } from './lane.ts';

/** The one door to the ledger: everything that changes credit goes through `submit` and nowhere else. */
export interface Writer {
  /**
   * Plays a command and answers once its commit is on disk; a decided refusal is an answer too.
   *
   * @throws Refusal INTERNAL_OVERLOADED (nothing happened), PUBLIC_OUTCOME_IS_UNKNOWN, INTERNAL_RESOURCE_NOT_FOUND.
   */
  submit(submission: Submission): Promise<DecidedAnswer>;
  /**
   * Plays commands of one account all or none, each with its own answer: where one is refused, those that could have
   * been done are refused with PUBLIC_CREDIT_BATCH_NOT_APPLIED. Each is rejected as `submit` would be.
   *
   * @param isSpoilt whether one more belongs to them that is refused already: none of them is done, and who repeats a
   *   request is told what it was answered.
   */
  submitTogether(submissions: readonly Submission[], isSpoilt?: boolean): Promise<DecidedAnswer>[];
  /** Answers what was submitted, then closes the connections. */
  stop(): Promise<void>;
  /** Figures for metrics and for the sweeper, which yields to others. */
  readonly figures: WriterFigures;
}

export interface WriterFigures {
  /** Jobs that wait for a batch now. */
  readonly waiting: number;
  /** Batches and jobs that were committed since the start. */
  readonly batches: number;
  readonly jobs: number;
}

export interface WriterOptions {
  readonly database: Database;
  readonly ids: IdCipher;
  readonly log: Logger;
  /** Connections that write side by side, each its own range of accounts. One is enough on two cores. */
  readonly lanes?: number;
  /** More jobs than this do not wait, they are refused. */
  readonly longestQueue?: number;
  /** Is told the customer's address of each spend and hold once it is on disk; must not wait for anything. */
  readonly onAddress?: (ip: string) => void;
  /** For tests: what the ledger's clock is ahead of the database's, in milliseconds. */
  readonly clockOffsetMs?: () => number;
}

// Long enough for another process's batch, short enough that one stuck row does not hold the rest up for long.
const LOCK_TIMEOUT_MS = 500;
const LOCK_TIMEOUT_ASIDE_MS = 4_000;

/** Starts the writer; its connections are made when first needed. */
export function startWriter(options: WriterOptions): Writer {
  const {
    database,
    ids,
    log,
    lanes: count = 1,
    longestQueue = 10_000,
    clockOffsetMs = () => 0,
    onAddress,
  } = options;
  const figures = { waiting: 0, batches: 0, jobs: 0 };
  // Accounts that somebody else keeps locked, with the number of their jobs in the side lane.
  const aside = new Map<number, number>();
  const common = {
    database,
    ids,
    log,
    clockOffsetMs,
    onAddress,
    onBatch(jobs: number) {
      figures.batches += 1;
      figures.jobs += jobs;
    },
  };
  const sideLane = new Lane({
    ...common,
    name: 'purser side lane',
    lockTimeoutMs: LOCK_TIMEOUT_ASIDE_MS,
    oneAccountEach: true,
  });
  const giveLocked = (jobs: readonly Job[]) => {
    for (const job of jobs) pushAside(job);
  };
  const pushAside = (job: Job) => {
    aside.set(job.accountId, (aside.get(job.accountId) ?? 0) + 1);
    const leave = () => {
      const left = (aside.get(job.accountId) ?? 1) - 1;
      if (left > 0) aside.set(job.accountId, left);
      else aside.delete(job.accountId);
    };
    const { resolve, reject } = job;
    job.resolve = (answer) => {
      leave();
      resolve(answer);
    };
    job.reject = (error) => {
      leave();
      reject(error);
    };
    sideLane.push(job);
  };
  const lanes = Array.from(
    { length: count },
    (_, i) =>
      new Lane({
        ...common,
        name: `purser lane ${i + 1}`,
        lockTimeoutMs: LOCK_TIMEOUT_MS,
        oneAccountEach: false,
        giveLocked,
      }),
  );
  const waiting = () => lanes.reduce((sum, lane) => sum + lane.waiting, sideLane.waiting);
  let stopping = false;

  const push = (submission: Submission, submittedAtMs: number): Promise<DecidedAnswer> =>
    new Promise((resolve, reject) => {
      const job: Job = { ...submission, submittedAtMs, tries: 0, alone: false, resolve, reject };
      if (aside.size > 0 && aside.has(job.accountId)) pushAside(job);
      else lanes[job.accountId % count]?.push(job);
    });
  const isFull = () => stopping || waiting() >= longestQueue;

  return {
    submit: (submission) => (isFull() ? Promise.reject(overloaded()) : push(submission, performance.now())),
    submitTogether(submissions, isSpoilt = false) {
      if (isFull()) return submissions.map(() => Promise.reject(overloaded()));
      const group = { isSpoilt };
      // One instant for all, so that those who have waited too long are all of them or none.
      const submittedAtMs = performance.now();
      return submissions.map((submission) => push({ ...submission, group }, submittedAtMs));
    },
    async stop() {
      stopping = true;
      // A lane that stops may still hand jobs to the side lane, so that one comes last.
      await Promise.all(lanes.map((lane) => lane.stop()));
      await sideLane.stop();
    },
    get figures() {
      return { ...figures, waiting: waiting() };
    },
  };
}
