import type { AccountState, Setting } from './account.ts';
import { Book, type BookChanges } from './book.ts';
import { captureHold } from './capture.ts';
import type { Command, Done, LedgerRequest, Outcome, Refused, SetBan } from './command.ts';
import { noteDebtBegun, noteExpiring, noteOpenings } from './event.ts';
import { bookDue } from './expiry.ts';
import { type FallenGroups, findFallenGroup, retell } from './fallen-group.ts';
import { adjust, grant } from './grant.ts';
import { createHold, extendHold, releaseHold } from './hold.ts';
import { setLimits } from './limit.ts';
import { NeedsMore } from './needs-more.ts';
import { findRefundable, refund } from './refund.ts';
import { REFUSED_AS_KEY_REUSED, REFUSED_AS_LOGGED_OUT, REFUSED_AS_NOT_FOUND } from './refuse.ts';
import { spend } from './spend.ts';
import { findVoidable, voidGrant } from './void.ts';

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
 * @param refusedKeys those of `stored` whose answer was a refusal; a group with such a replay is not done.
 * @returns undefined when the outcome hangs on something that `state` leaves out: read it all, ask again.
 */
export function decide(
  state: AccountState,
  requests: readonly LedgerRequest[],
  stored: ReadonlyMap<string, string>,
  clockMs: number,
  setting: Setting,
  refusedKeys: ReadonlySet<string> = new Set(),
): Decision | undefined {
  // A clock that was set back may not lead back into a month of which the limits no longer know anything.
  const nowMs = Math.max(clockMs, state.account.lastAtMs, state.limits?.monthFromMs ?? 0);
  const fallen: FallenGroups = new Map();
  try {
    for (;;) {
      const book = new Book(state, nowMs, setting);
      const outcomes = play(book, requests, stored, nowMs, fallen);
      if (!findFallenGroup(requests, outcomes, refusedKeys, fallen)) {
        return { outcomes, changes: book.close(nowMs) };
      }
    }
  } catch (error) {
    if (error instanceof NeedsMore) return undefined;
    throw error;
  }
}

function play(
  book: Book,
  requests: readonly LedgerRequest[],
  stored: ReadonlyMap<string, string>,
  nowMs: number,
  fallen: FallenGroups,
): Outcome[] {
  const decided = new Map<string, { requestHash: string; index: number }>();
  bookDue(book, nowMs);
  return requests.map((request, index): Outcome => {
    const { idempotency, group } = request;
    const earlier = idempotency && decided.get(idempotency.keyHash);
    const boundTo = earlier?.requestHash ?? (idempotency && stored.get(idempotency.keyHash));
    if (idempotency && boundTo === idempotency.requestHash) {
      return { kind: 'replay', keyHash: idempotency.keyHash, earlier: earlier?.index };
    }
    if (request.sessionLives === false) return REFUSED_AS_LOGGED_OUT;
    if (boundTo !== undefined) {
      return isOfNothing(book, request.command) ? REFUSED_AS_NOT_FOUND : REFUSED_AS_KEY_REUSED;
    }
    const member = group && fallen.get(group)?.get(index);
    const outcome = member ? retell(book, request.command, member) : run(book, request, nowMs);
    if (idempotency && (outcome.kind === 'done' || outcome.binds)) {
      decided.set(idempotency.keyHash, { requestHash: idempotency.requestHash, index });
    }
    return outcome;
  });
}

/** @returns whether the command names what is not there, or is of the wrong kind, which is told before a key is judged. */
function isOfNothing(book: Book, command: Command): boolean {
  switch (command.kind) {
    case 'refund':
      return findRefundable(book, command) === undefined;
    case 'void':
      return findVoidable(book, command) === undefined;
    case 'extend':
    case 'capture':
    case 'release':
      return book.holds.find(command) === undefined;
    default:
      return false;
  }
}

/** Plays one command and notes what else it brought about. */
function run(book: Book, request: LedgerRequest, nowMs: number): Done | Refused {
  const debtBefore = book.account.debt;
  const openedBefore = book.lots.openings.length;
  const outcome = judge(book, request, nowMs);
  if (book.account.debt !== debtBefore) noteDebtBegun(book, debtBefore, nowMs);
  if (book.lots.openings.length > openedBefore) noteOpenings(book, openedBefore, nowMs);
  return outcome;
}

function judge(book: Book, { command, author }: LedgerRequest, nowMs: number): Done | Refused {
  switch (command.kind) {
    case 'spend':
      return spend(book, command, author, nowMs);
    case 'grant':
      return grant(book, command, author, nowMs);
    case 'adjustment':
      return adjust(book, command, author, nowMs);
    case 'hold':
      return createHold(book, command, author, nowMs);
    case 'extend':
      return extendHold(book, command, author, nowMs);
    case 'capture':
      return captureHold(book, command, author, nowMs);
    case 'release':
      return releaseHold(book, command, author, nowMs);
    case 'refund':
      return refund(book, command, author, nowMs);
    case 'void':
      return voidGrant(book, command, author, nowMs);
    case 'set-limits':
      return setLimits(book, command, author, nowMs);
    case 'set-ban':
      return setBan(book, command, author, nowMs);
    case 'note-expiring':
      return noteExpiring(book, nowMs);
    case 'book-due':
      return { kind: 'done' };
  }
}

function setBan(book: Book, command: SetBan, author: string, nowMs: number): Done {
  if (book.account.banned !== command.banned) {
    book.account.banned = command.banned;
    book.addChange(command.banned ? 'ban' : 'unban', nowMs, author, { reason: command.reason });
  }
  return { kind: 'done' };
}
