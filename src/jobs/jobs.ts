import type { Logger } from 'pino';
import type { AddressesOfDay } from '../operations/resolve-addresses.ts';
import type { Database, Transaction } from '../store/database.ts';
import { hasJobSchema, insertJob } from '../store/job-rows.ts';
import { makeJobSchema } from './job-queue.ts';

/** What each task is given. tasks.ts says what is done with it. */
export interface Payloads {
  readonly 'resolve-addresses': AddressesOfDay;
  readonly 'send-mail': { readonly mailId: number };
  /** Tells the shop the state that the order has when the job is done. */
  readonly 'notify-order': { readonly ledgerId: number; readonly orderId: number };
}

export type TaskName = keyof Payloads;

const ABOUT_A_DAY = 13;

/** Each attempt comes e times as long after the last as that did, from 3 seconds to 6 hours: 13 make 22 hours. */
const MOST_ATTEMPTS: Readonly<Record<TaskName, number>> = {
  'resolve-addresses': 5,
  'send-mail': ABOUT_A_DAY,
  'notify-order': ABOUT_A_DAY,
};

/** Work for later, in PostgreSQL: it outlives this process, and any server of the installation may do it. */
export class Jobs {
  /** What has become of jobs in this process. */
  readonly figures = { givenUp: 0 };
  readonly #database: Database;
  readonly #log: Logger;
  #hasSchema = false;
  #onWake: (() => void) | undefined;

  constructor({ database, log }: { readonly database: Database; readonly log: Logger }) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Adds a job. With `tx` it exists exactly if that commits; call `wake` afterwards.
   *
   * @throws what the database throws; then there is no job.
   */
  async add<Name extends TaskName>(task: Name, payload: Payloads[Name], tx?: Transaction): Promise<void> {
    const queryable = tx ?? this.#database.pool;
    // Asked on the caller's own connection: with all others taken by transactions like it, none would get on.
    if (!this.#hasSchema && !(await hasJobSchema(queryable))) await makeJobSchema(this.#database, this.#log);
    this.#hasSchema = true;
    await insertJob(queryable, { task, payload, mostAttempts: MOST_ATTEMPTS[task] });
    if (!tx) this.wake();
  }

  /** Tells this process, where it works on jobs, that there are some. */
  wake(): void {
    this.#onWake?.();
  }

  /** Called by what works on them; see work-on-jobs.ts. */
  onWake(look: () => void): void {
    this.#onWake = look;
  }
}
