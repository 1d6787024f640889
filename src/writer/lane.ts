import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { IdCipher } from '../ids.ts';
import { lockFreeAccounts } from '../store/account-rows.ts';
import { numberArray } from '../store/array-parameter.ts';
import type { Database } from '../store/database.ts';
import { noteSessionUse } from '../store/session-use.ts';
import { answerAll, answerInDoubt, tellAddresses } from './answer-jobs.ts';
import { overloaded } from './answers.ts';
import { causeOf, type FailureKind, failureKind } from './failure-kind.ts';
import type { Job } from './job.ts';
import type { BatchPlan } from './plan-batch.ts';
import { BatchInDoubt, type SentBatch, type StartedBatch, sendBatch, startBatch } from './play-batch.ts';
import { settleDoubt } from './settle-doubt.ts';
import { WaitingJobs } from './waiting-jobs.ts';

/** What a lane works with, and how patient it is. */
export interface LaneOptions {
  readonly name: string;
  readonly database: Database;
  readonly ids: IdCipher;
  readonly log: Logger;
  readonly clockOffsetMs: () => number;
  /** How long a batch waits for accounts that somebody else has locked. */
  readonly lockTimeoutMs: number;
  /** A lane for jobs of accounts that stay locked; without one they are refused when the wait is over. */
  readonly giveLocked?: ((jobs: readonly Job[]) => void) | undefined;
  /** Whether a batch may hold several accounts. */
  readonly oneAccountEach: boolean;
  readonly onBatch?: ((jobs: number) => void) | undefined;
  /** Is told the customer's address of each spend and hold once it is on disk. */
  readonly onAddress?: ((ip: string) => void) | undefined;
}

/** A batch that gets no answer for this long has lost its connection, which is cut: that fails all that it owes. */
const LONGEST_BATCH_MS = 10_000;
/** PostgreSQL keeps a plan until the next ANALYZE, which may be far: one for a table of ten rows would read a million. */
const PLANS_LAST_MS = 10_000;
const MOST_TRIES = 3;
const RECONNECT_PAUSE_MS = 100;

interface WatchedBatch {
  readonly started: StartedBatch;
  /** Cuts the connection when the batch takes too long. */
  readonly watchdog: NodeJS.Timeout;
}

/**
 * One connection that writes batches, one after the other. While one is being written, arriving jobs wait in
 * the next; there is no timer, so a batch is as large as the load makes it.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #waiting: WaitingJobs;
  #client: pg.Client | undefined;
  #running: Promise<void> | undefined;
  #doubts = new Set<Promise<void>>();
  #plansSinceMs = performance.now();
  #warned = false;
  #away = false;
  readonly #overdueTimer: NodeJS.Timeout;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#waiting = new WaitingJobs(options.oneAccountEach);
    this.#overdueTimer = setInterval(() => this.#waiting.refuseOverdue(), 250).unref();
  }

  get waiting(): number {
    return this.#waiting.count;
  }

  push(job: Job): void {
    this.#waiting.add(job);
    this.#run();
  }

  /** Puts jobs back in front of those that came later. */
  putBack(jobs: readonly Job[]): void {
    this.#waiting.putBack(jobs);
    this.#run();
  }

  /** Waits until all jobs have their answer, then closes the connection. Nothing may be pushed any more. */
  async stop(): Promise<void> {
    while (this.#running || this.#doubts.size > 0) await Promise.all([this.#running, ...this.#doubts]);
    clearInterval(this.#overdueTimer);
    await this.#client?.end();
  }

  #run(): void {
    // Started in the next turn, so that the jobs of one turn share a batch.
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      let batch: WatchedBatch | undefined;
      while (batch || this.#waiting.count > 0) {
        batch ??= await this.#startNext();
        batch &&= await this.#play(batch);
      }
      this.#running = undefined;
    });
  }

  /** @returns undefined when there is no connection, or nothing left to do. */
  async #startNext(): Promise<WatchedBatch | undefined> {
    const client = await this.#connected();
    return client && this.#start(client);
  }

  #start(client: pg.Client): WatchedBatch | undefined {
    const jobs = this.#waiting.takeBatch();
    if (jobs.length === 0) return undefined;
    for (const job of jobs) job.tries += 1;
    this.#renewPlans(client);
    const watchdog = setTimeout(() => this.#cut(client), LONGEST_BATCH_MS);
    return { started: startBatch(client, jobs, this.#options.clockOffsetMs()), watchdog };
  }

  /** Between two transactions: what comes next is planned for the tables as they are now. */
  #renewPlans(client: pg.Client): void {
    const nowMs = performance.now();
    if (nowMs - this.#plansSinceMs < PLANS_LAST_MS) return;
    this.#plansSinceMs = nowMs;
    // Should it fail, the batch behind it fails as well and says why.
    client.query('DISCARD PLANS').catch(() => undefined);
  }

  /**
   * Plays a started batch to its end. Where enough jobs wait, the next batch is started right behind the COMMIT of
   * this one, so that PostgreSQL has work while we answer this one's callers.
   *
   * @returns the next batch, if it was started.
   */
  async #play({ started, watchdog }: WatchedBatch): Promise<WatchedBatch | undefined> {
    const { client, jobs } = started;
    let sent: SentBatch | undefined;
    let next: WatchedBatch | undefined;
    try {
      sent = await sendBatch(started, this.#options.ids);
      this.#warned = false;
      if (this.#client === client && this.#waiting.areWorthABatch) next = this.#start(client);
      await sent.committed;
    } catch (error) {
      await this.#recover(started, error, sent !== undefined);
      return next;
    } finally {
      clearTimeout(watchdog);
    }
    // Behind the commit, where an error is no longer one of the batch: playing it again would double all of it.
    this.#options.onBatch?.(jobs.length);
    const { answers, staleSessions } = sent.plan;
    if (this.#warned) answerInDoubt(answers);
    else answerAll(answers);
    tellAddresses(answers, this.#options.onAddress);
    for (const sessionId of staleSessions) noteSessionUse(this.#options, sessionId, 0);
    return next;
  }

  async #connected(): Promise<pg.Client | undefined> {
    if (this.#client) return this.#client;
    const { name, database, lockTimeoutMs, log } = this.#options;
    try {
      const client = await database.connectLane(name, lockTimeoutMs);
      client.on('end', () => this.#forget(client));
      // PostgreSQL warns, and answers COMMIT all the same, when the wait for a synchronous standby was cut short.
      client.on('notice', ({ severity }) => {
        if (severity === 'WARNING') this.#warned = true;
      });
      this.#client = client;
      if (this.#away) log.info({ lane: name }, 'the writer reaches the database again');
      this.#away = false;
      return client;
    } catch (error) {
      // Told once, not at every attempt: there are ten a second.
      if (!this.#away)
        log.warn({ err: error, lane: name }, 'the writer cannot reach the database; trying on');
      this.#away = true;
      await sleep(RECONNECT_PAUSE_MS);
      this.#waiting.refuseOverdue();
      return undefined;
    }
  }

  #cut(client: pg.Client): void {
    this.#forget(client);
    // The driver has no other way to give up a connection without waiting for its answer.
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
  }

  /** @param isOver whether the transaction has ended; the next one may be running on its connection. */
  async #recover({ client, jobs }: StartedBatch, error: unknown, isOver: boolean): Promise<void> {
    const { log, name } = this.#options;
    if (error instanceof BatchInDoubt) {
      log.warn({ err: error, lane: name, jobs: jobs.length }, 'the outcome of a batch is in doubt');
      this.#cut(client);
      const settled = this.#settle(error.plan).finally(() => this.#doubts.delete(settled));
      this.#doubts.add(settled);
      return;
    }
    const kind = failureKind(error);
    // A failed transaction still holds its locks; a connection that cannot even roll back is given up.
    if (!isOver) await client.query('ROLLBACK').catch(() => this.#cut(client));
    if (kind === 'locked' && !isOver) await this.#partLocked(client, jobs, error);
    else this.#retryOrRefuse(jobs, kind === 'locked' ? 'passing' : kind, error);
  }

  /** Nothing has happened to these jobs: they go again, all or one by one, or are refused. */
  #retryOrRefuse(jobs: readonly Job[], kind: FailureKind, error: unknown): void {
    const { log, name } = this.#options;
    const cause = causeOf(error);
    if (kind === 'passing') {
      log.warn({ err: cause, lane: name, jobs: jobs.length }, 'a batch failed and is tried again');
      const again = jobs.filter((job) => job.tries < MOST_TRIES);
      for (const job of jobs) if (job.tries >= MOST_TRIES) job.reject(overloaded());
      this.putBack(again);
    } else if (kind === 'unavailable') {
      log.error({ err: cause, lane: name, jobs: jobs.length }, 'the database cannot write');
      for (const job of jobs) job.reject(overloaded());
    } else if (jobs.length > 1 && jobs.some(({ alone }) => !alone)) {
      // A group is never parted: one that was alone already is at fault as a whole.
      log.error({ err: cause, lane: name, jobs: jobs.length }, 'a batch failed and is played job by job');
      for (const job of jobs) job.alone = true;
      this.putBack(jobs);
    } else {
      for (const job of jobs) job.reject(cause);
    }
  }

  /** Somebody else holds one of the accounts: the others go on, those are left to the lane that can wait. */
  async #partLocked(client: pg.Client, jobs: readonly Job[], error: unknown): Promise<void> {
    const { giveLocked } = this.#options;
    if (!giveLocked) {
      for (const job of jobs) job.reject(overloaded());
      return;
    }
    try {
      await client.query('BEGIN');
      const free = new Set(
        await lockFreeAccounts(client, numberArray([...new Set(jobs.map((job) => job.accountId))])),
      );
      await client.query('ROLLBACK');
      giveLocked(jobs.filter((job) => !free.has(job.accountId)));
      this.putBack(jobs.filter((job) => free.has(job.accountId)));
    } catch {
      this.#cut(client);
      this.#retryOrRefuse(jobs, 'passing', error);
    }
  }

  async #settle(plan: BatchPlan): Promise<void> {
    const verdict = await settleDoubt(this.#options.database, plan);
    this.#options.log.warn({ lane: this.#options.name, verdict }, 'a doubt was settled');
    if (verdict === 'committed') {
      answerAll(plan.answers);
      tellAddresses(plan.answers, this.#options.onAddress);
    } else if (verdict === 'unknown') answerInDoubt(plan.answers);
    else
      this.#retryOrRefuse(
        plan.answers.map(({ job }) => job),
        'passing',
        new Error('the commit did not happen'),
      );
  }
}
