import type { Slice } from './account.ts';
import { least } from './amount.ts';
import type { Book } from './book.ts';
import { freeOf } from './lot.ts';

/**
 * Lets free credit pay debt as soon as there are both (rule 4): free lots in burn order pay the oldest debt
 * first, in pairs of slices, the lot's with its money and the debt's. The entry's amount is 0.
 */
export function settle(book: Book, atMs: number): void {
  if (book.account.debt === 0n) return;
  const slices: Slice[] = [];
  while (book.account.debt > 0n) {
    const lot = book.lots.firstFree(atMs);
    if (!lot) break;
    const debt = book.debts.oldest();
    const amount = least(freeOf(lot), debt.open);
    slices.push(book.lots.take(lot, amount), book.paySlice(debt, amount));
  }
  if (slices.length > 0) book.addEntry('settlement', slices, atMs, { author: 'system' });
}
