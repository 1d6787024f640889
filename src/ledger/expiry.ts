import type { AccountChange } from './account.ts';
import type { Book } from './book.ts';
import { inBurnOrder } from './book-lots.ts';
import { freeOf, isDue, type Lot } from './lot.ts';
import { settle } from './settlement.ts';

/** Who books what falls due. */
const SYSTEM = { author: 'system' } as const;

/**
 * Books all that has fallen due, in the order of its instants: at each, first the holds that are over, then one
 * expiry for each due lot with something to write off, then what credit let go of pays of a debt (rules 2 and 4).
 * So the history is the same whether anyone looked or not.
 */
export function bookDue(book: Book, nowMs: number): void {
  const hasDueLots = book.lots.hasDue(nowMs);
  if (!book.hasDueHolds(nowMs) && !hasDueLots) return;
  const lots = book.lots.due(nowMs);
  const holds = book.holds.due(nowMs);
  let lotsDone = 0;
  let holdsDone = 0;
  for (;;) {
    const atMs = Math.min(endOf(lots[lotsDone]), endOf(holds[holdsDone]));
    if (!Number.isFinite(atMs)) return;
    const ends: AccountChange[] = [];
    const fallen: Lot[] = [];
    for (let hold = holds[holdsDone]; hold?.expiresAtMs === atMs; hold = holds[++holdsDone]) {
      const { reserved } = hold;
      fallen.push(...book.endHold(hold, 'expired', atMs));
      ends.push(book.addHoldEvent('hold-expiry', hold, { reserved, pins: [] }, atMs, SYSTEM.author));
    }
    for (let lot = lots[lotsDone]; lot?.expiresAtMs === atMs; lot = lots[++lotsDone]) fallen.push(lot);
    afterwards(book, fallen, atMs);
    for (const end of ends) book.tellFigures(end);
  }
}

/**
 * What follows when these lots fell due or were let go of by a hold: one expiry for each that is due with something
 * to write off, in burn order, then the settlement (rules 2 and 4).
 */
export function afterwards(book: Book, lots: readonly Lot[], atMs: number): void {
  // Two holds may have let go of the same lot.
  const due = [...new Set(lots)].filter((lot) => isDue(lot, atMs) && freeOf(lot) > 0n);
  for (const lot of due.sort(inBurnOrder)) {
    book.addEntry('expiry', [book.lots.writeOff(lot, atMs)], atMs, SYSTEM);
  }
  settle(book, atMs);
}

function endOf(due: { readonly expiresAtMs: number | null } | undefined): number {
  return due?.expiresAtMs ?? Number.POSITIVE_INFINITY;
}
