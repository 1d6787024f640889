import { availableOf } from './account.ts';
import { isTooLarge } from './amount.ts';
import type { Book } from './book.ts';
import type { Done, Refused, Spend } from './command.ts';
import { notSufficient, REFUSED_AS_BANNED, REFUSED_AS_TOO_LARGE } from './refuse.ts';
import { takeOrOwe } from './take-or-owe.ts';

/** A spend passes whole or not at all, exactly when `amount <= available` (rule 3). */
export function spend(book: Book, command: Spend, author: string, nowMs: number): Done | Refused {
  const { account } = book;
  if (account.banned) return REFUSED_AS_BANNED;
  if (isTooLarge(account.balance - command.amount)) return REFUSED_AS_TOO_LARGE;
  if (command.amount > availableOf(account)) return notSufficient(account, command.amount);
  const { description, ip } = command;
  return {
    kind: 'done',
    entry: takeOrOwe(book, 'spend', command.amount, nowMs, { description, ip, author }),
  };
}
