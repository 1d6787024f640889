import type { Slice } from './account.ts';
import { isTooLarge, least, type Micro, proportion } from './amount.ts';
import type { Book } from './book.ts';
import type { Done, Refund, Refused } from './command.ts';
import { countUse } from './limit.ts';
import { isDue } from './lot.ts';
import { REFUSED_AS_NOT_FOUND, REFUSED_AS_TOO_LARGE, refundTooLarge } from './refuse.ts';
import { settle } from './settlement.ts';
import { findUndone, lotOfUndone, type PastEntry, type Undone } from './undoing.ts';

/** A slice that can still be undone; of a debt what is open of it. */
interface Refundable {
  /** undefined: it is debt. */
  readonly lot: number | undefined;
  readonly left: Micro;
  readonly leftMoney: Micro;
  readonly undoes: NonNullable<Slice['undoes']>;
  /** Instant of the entry whose slice it is. */
  readonly atMs: number;
}

/** What a refund gives back of one slice. */
interface Part {
  readonly of: Refundable;
  readonly amount: Micro;
  readonly money: Micro;
}

/**
 * Gives back what a spend or capture took, last taken first, each slice to where it came from (rule 8). Refused with
 * INTERNAL_RESOURCE_NOT_FOUND where there is no such entry, PUBLIC_CREDIT_REFUND_TOO_LARGE, PUBLIC_CREDIT_TOO_LARGE.
 */
export function refund(book: Book, command: Refund, author: string, nowMs: number): Done | Refused {
  const { account } = book;
  const undone = findRefundable(book, command);
  if (!undone) return REFUSED_AS_NOT_FOUND;
  const slices = refundables(undone);
  const left = slices.reduce((sum, slice) => sum + slice.left, 0n);
  const { amount = left, description } = command;
  if (amount > left || amount === 0n) return refundTooLarge(left);
  const parts = share(slices, amount);
  const money = parts.reduce((sum, part) => sum + part.money, 0n);
  if (isTooLarge(account.balance + amount) || isTooLarge(account.balanceMoney + money)) {
    return REFUSED_AS_TOO_LARGE;
  }
  const given = parts.map((part) => giveBack(book, undone, part, nowMs));
  const relation = { undoes: undone.entry.seq, refundable: left - amount };
  const entry = book.addEntry('refund', given, nowMs, { description, author }, relation);
  settle(book, nowMs);
  if (book.limits && undone.entry.atMs >= book.limits.monthFromMs) countUse(book, -amount);
  return { kind: 'done', entry };
}

/** @returns the spend or capture that a public id names, or undefined where there is none. */
export function findRefundable(book: Book, command: Refund): Undone | undefined {
  const undone = findUndone(book, command);
  return undone?.entry.kind === 'spend' || undone?.entry.kind === 'capture' ? undone : undefined;
}

/** @returns what can still be undone, last taken first; of a debt first what is open, then what settled it. */
function refundables({ entry, undoneBy, settlements }: Undone): Refundable[] {
  const gone = goneBySlice(undoneBy);
  const found: Refundable[] = [];
  const add = (from: PastEntry, place: number, slice: Slice, settled = 0n) => {
    const before = gone.get(keyOf(from.seq, place));
    const left = -slice.amount - settled - (before?.amount ?? 0n);
    const leftMoney = -slice.money - (before?.money ?? 0n);
    const undoes = { entry: from.seq, slice: place };
    if (left > 0n) found.push({ lot: slice.lot, left, leftMoney, undoes, atMs: from.atMs });
  };
  for (const [place, slice] of [...entry.slices.entries()].reverse()) {
    if (slice.debt === undefined) {
      add(entry, place, slice);
      continue;
    }
    const paid = settlements.flatMap((settlement) => payments(settlement, entry.seq));
    const settled = paid.reduce((sum, payment) => sum - payment.slice.amount, 0n);
    add(entry, place, slice, settled);
    for (const payment of paid.reverse()) add(payment.settlement, payment.place, payment.slice);
  }
  return found;
}

/** @returns a settlement's slices that took from lots to pay the debt of the entry `seq`, each before its debt's. */
function payments(settlement: PastEntry, seq: number) {
  return settlement.slices.flatMap((slice, place) =>
    settlement.slices[place + 1]?.debt === seq ? [{ settlement, place, slice }] : [],
  );
}

/** @returns what earlier refunds gave back of each slice. */
function goneBySlice(refunds: readonly PastEntry[]): Map<string, { amount: Micro; money: Micro }> {
  const gone = new Map<string, { amount: Micro; money: Micro }>();
  for (const { undoes, amount, money } of refunds.flatMap(({ slices }) => slices)) {
    if (!undoes) continue;
    const key = keyOf(undoes.entry, undoes.slice);
    const before = gone.get(key);
    gone.set(key, { amount: amount + (before?.amount ?? 0n), money: money + (before?.money ?? 0n) });
  }
  return gone;
}

function keyOf(entry: number, slice: number): string {
  return `${entry}:${slice}`;
}

/** Shares `amount` out over the slices in their order, with the money that goes with each part (rules 5 and 8). */
function share(slices: readonly Refundable[], amount: Micro): Part[] {
  const parts: Part[] = [];
  let left = amount;
  for (const of of slices) {
    const part = least(of.left, left);
    if (part === 0n) break;
    // The part that completes the slice is all that is left, and takes all the money that is.
    const money = proportion(of.leftMoney, part, of.left);
    parts.push({ of, amount: part, money });
    left -= part;
  }
  return parts;
}

/** Gives a part back to its lot, to a new one where that is due, or lowers the debt. */
function giveBack(book: Book, undone: Undone, { of, amount, money }: Part, nowMs: number): Slice {
  const { lot: number, undoes, atMs } = of;
  if (number === undefined) return book.paySlice(book.debts.get(undone.entry.seq), amount, undoes);
  const lot = lotOfUndone(book, undone, number);
  if (lot.expiresAtMs === null || !isDue(lot, nowMs)) return book.lots.giveBack(lot, amount, money, undoes);
  const { priority, expiresAtMs } = lot;
  const hadToLiveMs = expiresAtMs - atMs;
  const { leastMs, mostMs } = book.setting.returnedLife;
  const livesMs = Math.min(Math.max(hadToLiveMs, leastMs), mostMs);
  return book.openLot({ amount, money, priority, expiresAtMs: nowMs + livesMs }, undoes);
}
