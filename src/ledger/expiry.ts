import type { Book } from './book.ts';
import { settle } from './settlement.ts';

/** Who books what falls due. */
const SYSTEM = { author: 'system' } as const;

/**
 * Books all that has fallen due, in the order of its instants, one expiry for each lot with something to write
 * off, dated at its own instant (rule 2). So the history is the same whether anyone looked or not.
 */
export function bookDue(book: Book, nowMs: number): void {
  const due = book.dueLots(nowMs);
  due.forEach((lot, i) => {
    const atMs = lot.expiresAtMs ?? nowMs;
    book.addEntry('expiry', [book.writeOff(lot, atMs)], atMs, SYSTEM);
    if (due[i + 1]?.expiresAtMs !== lot.expiresAtMs) settle(book, atMs);
  });
}
