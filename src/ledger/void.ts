import type { Slice } from './account.ts';
import { least, type Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { Done, Refused, VoidGrant } from './command.ts';
import { fallsTooLow } from './judge-taking.ts';
import { freeOf, isDue } from './lot.ts';
import { REFUSED_AS_NOT_FOUND, REFUSED_AS_TOO_LARGE, refundTooLarge } from './refuse.ts';
import { settle } from './settlement.ts';
import { findUndone, lotOfUndone, type Undone } from './undoing.ts';

/**
 * Takes back what is free of a grant or positive adjustment, and with `debt` owes what was used of it; pins stay with
 * their holds (rule 8). Refused with INTERNAL_RESOURCE_NOT_FOUND where there is no such entry,
 * PUBLIC_CREDIT_REFUND_TOO_LARGE where there is nothing to take, PUBLIC_CREDIT_TOO_LARGE.
 */
export function voidGrant(book: Book, command: VoidGrant, author: string, nowMs: number): Done | Refused {
  const voided = findVoidable(book, command);
  if (!voided) return REFUSED_AS_NOT_FOUND;
  const { undone, opening } = voided;
  const lot = lotOfUndone(book, undone, opening.lot);
  const earlier = earlierVoids(undone);
  // All voids of a lot together never take more than it brought.
  const most = opening.amount - earlier.free - earlier.debt;
  const free = isDue(lot, nowMs) ? 0n : least(freeOf(lot), most);
  const used = opening.amount - lot.remaining - writtenOff(book, undone, opening.lot) - earlier.free;
  const owed = command.debt && used > earlier.debt ? used - earlier.debt : 0n;
  if (free + owed === 0n) return refundTooLarge(0n);
  if (fallsTooLow(book.account, free + owed, owed)) return REFUSED_AS_TOO_LARGE;
  const slices = free > 0n ? [book.lots.take(lot, free)] : [];
  if (owed > 0n) slices.push(book.oweSlice(owed));
  const note = { description: command.description, author };
  const entry = book.addEntry('adjustment', slices, nowMs, note, { undoes: undone.entry.seq });
  settle(book, nowMs);
  return { kind: 'done', entry };
}

/** What a void undoes: an entry that brought credit, and the slice that opened its lot. */
interface Voidable {
  readonly undone: Undone;
  readonly opening: Slice & { readonly lot: number };
}

/** @returns the grant or positive adjustment that a public id names, or undefined where there is none. */
export function findVoidable(book: Book, command: VoidGrant): Voidable | undefined {
  const undone = findUndone(book, command);
  if (undone?.entry.kind !== 'grant' && undone?.entry.kind !== 'adjustment') return undefined;
  const opening = undone.entry.slices.find((slice) => slice.opens);
  if (opening?.lot === undefined) return undefined;
  return { undone, opening: { ...opening, lot: opening.lot } };
}

/** @returns what earlier voids took of the lot's free credit, and what they made debt. */
function earlierVoids({ undoneBy }: Undone): { readonly free: Micro; readonly debt: Micro } {
  let free = 0n;
  let debt = 0n;
  for (const { slices } of undoneBy) {
    for (const slice of slices) {
      if (slice.debt === undefined) free -= slice.amount;
      else debt -= slice.amount;
    }
  }
  return { free, debt };
}

function writtenOff(book: Book, { known }: Undone, number: number): Micro {
  const before = known.find(({ lot }) => lot.lot === number)?.writtenOff ?? 0n;
  return before + (book.lots.writeOffs.find(({ lot }) => lot === number)?.amount ?? 0n);
}
