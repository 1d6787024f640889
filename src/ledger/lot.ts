import type { Micro } from './amount.ts';
import { proportion } from './amount.ts';

/** The priority of a lot that nobody gave one (0-100, lower burns first). */
export const DEFAULT_PRIORITY = 50;

/** Where a lot stands in the burn order. */
export interface BurnPosition {
  readonly priority: number;
  /** Unix milliseconds, or null for credit that never expires. */
  readonly expiresAtMs: number | null;
  /** 1, 2, 3... per account in the order of the entries that opened the lots. */
  readonly lot: number;
}

/** An open lot as a decision sees it. Amounts in millionths. */
export interface Lot extends BurnPosition {
  remaining: Micro;
  remainingMoney: Micro;
  /** Pinned by open holds. */
  held: Micro;
  /** Whether an event has told that it expires soon; false where it was not read. */
  expiryNoted: boolean;
}

/** The credit that one grant, positive adjustment or refund slice brought, as it was opened. */
export interface LotOpening extends BurnPosition {
  readonly openedBySeq: number;
  readonly amount: Micro;
  readonly money: Micro;
}

/** Rule 1: priority ascending, then expiry ascending with never last, then the order of opening. */
export function burnsBefore(a: BurnPosition, b: BurnPosition): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.expiresAtMs !== b.expiresAtMs) {
    return (a.expiresAtMs ?? Number.POSITIVE_INFINITY) < (b.expiresAtMs ?? Number.POSITIVE_INFINITY);
  }
  return a.lot < b.lot;
}

/** Rule 2: due means gone, swept or not. */
export function isDue(lot: BurnPosition, nowMs: number): boolean {
  return lot.expiresAtMs !== null && lot.expiresAtMs <= nowMs;
}

/** @returns what is neither spent nor pinned, in millionths; of a due lot this is what expires. */
export function freeOf(lot: Lot): Micro {
  return lot.remaining - lot.held;
}

/** Takes credit out of a lot. @returns the money that goes with it (rule 5). */
export function takeFrom(lot: Lot, amount: Micro): Micro {
  const money =
    amount === lot.remaining ? lot.remainingMoney : proportion(lot.remainingMoney, amount, lot.remaining);
  lot.remaining -= amount;
  lot.remainingMoney -= money;
  return money;
}
