import { setTimeout as sleep } from 'node:timers/promises';
import { lockAccounts } from '../store/account-rows.ts';
import { readAnsweredKeys } from '../store/answered-keys.ts';
import { numberArray } from '../store/array-parameter.ts';
import { hasAccountChange } from '../store/change-rows.ts';
import { type Database, inTransaction } from '../store/database.ts';
import { hasEntry } from '../store/entry-rows.ts';
import type { BatchPlan } from './plan-batch.ts';

/** What became of a batch whose COMMIT got no answer. */
export type Verdict = 'committed' | 'did not happen' | 'unknown';

const GIVE_UP_MS = 5_000;
const PAUSE_MS = 100;

/**
 * Finds out whether a batch was committed: locks the same accounts on a new connection, which waits until the
 * lost transaction has let go of them one way or the other, and then looks for what it wrote. An entry counts
 * only with its attempt, since the seq of an aborted one goes to the next (architecture.md, step 5).
 */
export async function settleDoubt(database: Database, plan: BatchPlan): Promise<Verdict> {
  const givingUpAtMs = performance.now() + GIVE_UP_MS;
  while (performance.now() < givingUpAtMs) {
    try {
      return await Promise.race([lookUnderLocks(database, plan), giveUp(givingUpAtMs - performance.now())]);
    } catch {
      // The database is away or the rows are still locked; both may pass within the time we have.
      await sleep(PAUSE_MS);
    }
  }
  return 'unknown';
}

async function giveUp(afterMs: number): Promise<Verdict> {
  await sleep(Math.max(0, afterMs), undefined, { ref: false });
  return 'unknown';
}

function lookUnderLocks(database: Database, plan: BatchPlan): Promise<Verdict> {
  const [entry] = plan.entries;
  const [refused] = plan.refused;
  const [change] = plan.changes;
  return inTransaction(database, async (tx) => {
    const accounts = [
      ...plan.accounts.map(({ account }) => account.accountId),
      ...plan.refused.map(({ accountId }) => accountId),
    ];
    await lockAccounts(tx, numberArray(accounts));
    // One commit wrote all, so one row tells of all.
    if (entry) {
      const { accountId, attempt } = entry;
      const found = await hasEntry(tx, { accountId, seq: entry.entry.seq, attempt });
      return found ? 'committed' : 'did not happen';
    }
    if (refused) {
      const [found] = await readAnsweredKeys(tx, [refused.accountId], [refused.keyHash]);
      return found?.refusal?.body === refused.body ? 'committed' : 'did not happen';
    }
    if (change) return (await hasAccountChange(tx, change)) ? 'committed' : 'did not happen';
    return 'unknown';
  });
}
