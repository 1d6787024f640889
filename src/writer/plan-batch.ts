import { randomBytes } from 'node:crypto';
import { ATTEMPT_LIMIT, type PublicName, type IdCipher } from '../ids.ts';
import type { AccountChange, AccountState } from '../ledger/account.ts';
import type { Micro } from '../ledger/amount.ts';
import type { BookChanges } from '../ledger/book.ts';
import type { LedgerRequest, Outcome } from '../ledger/command.ts';
import { type Decision, decide } from '../ledger/decide.ts';
import type { LotOpening } from '../ledger/lot.ts';
import { Refusal } from '../refusals.ts';
import type { AccountRow, AccountUpdate } from '../store/account-rows.ts';
import type { RefusedRequest } from '../store/answered-keys.ts';
import type { DebtRow } from '../store/debt-rows.ts';
import type { NewEntry } from '../store/entry-rows.ts';
import type { LotUpdate } from '../store/lot-rows.ts';
import { PLAIN_SUCCESS, refusedAnswer, successAnswer } from './answers.ts';
import type { DecidedAnswer, Idempotency, Job } from './job.ts';
import { answeredKey, type BatchState } from './read-batch.ts';

/** What one job came to. */
export interface PlannedAnswer {
  readonly job: Job;
  /** An answer for the caller, or a refusal to throw. */
  readonly answer: DecidedAnswer | Refusal;
  /** Whether the answer is only true once the batch is committed, and the id it then has. */
  readonly hangsOnCommit: boolean;
  readonly transactionId: string | undefined;
}

/** All that a batch writes, and what is answered after the commit. */
export interface BatchPlan {
  readonly accounts: AccountUpdate[];
  readonly entries: NewEntry[];
  readonly changes: { readonly accountId: number; readonly change: AccountChange }[];
  readonly openings: (LotOpening & { readonly accountId: number })[];
  readonly lots: LotUpdate[];
  readonly debts: DebtRow[];
  readonly refused: RefusedRequest[];
  readonly answers: PlannedAnswer[];
  /** Living sessions whose use was last noted a day ago or longer. */
  readonly staleSessions: readonly number[];
}

/** @returns whether the batch has anything to write. */
export function writesAnything(plan: BatchPlan): boolean {
  return plan.accounts.length > 0 || plan.refused.length > 0;
}

/**
 * Lets the rules judge the jobs of one account.
 *
 * @returns undefined when the state leaves out something that the outcome hangs on.
 */
export function judge(jobs: readonly Job[], state: AccountState, batch: BatchState): Decision | undefined {
  const stored = new Map<string, string>();
  const requests = jobs.map((job): LedgerRequest => {
    const { command, author, idempotency, sessionId } = job;
    const answered = idempotency && batch.answered.get(answeredKey(job.accountId, idempotency.keyHash));
    if (answered) stored.set(answered.keyHash, answered.requestHash);
    const sessionLives = sessionId === undefined ? undefined : batch.moment.living.has(sessionId);
    return { command, author, idempotency, sessionLives };
  });
  return decide(state, requests, stored, batch.clockMs);
}

/** A job whose answer waits for the ids of the whole batch, which are cheaper made together. */
interface Judged {
  readonly job: Job;
  readonly outcome: Outcome;
  /** Where the answers of this account's jobs begin. */
  readonly first: number;
  /** The entry that the answer tells, written now or, for a replay, long ago. */
  readonly told: ToldEntry | undefined;
}

interface ToldEntry extends PublicName {
  readonly amount: Micro;
  readonly balance: Micro;
}

/** Collects the decisions of a batch into one plan. */
export class Planner {
  readonly #plan: BatchPlan;
  readonly #judged: Judged[] = [];
  readonly #batch: BatchState;
  readonly #ids: IdCipher;
  #attempts: Buffer = Buffer.alloc(0);
  #attemptsUsed = 0;

  constructor(batch: BatchState, ids: IdCipher) {
    this.#batch = batch;
    this.#ids = ids;
    this.#plan = {
      accounts: [],
      entries: [],
      changes: [],
      openings: [],
      lots: [],
      debts: [],
      refused: [],
      answers: [],
      staleSessions: batch.moment.stale,
    };
  }

  /** Adds the decision on one account's jobs. */
  add(row: AccountRow, jobs: readonly Job[], { outcomes, changes }: Decision): void {
    const keyOf = new Map<number, Idempotency>();
    jobs.forEach(({ idempotency }, i) => {
      const outcome = outcomes[i];
      if (idempotency && outcome?.kind === 'done' && outcome.entry) keyOf.set(outcome.entry.seq, idempotency);
    });
    const attempts = changes ? this.#addChanges(row, changes, keyOf) : undefined;
    const first = this.#judged.length;
    jobs.forEach((job, i) => {
      const outcome = outcomes[i];
      if (outcome) this.#judged.push({ job, outcome, first, told: this.#told(job, outcome, attempts) });
    });
  }

  /** Adds the answer of a job whose account is not there. */
  addMissing(job: Job): void {
    const answer = new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    this.#plan.answers.push({ job, answer, hangsOnCommit: false, transactionId: undefined });
  }

  /** @returns the plan with all answers. */
  finish(): BatchPlan {
    const told = this.#judged.flatMap((judged) => judged.told ?? []);
    const ids = new Map<ToldEntry, string>();
    this.#ids.encodeAll(told).forEach((id, i) => {
      const entry = told[i];
      if (entry) ids.set(entry, id);
    });
    const answers: PlannedAnswer[] = [];
    for (const judged of this.#judged) answers.push(this.#answer(judged, ids, answers));
    this.#plan.answers.push(...answers);
    return this.#plan;
  }

  /** @returns the attempt of each entry written, by seq. */
  #addChanges(
    row: AccountRow,
    changes: BookChanges,
    keyOf: ReadonlyMap<number, Idempotency>,
  ): Map<number, number> {
    const plan = this.#plan;
    const { accountId } = row.account;
    const { account, cursor, nextDueMs } = changes;
    plan.accounts.push({ account, cursor, nextDueMs, onlyBurnt: isOnlyBurnt(row, changes) });
    for (const change of changes.changes) plan.changes.push({ accountId, change });
    for (const opening of changes.openings) plan.openings.push({ ...opening, accountId });
    for (const debt of changes.debts) plan.debts.push({ accountId, debt });
    this.#addLots(row, changes);
    const attempts = new Map<number, number>();
    for (const entry of changes.entries) {
      const attempt = this.#nextAttempt();
      attempts.set(entry.seq, attempt);
      plan.entries.push({ accountId, entry, attempt, idempotency: keyOf.get(entry.seq) });
    }
    return attempts;
  }

  /** The new cursor's figures stand in the account's row; what was the cursor gets its own row right again. */
  #addLots({ account: { accountId }, cursor: before }: AccountRow, changes: BookChanges): void {
    const { cursor, lots, writeOffs } = changes;
    for (const lot of lots) {
      if (lot.lot === cursor?.lot) continue;
      const writeOff = writeOffs.find((candidate) => candidate.lot === lot.lot);
      this.#plan.lots.push({ accountId, lot, writeOff });
    }
    if (before && before.lot !== cursor?.lot && !lots.some((lot) => lot.lot === before.lot)) {
      this.#plan.lots.push({ accountId, lot: before, writeOff: undefined });
    }
  }

  #told(
    job: Job,
    outcome: Outcome,
    attempts: ReadonlyMap<number, number> | undefined,
  ): ToldEntry | undefined {
    const { accountId } = job;
    if (outcome.kind === 'done' && outcome.entry) {
      const { seq, amount, balance } = outcome.entry;
      return { accountId, seq, attempt: attempts?.get(seq) ?? 0, amount, balance };
    }
    if (outcome.kind !== 'replay' || outcome.earlier !== undefined) return undefined;
    const stored = this.#batch.answered.get(answeredKey(accountId, outcome.keyHash))?.entry;
    return stored && { accountId, ...stored };
  }

  #answer(
    { job, outcome, first, told }: Judged,
    ids: ReadonlyMap<ToldEntry, string>,
    answers: readonly PlannedAnswer[],
  ): PlannedAnswer {
    const certain = { job, hangsOnCommit: false, transactionId: undefined };
    const transactionId = told && ids.get(told);
    const replayed = outcome.kind === 'replay';
    const success =
      told && transactionId !== undefined
        ? successAnswer(transactionId, told.amount, told.balance, replayed)
        : PLAIN_SUCCESS;
    switch (outcome.kind) {
      case 'done':
        return { job, answer: success, hangsOnCommit: true, transactionId };
      case 'refused': {
        const answer = refusedAnswer(outcome, job.requestId);
        if (!outcome.binds || !job.idempotency) return { ...certain, answer };
        const { status, body } = answer;
        this.#plan.refused.push({ accountId: job.accountId, ...job.idempotency, status, body });
        return { ...certain, answer, hangsOnCommit: true };
      }
      case 'replay': {
        const earlier = outcome.earlier === undefined ? undefined : answers[first + outcome.earlier];
        if (earlier) return { ...earlier, job, answer: asReplay(earlier.answer) };
        if (told) return { ...certain, answer: success };
        const refusal = this.#batch.answered.get(answeredKey(job.accountId, outcome.keyHash))?.refusal;
        if (!refusal) throw new Error('a replay without a stored answer');
        return { ...certain, answer: { ...refusal, replayed } };
      }
    }
  }

  #nextAttempt(): number {
    if (this.#attemptsUsed * 4 >= this.#attempts.length) {
      this.#attempts = randomBytes(4 * 1024);
      this.#attemptsUsed = 0;
    }
    return this.#attempts.readUInt32LE(4 * this.#attemptsUsed++) % ATTEMPT_LIMIT;
  }
}

/** @returns whether all that changed are the figures which spends out of the cursor's lot change. */
function isOnlyBurnt({ account: before, cursor, nextDueMs }: AccountRow, changes: BookChanges): boolean {
  const { account } = changes;
  return (
    cursor?.lot === changes.cursor?.lot &&
    cursor?.held === changes.cursor?.held &&
    nextDueMs === changes.nextDueMs &&
    before.lastLot === account.lastLot &&
    before.held === account.held &&
    before.debt === account.debt &&
    before.debtLimit === account.debtLimit &&
    before.banned === account.banned
  );
}

function asReplay(answer: PlannedAnswer['answer']): PlannedAnswer['answer'] {
  return answer instanceof Refusal ? answer : { ...answer, replayed: true };
}
