import { overloaded } from './answers.ts';
import { type Job, wholeGroups } from './job.ts';

const LARGEST_BATCH = 500;
/** Fewer jobs than this are not worth parting. */
const SMALLEST_SHARE = 32;
/** A job that has waited this long for its batch is refused: nothing has happened to it. */
const LONGEST_WAIT_MS = 5_000;

/** The jobs that wait for a lane, in the order of their arrival. */
export class WaitingJobs {
  readonly #oneAccountEach: boolean;
  #jobs: Job[] = [];
  #lastSize = 0;

  /** @param oneAccountEach whether a batch may hold one account alone. */
  constructor(oneAccountEach: boolean) {
    this.#oneAccountEach = oneAccountEach;
  }

  get count(): number {
    return this.#jobs.length;
  }

  /** Whether so many wait that a batch of them is worth starting while another one is being written. */
  get areWorthABatch(): boolean {
    return this.#jobs.length >= SMALLEST_SHARE;
  }

  add(job: Job): void {
    this.#jobs.push(job);
  }

  /** Puts jobs back in front of those that came later. */
  putBack(jobs: readonly Job[]): void {
    this.#jobs.unshift(...jobs);
  }

  /** Takes out what makes the next batch. @returns nothing where nobody waits. */
  takeBatch(): Job[] {
    this.refuseOverdue();
    const [first] = this.#jobs;
    // One bad row fails its whole batch, so members of a failed batch go one by one.
    if (first?.alone) return this.#jobs.splice(0, wholeGroups(this.#jobs, 1));
    if (!this.#oneAccountEach) return this.#jobs.splice(0, wholeGroups(this.#jobs, this.#nextSize()));
    const ofFirst = this.#jobs.filter((job) => job.accountId === first?.accountId);
    const jobs = ofFirst.slice(0, wholeGroups(ofFirst, LARGEST_BATCH));
    const taken = new Set(jobs);
    this.#jobs = this.#jobs.filter((job) => !taken.has(job));
    return jobs;
  }

  /** Refuses those who have waited too long. */
  refuseOverdue(): void {
    const overdueAtMs = performance.now() - LONGEST_WAIT_MS;
    const overdue = this.#jobs.filter((job) => job.submittedAtMs < overdueAtMs);
    if (overdue.length === 0) return;
    this.#jobs = this.#jobs.filter((job) => job.submittedAtMs >= overdueAtMs);
    for (const job of overdue) job.reject(overloaded());
  }

  /**
   * Half of those who are about, the ones just answered included. Taken all at once, callers who wait for their
   * answers would all wait together: PostgreSQL would stand idle while their next requests are read, and we while
   * it writes. Two halves take turns.
   */
  #nextSize(): number {
    const half = Math.ceil((this.#jobs.length + this.#lastSize) / 2);
    const size = Math.min(LARGEST_BATCH, Math.max(SMALLEST_SHARE, half));
    this.#lastSize = Math.min(size, this.#jobs.length);
    return size;
  }
}
