import { randomBytes } from 'node:crypto';
import { ATTEMPT_LIMIT, type IdCipher, type PublicName } from '../ids.ts';
import type { BookChanges } from '../ledger/book.ts';
import type { Outcome } from '../ledger/command.ts';
import type { Decision } from '../ledger/decide.ts';
import { Refusal } from '../refusals.ts';
import type { AccountChangeSize, AccountRow, AccountUpdate } from '../store/account-rows.ts';
import type { RefusedRequest } from '../store/answered-keys.ts';
import type { NewChange } from '../store/change-rows.ts';
import type { DebtRow } from '../store/debt-rows.ts';
import type { NewEntry } from '../store/entry-rows.ts';
import type { EventRow } from '../store/event-rows.ts';
import type { HoldUpdate } from '../store/hold-rows.ts';
import type { LimitRow } from '../store/limit-rows.ts';
import type { LotUpdate, NewLot } from '../store/lot-rows.ts';
import { PLAIN_SUCCESS, refusedAnswer, successAnswer } from './answers.ts';
import type { DecidedAnswer, Job } from './job.ts';
import { answeredKey, type BatchState } from './read-batch.ts';
import { type Attempts, type Told, tellOutcome, tellStored } from './told.ts';

/** What one job came to. */
export interface PlannedAnswer {
  readonly job: Job;
  /** An answer for the caller, or a refusal to throw. */
  readonly answer: DecidedAnswer | Refusal;
  /** Whether the answer is only true once the batch is committed. */
  readonly hangsOnCommit: boolean;
  /** The public id of what it then has written, an entry or a hold. */
  readonly written: WrittenId | undefined;
}

/** By what a caller can look up whether a change has happened. */
export interface WrittenId {
  readonly id: string;
  readonly isHold: boolean;
}

/** All that a batch writes, and what is answered after the commit. */
export interface BatchPlan {
  readonly accounts: AccountUpdate[];
  readonly entries: NewEntry[];
  readonly changes: NewChange[];
  readonly openings: NewLot[];
  readonly lots: LotUpdate[];
  readonly debts: DebtRow[];
  readonly holds: HoldUpdate[];
  readonly limits: LimitRow[];
  readonly events: EventRow[];
  readonly refused: RefusedRequest[];
  readonly answers: PlannedAnswer[];
  /** Living sessions whose use was last noted a day ago or longer. */
  readonly staleSessions: readonly number[];
}

/** @returns whether the batch has anything to write. */
export function writesAnything(plan: BatchPlan): boolean {
  return plan.accounts.length > 0 || plan.refused.length > 0 || plan.events.length > 0;
}

/** A job whose answer waits for the ids of the whole batch, which are cheaper made together. */
interface Judged {
  readonly job: Job;
  readonly outcome: Outcome;
  /** Where the answers of this account's jobs begin. */
  readonly first: number;
  /** What the answer tells, written now or, for a replay, long ago. */
  readonly told: Told | undefined;
  /** Its place among the names that are made into ids. */
  readonly nameAt: number;
  /** Whether the batch changes this account; what it answers may then tell of a state that only the commit makes true. */
  readonly isChanged: boolean;
}

/** Collects the decisions of a batch into one plan. */
export class Planner {
  readonly #plan: BatchPlan;
  readonly #judged: Judged[] = [];
  readonly #names: PublicName[] = [];
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
      holds: [],
      limits: [],
      events: [],
      refused: [],
      answers: [],
      staleSessions: batch.moment.stale,
    };
  }

  /** Adds the decision on one account's jobs. */
  add(row: AccountRow, jobs: readonly Job[], { outcomes, changes }: Decision): void {
    // Which job asked for an entry or a hold event, by the version of either.
    const askedBy = new Map<number, Job>();
    jobs.forEach((job, i) => {
      const outcome = outcomes[i];
      const written = outcome?.kind === 'done' ? (outcome.entry ?? outcome.holdEvent) : undefined;
      if (written) askedBy.set(written.version, job);
    });
    const attempts = changes && this.#addChanges(row, changes, askedBy, jobs[0]?.ledgerId ?? 0);
    const first = this.#judged.length;
    jobs.forEach((job, i) => {
      const outcome = outcomes[i];
      if (!outcome) return;
      const told = this.#tell(job, outcome, attempts);
      const nameAt = this.#names.length;
      if (told) this.#names.push(told.name);
      this.#judged.push({ job, outcome, first, told, nameAt, isChanged: changes !== undefined });
    });
  }

  /** Adds the answer of a job whose account is not there. */
  addMissing(job: Job): void {
    const answer = new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    this.#plan.answers.push({ job, answer, hangsOnCommit: false, written: undefined });
  }

  /** @returns the plan with all answers. */
  finish(): BatchPlan {
    const ids = this.#ids.encodeAll(this.#names);
    const answers: PlannedAnswer[] = [];
    for (const judged of this.#judged) answers.push(this.#answer(judged, ids, answers));
    this.#plan.answers.push(...answers);
    return this.#plan;
  }

  #addChanges(
    row: AccountRow,
    changes: BookChanges,
    askedBy: ReadonlyMap<number, Job>,
    ledgerId: number,
  ): Attempts {
    const plan = this.#plan;
    const { accountId } = row.account;
    const { account, cursor, nextDueMs, holdDueMs, limits } = changes;
    // Events alone change nothing of the account's row.
    if (account.version !== row.account.version) {
      plan.accounts.push({ account, cursor, nextDueMs, holdDueMs, size: sizeOf(row, changes) });
    }
    for (const opening of changes.openings) {
      const lot = changes.lots.find((each) => each.lot === opening.lot);
      plan.openings.push({ ...opening, accountId, expiryNoted: lot?.expiryNoted === true });
    }
    for (const debt of changes.debts) plan.debts.push({ accountId, debt });
    for (const event of changes.events) plan.events.push({ accountId, ledgerId, event });
    if (limits) plan.limits.push({ accountId, limits });
    this.#addLots(row, changes);
    const attempts = new Map<number, number>();
    for (const entry of changes.entries) {
      const attempt = this.#nextAttempt();
      attempts.set(entry.version, attempt);
      plan.entries.push({ accountId, entry, attempt, idempotency: askedBy.get(entry.version)?.idempotency });
    }
    for (const change of changes.changes) {
      const attempt = this.#nextAttempt();
      attempts.set(change.version, attempt);
      plan.changes.push({
        accountId,
        change,
        attempt,
        idempotency: askedBy.get(change.version)?.idempotency,
      });
    }
    for (const hold of changes.holds) {
      const created = changes.changes.find((each) => each.kind === 'hold' && each.hold?.hold === hold.hold);
      const attempt = (created && attempts.get(created.version)) ?? hold.attempt;
      const command = created && askedBy.get(created.version)?.command;
      const { description, ip } = command?.kind === 'hold' ? command : {};
      plan.holds.push({
        accountId,
        hold: { ...hold, attempt },
        isNew: created !== undefined,
        description,
        ip,
      });
    }
    return attempts;
  }

  /**
   * The cursor's figures stand in the account's row, so its own row may be stale. But the sweeper goes by lots' rows:
   * that of a lot which becomes the cursor must show free credit, and what was noted of it.
   */
  #addLots({ account: { accountId }, cursor: before }: AccountRow, changes: BookChanges): void {
    const { cursor, lots, writeOffs, openings } = changes;
    for (const lot of lots) {
      const isNew = openings.some((opening) => opening.lot === lot.lot);
      const isKnown = lot.lot === before?.lot && !lot.expiryNoted;
      if (lot.lot === cursor?.lot && (isNew || isKnown)) continue;
      const writeOff = writeOffs.find((candidate) => candidate.lot === lot.lot);
      this.#plan.lots.push({ accountId, lot, writeOff });
    }
    if (before && before.lot !== cursor?.lot && !lots.some((lot) => lot.lot === before.lot)) {
      this.#plan.lots.push({ accountId, lot: before, writeOff: undefined });
    }
  }

  #tell(job: Job, outcome: Outcome, attempts: Attempts | undefined): Told | undefined {
    if (outcome.kind === 'done') return attempts && tellOutcome(job, outcome, attempts);
    if (outcome.kind !== 'replay' || outcome.earlier !== undefined) return undefined;
    const stored = this.#batch.answered.get(answeredKey(job.accountId, outcome.keyHash));
    return stored && tellStored(job, stored);
  }

  #answer(
    { job, outcome, first, told, nameAt, isChanged }: Judged,
    ids: readonly string[],
    answers: readonly PlannedAnswer[],
  ): PlannedAnswer {
    const certain = { job, hangsOnCommit: false, written: undefined };
    const id = told && ids[nameAt];
    const replayed = outcome.kind === 'replay';
    const success = told && id !== undefined ? successAnswer(told, id, job.holdId, replayed) : PLAIN_SUCCESS;
    switch (outcome.kind) {
      case 'done': {
        const written = told && id !== undefined ? { id, isHold: told.name.isHold === true } : undefined;
        return { job, answer: success, hangsOnCommit: true, written };
      }
      case 'refused': {
        const answer = refusedAnswer(outcome, job.requestId);
        if (!outcome.binds || !job.idempotency) return { ...certain, answer, hangsOnCommit: isChanged };
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

/** @returns how much of the account's row has to be written. */
function sizeOf(
  { account: before, cursor, nextDueMs, holdDueMs }: AccountRow,
  changes: BookChanges,
): AccountChangeSize {
  const { account } = changes;
  const isSmall =
    cursor?.lot === changes.cursor?.lot &&
    nextDueMs === changes.nextDueMs &&
    before.lastLot === account.lastLot &&
    before.debt === account.debt &&
    before.debtLimit === account.debtLimit &&
    before.banned === account.banned;
  if (!isSmall) return 'all';
  const isBurnt =
    cursor?.held === changes.cursor?.held &&
    holdDueMs === changes.holdDueMs &&
    before.lastHold === account.lastHold &&
    before.held === account.held;
  return isBurnt ? 'burnt' : 'held';
}

function asReplay(answer: PlannedAnswer['answer']): PlannedAnswer['answer'] {
  return answer instanceof Refusal ? answer : { ...answer, replayed: true };
}
