import type { AccountState } from './account.ts';
import { Book, type BookChanges, NeedsMore } from './book.ts';
import type { Done, LedgerRequest, Outcome, Refused, SetBan, SetDebtLimit } from './command.ts';
import { bookDue } from './expiry.ts';
import { adjust, grant } from './grant.ts';
import { REFUSED_AS_KEY_REUSED, REFUSED_AS_LOGGED_OUT } from './refuse.ts';
import { spend } from './spend.ts';

/** Every request of one account in a batch has its outcome here, in the order of the requests. */
export interface Decision {
  readonly outcomes: readonly Outcome[];
  /** undefined where nothing at all is to be written. */
  readonly changes: BookChanges | undefined;
}

/**
 * Plays requests on one account, one after the other, each with its own answer; a refused one fails alone.
 * What has fallen due is booked before the first, also when all are then refused (rule 2).
 *
 * @param stored request hash by key hash of answers that were committed before, for the keys of these requests.
 * @param clockMs the database's time, read after the account was locked (rule 10).
 * @returns undefined when the outcome hangs on lots or debts that `state` leaves out: read them all, ask again.
 */
export function decide(
  state: AccountState,
  requests: readonly LedgerRequest[],
  stored: ReadonlyMap<string, string>,
  clockMs: number,
): Decision | undefined {
  try {
    return play(state, requests, stored, Math.max(clockMs, state.account.lastAtMs));
  } catch (error) {
    if (error instanceof NeedsMore) return undefined;
    throw error;
  }
}

function play(
  state: AccountState,
  requests: readonly LedgerRequest[],
  stored: ReadonlyMap<string, string>,
  nowMs: number,
): Decision {
  const book = new Book(state);
  const decided = new Map<string, { requestHash: string; index: number }>();
  bookDue(book, nowMs);
  const outcomes = requests.map((request, index): Outcome => {
    const { idempotency } = request;
    const earlier = idempotency && decided.get(idempotency.keyHash);
    const boundTo = earlier?.requestHash ?? (idempotency && stored.get(idempotency.keyHash));
    if (idempotency && boundTo === idempotency.requestHash) {
      return { kind: 'replay', keyHash: idempotency.keyHash, earlier: earlier?.index };
    }
    if (request.sessionLives === false) return REFUSED_AS_LOGGED_OUT;
    if (boundTo !== undefined) return REFUSED_AS_KEY_REUSED;
    const outcome = run(book, request, nowMs);
    if (idempotency && (outcome.kind === 'done' || outcome.binds)) {
      decided.set(idempotency.keyHash, { requestHash: idempotency.requestHash, index });
    }
    return outcome;
  });
  const changed = book.account.version !== state.account.version;
  return { outcomes, changes: changed ? book.close(nowMs) : undefined };
}

function run(book: Book, { command, author }: LedgerRequest, nowMs: number): Done | Refused {
  switch (command.kind) {
    case 'spend':
      return spend(book, command, author, nowMs);
    case 'grant':
      return grant(book, command, author, nowMs);
    case 'adjustment':
      return adjust(book, command, author, nowMs);
    case 'set-debt-limit':
      return setDebtLimit(book, command, author, nowMs);
    case 'set-ban':
      return setBan(book, command, author, nowMs);
    case 'book-due':
      return { kind: 'done' };
  }
}

function setDebtLimit(book: Book, command: SetDebtLimit, author: string, nowMs: number): Done {
  if (book.account.debtLimit !== command.debtLimit) {
    book.account.debtLimit = command.debtLimit;
    book.addChange('debt-limit', nowMs, author, command.reason);
  }
  return { kind: 'done' };
}

function setBan(book: Book, command: SetBan, author: string, nowMs: number): Done {
  if (book.account.banned !== command.banned) {
    book.account.banned = command.banned;
    book.addChange(command.banned ? 'ban' : 'unban', nowMs, author, command.reason);
  }
  return { kind: 'done' };
}
