import type { EntryNote } from './account.ts';
import { isTooLarge, type Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { Adjustment, Done, Grant, Refused } from './command.ts';
import { fallsTooLow } from './judge-taking.ts';
import { DEFAULT_PRIORITY } from './lot.ts';
import { REFUSED_AS_PAST, REFUSED_AS_TOO_LARGE } from './refuse.ts';
import { settle } from './settlement.ts';
import { takeOrOwe } from './take-or-owe.ts';

interface Incoming {
  readonly amount: Micro;
  readonly money: Micro;
  readonly priority: number;
  readonly expiresAtMs: number | null;
}

/** A grant opens one lot; what the account owes is paid from free credit at once. */
export function grant(book: Book, command: Grant, author: string, nowMs: number): Done | Refused {
  const { description, order } = command;
  return bring(book, 'grant', command, nowMs, { description, order, author });
}

/** An operator's correction: up, it opens a lot like a grant; down, it may go beyond the debt limit (rule 4). */
export function adjust(book: Book, command: Adjustment, author: string, nowMs: number): Done | Refused {
  const note = { description: command.description, author };
  if (command.amount > 0n) {
    return bring(book, 'adjustment', { ...command, priority: DEFAULT_PRIORITY }, nowMs, note);
  }
  if (fallsTooLow(book.account, -command.amount)) return REFUSED_AS_TOO_LARGE;
  const slices = takeOrOwe(book, -command.amount, nowMs);
  return { kind: 'done', entry: book.addEntry('adjustment', slices, nowMs, note) };
}

function bring(
  book: Book,
  kind: 'grant' | 'adjustment',
  incoming: Incoming,
  nowMs: number,
  note: EntryNote,
): Done | Refused {
  const { account } = book;
  const { amount, money, priority, expiresAtMs } = incoming;
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return REFUSED_AS_PAST;
  if (isTooLarge(account.balance + amount) || isTooLarge(account.balanceMoney + money)) {
    return REFUSED_AS_TOO_LARGE;
  }
  const opening = book.openLot({ amount, money, priority, expiresAtMs });
  const entry = book.addEntry(kind, [opening], nowMs, note);
  settle(book, nowMs);
  return { kind: 'done', entry };
}
