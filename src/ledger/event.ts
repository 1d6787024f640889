import type { Entry, LedgerEvent, Limits } from './account.ts';
import { fromMicro, type Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { Done } from './command.ts';
import { freeOf, isDue, type Lot } from './lot.ts';

/** How long before its end credit counts as expiring soon. */
export const EXPIRING_SOON_MS = 7 * 24 * 3_600_000;

/** @returns the event of an entry that takes the balance from the customer's mark, or above it, to below it. */
export function lowBalanceEvent(entry: Entry, { lowBalance }: Readonly<Limits>): LedgerEvent | undefined {
  const { balance, amount, atMs } = entry;
  if (lowBalance === null || balance >= lowBalance || balance - amount < lowBalance) return undefined;
  const details = { balance: fromMicro(balance), lowBalance: fromMicro(lowBalance) };
  return { kind: 'low-balance', atMs, details };
}

/** Tells that the account owes something since this command, when it owed nothing before. */
export function noteDebtBegun(book: Book, debtBefore: Micro, atMs: number): void {
  const { debt } = book.account;
  if (debtBefore > 0n || debt === 0n) return;
  book.events.push({ kind: 'debt-begun', atMs, details: { debt: fromMicro(debt) } });
}

/** Tells of lots that were opened, from this opening on, with an end that is near. */
export function noteOpenings(book: Book, from: number, nowMs: number): void {
  for (const opening of book.lots.openings.slice(from)) {
    const { expiresAtMs } = opening;
    if (expiresAtMs === null || expiresAtMs > nowMs + EXPIRING_SOON_MS) continue;
    const lot = book.lots.get(opening.lot);
    // Debt may have used it up at once.
    if (freeOf(lot) > 0n) noteExpiringLot(book, lot, nowMs);
  }
}

/** Tells, once a lot, of free credit that expires within seven days. */
export function noteExpiring(book: Book, nowMs: number): Done {
  for (const lot of book.lots.toNote(nowMs, nowMs + EXPIRING_SOON_MS)) noteExpiringLot(book, lot, nowMs);
  return { kind: 'done' };
}

function noteExpiringLot(book: Book, lot: Lot, atMs: number): void {
  if (lot.expiresAtMs === null || isDue(lot, atMs)) return;
  book.lots.markNoted(lot);
  const details = {
    lot: lot.lot,
    amount: fromMicro(freeOf(lot)),
    expiresAt: new Date(lot.expiresAtMs).toISOString(),
  };
  book.events.push({ kind: 'credit-expiring', atMs, details });
}
