import { type Account, availableOf } from './account.ts';
import { isTooLarge, type Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { Refused } from './command.ts';
import { refuseByLimit } from './limit.ts';
import { notSufficient, REFUSED_AS_BANNED, REFUSED_AS_TOO_LARGE } from './refuse.ts';

/**
 * What a spend, a hold, an addition to one and the part of a capture beyond its hold are judged by, in this order:
 * ban, what can be kept (rule 12), the month's hard limit (rule 6), credit (rule 3).
 *
 * @param wouldBeTooLow whether a balance or debt would be beyond what can be kept; a hold changes neither.
 * @returns the refusal, or undefined where `amount` may be taken.
 */
export function judgeTaking(book: Book, amount: Micro, wouldBeTooLow = false): Refused | undefined {
  const { account } = book;
  if (account.banned) return REFUSED_AS_BANNED;
  if (wouldBeTooLow) return REFUSED_AS_TOO_LARGE;
  if (book.limits) {
    const refused = refuseByLimit(book, amount);
    if (refused) return refused;
  }
  return amount > availableOf(account) ? notSufficient(account, amount) : undefined;
}

/**
 * @param owed the part that no pin pays.
 * @returns whether a balance or debt would be beyond what can be kept, were `amount` taken (rule 12). Beside a debt
 *   there is no free credit, and what is taken at once is far less than what can be kept.
 */
export function fallsTooLow({ balance, debt }: Readonly<Account>, amount: Micro, owed = amount): boolean {
  return isTooLarge(balance - amount) || (debt > 0n && isTooLarge(debt + owed));
}
