import type { Entry, Undoing, UndoneEntry } from './account.ts';
import type { Book } from './book.ts';
import type { Lot } from './lot.ts';

/** What refunds and voids look at of an entry. */
export type PastEntry = Pick<UndoneEntry, 'seq' | 'atMs' | 'slices'>;

/** An entry that a command wants undone, with what has happened to it until now, in this decision too. */
export interface Undone {
  readonly entry: UndoneEntry;
  readonly undoneBy: readonly PastEntry[];
  readonly settlements: readonly PastEntry[];
  readonly known: Undoing['lots'];
}

/** @returns the entry that a public id names, or undefined where there is none. */
export function findUndone(
  { state, entries }: Book,
  { seq, attempt }: { readonly seq: number; readonly attempt: number },
): Undone | undefined {
  const undoing = state.undoings?.get(seq);
  if (!undoing || undoing.entry.attempt !== attempt) return undefined;
  const { entry, lots: known } = undoing;
  const undoes = ({ relation }: Entry) => relation.undoes === seq;
  const settles = ({ kind, slices }: Entry) =>
    kind === 'settlement' && slices.some(({ debt }) => debt === seq);
  return {
    entry,
    undoneBy: [...undoing.undoneBy, ...entries.filter(undoes)],
    settlements: [...undoing.settlements, ...entries.filter(settles)],
    known,
  };
}

/** @returns the lot of this number, open or not, as it is now. */
export function lotOfUndone(book: Book, { known }: Undone, number: number): Lot {
  return book.lots.getOrAdopt(number, known.find(({ lot }) => lot.lot === number)?.lot);
}
