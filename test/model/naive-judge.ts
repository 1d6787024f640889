import type { NaiveAccount } from './naive-account.ts';
import {
  inCredits,
  isBeyond,
  LARGEST,
  type NaiveAnswer,
  type NaiveCommand,
  type NaiveLot,
  refused,
  TOO_LARGE,
} from './naive-words.ts';

/** Rule 6 without what holds reserve: recounted from the entries every time. */
export function bookedUse(account: NaiveAccount, now: number): bigint {
  const [from, to] = account.monthsAround(now);
  const taken = account.entries.filter(
    ({ kind, at }) => (kind === 'spend' || kind === 'capture') && at >= from && at < to,
  );
  const seqs = new Set(taken.map(({ seq }) => seq));
  const givenBack = account.entries.filter(
    ({ kind, relation }) => kind === 'refund' && seqs.has(relation.undoes ?? 0),
  );
  return -[...taken, ...givenBack].reduce((sum, { amount }) => sum + amount, 0n);
}

/** What a command takes: credit that is free or owed, and credit that its hold has pinned. */
export interface Taking {
  readonly unpinned: bigint;
  readonly pinned: bigint;
}

/**
 * Says whether credit may be taken, or set aside, beyond what a hold has set aside already: the ban, rule 12,
 * rule 6, rule 3, in this order.
 *
 * @param amount what is judged.
 * @param taken what leaves the balance now, pins of the hold left out, and those; nothing for a hold.
 * @returns the refusal, if it is one.
 */
export function judge(
  account: NaiveAccount,
  amount: bigint,
  { unpinned: taken, pinned }: Taking,
  now: number,
): NaiveAnswer | undefined {
  const { balance, held, available, hardLimit } = account;
  if (account.banned) return refused(403, 'PUBLIC_CUSTOMER_IS_BANNED');
  if (isBeyondAfterTaking(account, { unpinned: taken, pinned }, now)) return TOO_LARGE;
  const used = bookedUse(account, now) + held;
  if (hardLimit > 0n && used + amount > LARGEST) return TOO_LARGE;
  if (hardLimit > 0n && used + amount > hardLimit) {
    return refused(402, 'PUBLIC_CREDIT_LIMIT_REACHED', {
      limit: inCredits(hardLimit),
      used: inCredits(used),
      held: inCredits(held),
      resetsAt: new Date(account.monthsAround(now)[1]).toISOString(),
    });
  }
  if (amount <= available) return undefined;
  return refused(402, 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', {
    creditBalance: inCredits(balance),
    held: inCredits(held),
    available: inCredits(available),
    required: inCredits(amount),
    shortBy: inCredits(amount - available),
  });
}

/** Rule 12 for what takes free credit and owes the rest. */
export function isBeyondAfterTaking(
  account: NaiveAccount,
  { unpinned, pinned }: Taking,
  now: number,
): boolean {
  if (unpinned + pinned === 0n) return false;
  const free = account.free(now).reduce((sum, lot) => sum + lot.credit - lot.pinned, 0n);
  const owed = unpinned > free ? unpinned - free : 0n;
  return isBeyond(account.balance - unpinned - pinned) || isBeyond(account.debt + owed);
}

/** The soft limit's event, after something that may have passed it. */
export function noteSoftLimit(account: NaiveAccount, now: number): void {
  const { softLimit, softNoted } = account;
  const used = bookedUse(account, now) + account.held;
  const [month] = account.monthsAround(now);
  if (softLimit === 0n || used <= softLimit || softNoted.has(month)) return;
  softNoted.add(month);
  const details = { used: inCredits(used), monthlySoftLimit: inCredits(softLimit) };
  account.events.push({ kind: 'soft-limit', at: now, details });
}

const WEEK = 7 * 86_400_000;

/** Events of lots that expire within seven days, each once. */
export function noteExpiring(account: NaiveAccount, now: number): void {
  for (const lot of account.inBurnOrder()) noteExpiringLot(account, lot, now);
}

export function noteExpiringLot(account: NaiveAccount, lot: NaiveLot, now: number): void {
  if (lot.noted || lot.expiresAt === null || lot.expiresAt > now + WEEK) return;
  if (lot.credit === lot.pinned || lot.expiresAt <= now) return;
  lot.noted = true;
  const expiresAt = new Date(lot.expiresAt).toISOString();
  const details = { lot: lot.number, amount: inCredits(lot.credit - lot.pinned), expiresAt };
  account.events.push({ kind: 'credit-expiring', at: now, details });
}

export function setLimits(
  account: NaiveAccount,
  command: Extract<NaiveCommand, { kind: 'limits' }>,
  now: number,
): NaiveAnswer {
  const { debtLimit, softLimit, hardLimit, lowBalance } = command;
  const before = { ...account.force, lowBalance: account.lowBalance };
  const after = {
    debtLimit: debtLimit ?? before.debtLimit,
    softLimit: softLimit ?? before.softLimit,
    hardLimit: hardLimit ?? before.hardLimit,
    lowBalance: lowBalance === undefined ? before.lowBalance : lowBalance,
  };
  const isChanged = (name: keyof typeof after) => before[name] !== after[name];
  const areMonthlyChanged = isChanged('softLimit') || isChanged('hardLimit') || isChanged('lowBalance');
  if (!areMonthlyChanged && !isChanged('debtLimit')) return { status: 200, replayed: false };
  const used = bookedUse(account, now) + account.held;
  if (areMonthlyChanged && after.hardLimit > 0n && used > LARGEST) return TOO_LARGE;
  Object.assign(account, after);
  const isDebtLimitAlone = [softLimit, hardLimit, lowBalance].every((each) => each === undefined);
  account.change(isDebtLimitAlone ? 'debt-limit' : 'limits', now);
  return { status: 200, replayed: false };
}
