import type { Slice } from './account.ts';
import type { Micro } from './amount.ts';
import type { Book } from './book.ts';

/**
 * Takes `amount` from free credit in burn order and owes what that does not cover (rules 3 and 4).
 *
 * @returns the slices of the entry that is added next.
 */
export function takeOrOwe(book: Book, amount: Micro, nowMs: number): Slice[] {
  const slices = book.lots.takeFree(amount, nowMs);
  let uncovered = amount;
  for (const slice of slices) uncovered += slice.amount;
  if (uncovered > 0n) slices.push(book.oweSlice(uncovered));
  return slices;
}
