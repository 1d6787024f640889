import type pg from 'pg';
import type { IdCipher } from '../ids.ts';
import type { AccountState } from '../ledger/account.ts';
import type { AccountRow } from '../store/account-rows.ts';
import { updateAccounts } from '../store/account-rows.ts';
import { insertRefusedRequests } from '../store/answered-keys.ts';
import { insertAccountChanges } from '../store/change-rows.ts';
import { holdBack } from '../store/database.ts';
import { writeDebts } from '../store/debt-rows.ts';
import { insertEntries } from '../store/entry-rows.ts';
import { insertEvents } from '../store/event-rows.ts';
import { writeHolds } from '../store/hold-rows.ts';
import { writeLimits } from '../store/limit-rows.ts';
import { insertLots, updateLots } from '../store/lot-rows.ts';
import type { Job } from './job.ts';
import { judge } from './judge.ts';
import { type BatchPlan, Planner, writesAnything } from './plan-batch.ts';
import {
  allOf,
  type BatchState,
  type JobsByAccount,
  readBatch,
  readFirstStates,
  readWholeAccounts,
} from './read-batch.ts';

/** The database said no, or nothing at all, before COMMIT was sent or by rolling back: nothing has happened. */
export class BatchFailed extends Error {
  override readonly name = 'BatchFailed';
}

/** The answer to COMMIT is not known: the batch is on disk, or not at all. */
export class BatchInDoubt extends Error {
  override readonly name = 'BatchInDoubt';
  // Private, so that a log of the error does not tell what customers did.
  readonly #plan: BatchPlan;

  constructor(plan: BatchPlan, cause: unknown) {
    super('the answer to COMMIT was lost', { cause });
    this.#plan = plan;
  }

  /** What was to be written. */
  get plan(): BatchPlan {
    return this.#plan;
  }
}

/** A batch whose transaction has begun: its accounts are being locked and read. */
export interface StartedBatch {
  readonly client: pg.Client;
  readonly jobs: readonly Job[];
  readonly jobsOf: JobsByAccount;
  readonly reading: Promise<BatchState>;
}

/** A batch that was decided, and whose writes and COMMIT are on their way. */
export interface SentBatch {
  readonly plan: BatchPlan;
  /**
   * Fulfilled once the commit is on disk.
   *
   * @throws BatchFailed when nothing has happened; its transaction is over.
   * @throws BatchInDoubt when that cannot be said.
   */
  readonly committed: Promise<void>;
}

/**
 * Begins a transaction and sends all that locks and reads, without waiting for an answer; it may go right behind
 * the COMMIT of the batch before.
 */
export function startBatch(client: pg.Client, jobs: readonly Job[], clockOffsetMs: number): StartedBatch {
  const jobsOf = groupByAccount(jobs);
  const reading = readBatch(client, jobsOf, clockOffsetMs);
  // Its failure is met by sendBatch, which may come to it only after the batch before has ended.
  reading.catch(() => undefined);
  return { client, jobs, jobsOf, reading };
}

/**
 * Decides a started batch and sends its writes with the COMMIT.
 *
 * @throws BatchFailed when it could not be decided; the connection still needs a ROLLBACK.
 */
export async function sendBatch(started: StartedBatch, ids: IdCipher): Promise<SentBatch> {
  try {
    const plan = await decideBatch(started, ids);
    return { plan, ...(await writeAndCommit(started.client, plan)) };
  } catch (error) {
    throw new BatchFailed('the batch could not be decided', { cause: error });
  }
}

function groupByAccount(jobs: readonly Job[]): JobsByAccount {
  const groups = new Map<number, Job[]>();
  for (const job of jobs) {
    const group = groups.get(job.accountId);
    if (group) group.push(job);
    else groups.set(job.accountId, [job]);
  }
  return groups;
}

/** Most accounts are decided by their row alone; of the others a little is read, and then all. */
const READ_ON = [readFirstStates, readWholeAccounts];

async function decideBatch({ client, jobsOf, reading }: StartedBatch, ids: IdCipher): Promise<BatchPlan> {
  const batch = await reading;
  const planner = new Planner(batch, ids);
  for (const [accountId, jobs] of jobsOf) {
    if (!batch.rows.has(accountId)) for (const job of jobs) planner.addMissing(job);
  }
  let undecided = decideAll([...batch.rows.values()], batch.states, jobsOf, batch, planner);
  for (const readOn of READ_ON) {
    if (undecided.length === 0) break;
    const states = await readOn(client, undecided, batch, jobsOf);
    undecided = decideAll(undecided, states, jobsOf, batch, planner);
  }
  const [row] = undecided;
  if (row) throw new Error(`account ${row.account.accountId} could not be decided with all of it read`);
  return planner.finish();
}

/** @returns the rows of accounts whose outcome hangs on something that their state leaves out. */
function decideAll(
  rows: readonly AccountRow[],
  states: ReadonlyMap<number, AccountState>,
  jobsOf: JobsByAccount,
  batch: BatchState,
  planner: Planner,
): AccountRow[] {
  const undecided: AccountRow[] = [];
  for (const row of rows) {
    const { accountId } = row.account;
    const jobs = jobsOf.get(accountId) ?? [];
    const state = states.get(accountId);
    const decision = state && judge(jobs, state, batch);
    if (decision) planner.add(row, jobs, decision);
    else undecided.push(row);
  }
  return undecided;
}

/**
 * Sends the writes and, behind them in the same round trip, the COMMIT. Where PostgreSQL refuses one of them it answers
 * ROLLBACK; of one that could not even be built or sent it knows nothing, so the COMMIT goes only when all are on
 * their way.
 */
async function writeAndCommit(client: pg.ClientBase, plan: BatchPlan): Promise<Pick<SentBatch, 'committed'>> {
  const letGo = holdBack(client);
  try {
    const writes = write(client, plan);
    const unsent: unknown[] = [];
    for (const each of writes) each.catch((error: unknown) => unsent.push(error));
    // The driver says no in the next tick; the turn after that has heard of it.
    await nextTick();
    await nextTick();
    if (unsent.length > 0) throw unsent[0];
    const committed = outcomeOf(plan, writes, client.query({ name: 'commit', text: 'COMMIT' }));
    committed.catch(() => undefined);
    return { committed };
  } finally {
    letGo();
  }
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

async function outcomeOf(
  plan: BatchPlan,
  writes: Promise<unknown>[],
  commit: Promise<pg.QueryResult>,
): Promise<void> {
  const written = allOf(writes).catch((error: unknown) => ({ error }));
  let command: string;
  try {
    ({ command } = await commit);
  } catch (error) {
    await written;
    if (!writesAnything(plan)) throw new BatchFailed('the batch had nothing to commit', { cause: error });
    throw new BatchInDoubt(plan, error);
  }
  const result = await written;
  if (command === 'COMMIT') return;
  const cause = 'error' in result ? result.error : new Error(`COMMIT was answered with ${command}`);
  throw new BatchFailed('the batch was rolled back', { cause });
}

function write(client: pg.ClientBase, plan: BatchPlan): Promise<unknown>[] {
  const queries: Promise<unknown>[] = [];
  if (plan.accounts.length > 0) queries.push(updateAccounts(client, plan.accounts));
  if (plan.entries.length > 0) queries.push(insertEntries(client, plan.entries));
  if (plan.openings.length > 0) queries.push(insertLots(client, plan.openings));
  if (plan.lots.length > 0) queries.push(updateLots(client, plan.lots));
  if (plan.debts.length > 0) queries.push(writeDebts(client, plan.debts));
  if (plan.holds.length > 0) queries.push(writeHolds(client, plan.holds));
  if (plan.limits.length > 0) queries.push(writeLimits(client, plan.limits));
  if (plan.events.length > 0) queries.push(insertEvents(client, plan.events));
  if (plan.changes.length > 0) queries.push(insertAccountChanges(client, plan.changes));
  if (plan.refused.length > 0) queries.push(insertRefusedRequests(client, plan.refused));
  return queries;
}
