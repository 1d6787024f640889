import type { Entry, EntryNote } from './account.ts';
import type { Micro } from './amount.ts';
import type { Book } from './book.ts';

/** Takes `amount` from free credit in burn order and owes what that does not cover, in one entry (rules 3 and 4). */
export function takeOrOwe(
  book: Book,
  kind: 'spend' | 'adjustment',
  amount: Micro,
  nowMs: number,
  note: EntryNote,
): Entry {
  const slices = book.takeFree(amount, nowMs);
  const uncovered = slices.reduce((left, slice) => left + slice.amount, amount);
  if (uncovered > 0n) slices.push(book.oweSlice(uncovered));
  return book.addEntry(kind, slices, nowMs, note);
}
