import type pg from 'pg';
import type { IdCipher } from '../ids.ts';
import type { AccountRow } from '../store/account-rows.ts';
import { updateAccounts } from '../store/account-rows.ts';
import { insertRefusedRequests } from '../store/answered-keys.ts';
import { writeDebts } from '../store/debt-rows.ts';
import { insertAccountChanges, insertEntries } from '../store/entry-rows.ts';
import { insertLots, updateLots } from '../store/lot-rows.ts';
import type { Job } from './job.ts';
import { type BatchPlan, judge, Planner, writesAnything } from './plan-batch.ts';
import { allOf, type BatchState, type JobsByAccount, readBatch, readWholeAccounts } from './read-batch.ts';

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

/**
 * Plays one batch in one transaction: lock, read, decide, write, commit; two round trips where the first lots
 * decide. Returns only once the commit is on disk.
 *
 * @throws BatchFailed when nothing has happened; the connection may still need a ROLLBACK.
 * @throws BatchInDoubt when that cannot be said.
 */
export async function playBatch(
  client: pg.ClientBase,
  jobs: readonly Job[],
  ids: IdCipher,
  clockOffsetMs: number,
): Promise<BatchPlan> {
  let plan: BatchPlan;
  try {
    plan = await decideBatch(client, groupByAccount(jobs), ids, clockOffsetMs);
  } catch (error) {
    throw new BatchFailed('the batch could not be decided', { cause: error });
  }
  await writeAndCommit(client, plan);
  return plan;
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

async function decideBatch(
  client: pg.ClientBase,
  jobsOf: JobsByAccount,
  ids: IdCipher,
  clockOffsetMs: number,
): Promise<BatchPlan> {
  const batch = await readBatch(client, jobsOf, clockOffsetMs);
  const planner = new Planner(batch, ids);
  const undecided: AccountRow[] = [];
  for (const [accountId, jobs] of jobsOf) {
    const row = batch.rows.get(accountId);
    const state = batch.states.get(accountId);
    if (!row || !state) {
      for (const job of jobs) planner.addMissing(job);
      continue;
    }
    const decision = judge(jobs, state, batch);
    if (decision) planner.add(row, jobs, decision);
    else undecided.push(row);
  }
  if (undecided.length > 0) await decideWhole(client, undecided, jobsOf, batch, planner);
  return planner.finish();
}

async function decideWhole(
  client: pg.ClientBase,
  rows: readonly AccountRow[],
  jobsOf: JobsByAccount,
  batch: BatchState,
  planner: Planner,
): Promise<void> {
  const states = await readWholeAccounts(client, rows);
  for (const row of rows) {
    const { accountId } = row.account;
    const jobs = jobsOf.get(accountId) ?? [];
    const state = states.get(accountId);
    const decision = state && judge(jobs, state, batch);
    if (!decision) throw new Error(`account ${accountId} could not be decided with all its lots read`);
    planner.add(row, jobs, decision);
  }
}

async function writeAndCommit(client: pg.ClientBase, plan: BatchPlan): Promise<void> {
  const queries: Promise<unknown>[] = [];
  if (plan.accounts.length > 0) queries.push(updateAccounts(client, plan.accounts));
  if (plan.entries.length > 0) queries.push(insertEntries(client, plan.entries));
  if (plan.openings.length > 0) queries.push(insertLots(client, plan.openings));
  if (plan.lots.length > 0) queries.push(updateLots(client, plan.lots));
  if (plan.debts.length > 0) queries.push(writeDebts(client, plan.debts));
  if (plan.changes.length > 0) queries.push(insertAccountChanges(client, plan.changes));
  if (plan.refused.length > 0) queries.push(insertRefusedRequests(client, plan.refused));
  const written = allOf(queries).catch((error: unknown) => ({ error }));
  let command: string;
  try {
    // Sent behind the writes in the same round trip. PostgreSQL answers ROLLBACK where one of them failed.
    ({ command } = await client.query({ name: 'commit', text: 'COMMIT' }));
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
