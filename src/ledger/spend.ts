import type { Book } from './book.ts';
import type { Done, Refused, Spend } from './command.ts';
import { fallsTooLow, judgeTaking } from './judge-taking.ts';
import { countUse, noteSoftLimit } from './limit.ts';
import { takeOrOwe } from './take-or-owe.ts';

/**
 * A spend passes whole or not at all, exactly when `amount <= available` (rule 3) and no limit is passed (rule 6).
 * Refused with PUBLIC_CUSTOMER_IS_BANNED, PUBLIC_CREDIT_TOO_LARGE, PUBLIC_CREDIT_LIMIT_REACHED or
 * PUBLIC_CREDIT_IS_NOT_SUFFICIENT.
 */
export function spend(book: Book, command: Spend, author: string, nowMs: number): Done | Refused {
  const { amount, description, ip } = command;
  const refused = judgeTaking(book, amount, fallsTooLow(book.account, amount));
  if (refused) return refused;
  const slices = takeOrOwe(book, amount, nowMs);
  const entry = book.addEntry('spend', slices, nowMs, { description, ip, author });
  if (book.limits) {
    countUse(book, amount);
    noteSoftLimit(book, nowMs);
  }
  return { kind: 'done', entry };
}
