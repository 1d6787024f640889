import type { AccountState } from '../ledger/account.ts';
import type { LedgerRequest } from '../ledger/command.ts';
import { type Decision, decide } from '../ledger/decide.ts';
import type { Job } from './job.ts';
import { answeredKey, type BatchState, clockOf, settingOf } from './read-batch.ts';

/**
 * Lets the rules judge the jobs of one account.
 *
 * @returns undefined when the state leaves out something that the outcome hangs on.
 */
export function judge(jobs: readonly Job[], state: AccountState, batch: BatchState): Decision | undefined {
  const { stored, refusedKeys } = batch.answered.size > 0 ? answersOf(jobs, batch) : NOTHING_ANSWERED;
  const requests = jobs.map(({ command, author, idempotency, sessionId, group }): LedgerRequest => {
    const sessionLives = sessionId === undefined ? undefined : batch.moment.living.has(sessionId);
    return { command, author, idempotency, sessionLives, group };
  });
  const ledgerId = jobs[0]?.ledgerId ?? 0;
  return decide(state, requests, stored, clockOf(batch, ledgerId), settingOf(batch, ledgerId), refusedKeys);
}

interface AnsweredBefore {
  /** Request hash by key hash. */
  readonly stored: ReadonlyMap<string, string>;
  readonly refusedKeys: ReadonlySet<string>;
}

const NOTHING_ANSWERED: AnsweredBefore = { stored: new Map(), refusedKeys: new Set() };

function answersOf(jobs: readonly Job[], { answered }: BatchState): AnsweredBefore {
  const stored = new Map<string, string>();
  const refusedKeys = new Set<string>();
  for (const { accountId, idempotency } of jobs) {
    const found = idempotency && answered.get(answeredKey(accountId, idempotency.keyHash));
    if (found) stored.set(found.keyHash, found.requestHash);
    if (found?.refusal) refusedKeys.add(found.keyHash);
  }
  return { stored, refusedKeys };
}
