import type { Limits, Setting } from './account.ts';
import { fromMicro, isTooLarge, type Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { Done, Refused, SetLimits } from './command.ts';
import { NeedsMore } from './needs-more.ts';
import { limitReached, REFUSED_AS_TOO_LARGE } from './refuse.ts';

/** @returns limits as they stand in the month of `nowMs`; a new month begins with no use (rule 6). */
export function inPresentMonth(limits: Readonly<Limits>, nowMs: number, { monthOf }: Setting): Limits {
  if (nowMs < limits.monthToMs) return { ...limits };
  const { fromMs: monthFromMs, toMs: monthToMs } = monthOf(nowMs);
  return { ...limits, monthFromMs, monthToMs, monthUsed: 0n, softNoted: false };
}

/** @returns whether limits and the month's use are what they were. */
export function areSameLimits(a: Readonly<Limits> | undefined, b: Readonly<Limits> | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.softLimit === b.softLimit &&
    a.hardLimit === b.hardLimit &&
    a.lowBalance === b.lowBalance &&
    a.monthFromMs === b.monthFromMs &&
    a.monthToMs === b.monthToMs &&
    a.monthUsed === b.monthUsed &&
    a.softNoted === b.softNoted
  );
}

/** @returns the refusal when the month's use with `amount` on top would pass the hard limit (rules 6 and 12). */
export function refuseByLimit({ account, limits }: Book, amount: Micro): Refused | undefined {
  if (!limits || limits.hardLimit === 0n) return undefined;
  const used = limits.monthUsed + account.held;
  if (isTooLarge(used + amount)) return REFUSED_AS_TOO_LARGE;
  if (used + amount > limits.hardLimit) return limitReached(account, limits);
  return undefined;
}

/** Counts what a spend or capture took, or a refund of one gave back, to the month's use. */
export function countUse({ limits }: Book, amount: Micro): void {
  if (!limits) return;
  const used = limits.monthUsed + amount;
  limits.monthUsed = used > 0n ? used : 0n;
}

/** Tells, once a month, that a spend, hold or capture left the use above the soft limit. */
export function noteSoftLimit({ account, limits, events }: Book, atMs: number): void {
  if (!limits || limits.softLimit === 0n || limits.softNoted) return;
  const used = limits.monthUsed + account.held;
  if (used <= limits.softLimit) return;
  limits.softNoted = true;
  const details = { used: fromMicro(used), monthlySoftLimit: fromMicro(limits.softLimit) };
  events.push({ kind: 'soft-limit', atMs, details });
}

/**
 * Sets the limits that are named; one change, none where all are so already. Refused with PUBLIC_CREDIT_TOO_LARGE
 * where a month's use would come under a hard limit that is more than can be kept (rule 12).
 */
export function setLimits(book: Book, command: SetLimits, author: string, nowMs: number): Done | Refused {
  const { account } = book;
  const { debtLimit = account.debtLimit, reason } = command;
  const before = book.limits;
  const softLimit = command.softLimit ?? before?.softLimit ?? 0n;
  const hardLimit = command.hardLimit ?? before?.hardLimit ?? 0n;
  const lowBalance = command.lowBalance === undefined ? (before?.lowBalance ?? null) : command.lowBalance;
  const isMonthlySame =
    softLimit === (before?.softLimit ?? 0n) &&
    hardLimit === (before?.hardLimit ?? 0n) &&
    lowBalance === (before?.lowBalance ?? null);
  if (isMonthlySame && debtLimit === account.debtLimit) return { kind: 'done' };
  if (!isMonthlySame) {
    const limits = before ?? countMonth(book, nowMs);
    const comesUnderLimit = limits.hardLimit === 0n && hardLimit > 0n;
    if (comesUnderLimit && isTooLarge(limits.monthUsed + account.held)) return REFUSED_AS_TOO_LARGE;
    book.limits = { ...limits, softLimit, hardLimit, lowBalance };
  }
  account.debtLimit = debtLimit;
  const { softLimit: soft, hardLimit: hard, lowBalance: low } = command;
  const isDebtLimitAlone = soft === undefined && hard === undefined && low === undefined;
  book.addChange(isDebtLimitAlone ? 'debt-limit' : 'limits', nowMs, author, { reason });
  return { kind: 'done' };
}

/** An account's first limits: what was used so far this month is counted from its entries (rule 6). */
function countMonth({ state, entries, setting: { monthOf } }: Book, nowMs: number): Limits {
  if (state.countedUse === undefined) throw new NeedsMore();
  const { fromMs: monthFromMs, toMs: monthToMs } = monthOf(nowMs);
  let monthUsed = state.countedUse;
  for (const { kind, amount, relation } of entries) {
    if (kind === 'spend' || kind === 'capture') monthUsed -= amount;
    if (kind !== 'refund' || relation.undoes === undefined) continue;
    const undone = state.undoings?.get(relation.undoes)?.entry;
    if (undone && undone.atMs >= monthFromMs) monthUsed -= amount;
  }
  const none = { softLimit: 0n, hardLimit: 0n, lowBalance: null, softNoted: false };
  return { ...none, monthFromMs, monthToMs, monthUsed };
}
