import type { Hold, Pin } from './account.ts';
import type { Micro } from './amount.ts';
import type { Book } from './book.ts';
import type { CreateHold, Done, ExtendHold, Refused, ReleaseHold } from './command.ts';
import { afterwards } from './expiry.ts';
import { judgeTaking } from './judge-taking.ts';
import { noteSoftLimit } from './limit.ts';
import { holdHasEnded, REFUSED_AS_BANNED, REFUSED_AS_NOT_FOUND } from './refuse.ts';

/** A hold is over this long after its creation at the latest (rule 7). */
export const MAX_HOLD_MS = 604_800_000;

/**
 * Sets credit aside, judged like a spend of it; what only the debt limit covers is held without a lot (rule 7).
 * Refused with PUBLIC_CUSTOMER_IS_BANNED, PUBLIC_CREDIT_TOO_LARGE, PUBLIC_CREDIT_LIMIT_REACHED or
 * PUBLIC_CREDIT_IS_NOT_SUFFICIENT.
 */
export function createHold(book: Book, command: CreateHold, author: string, nowMs: number): Done | Refused {
  const { account } = book;
  const { amount, ip } = command;
  const refused = judgeTaking(book, amount);
  if (refused) return refused;
  const hold: Hold = {
    hold: ++account.lastHold,
    attempt: 0,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + Math.min(command.expiresInMs, MAX_HOLD_MS),
    reserved: 0n,
    unpinned: 0n,
    captured: 0n,
    pins: [],
    endedBy: undefined,
    endedAtMs: undefined,
  };
  book.holds.add(hold);
  const pins = reserve(book, hold, amount, nowMs);
  const about = { reserved: hold.reserved, pins, ip };
  const holdEvent = book.addHoldEvent('hold', hold, about, nowMs, author);
  noteSoftLimit(book, nowMs);
  return { kind: 'done', holdEvent };
}

/**
 * Adds to an open hold, judged like a hold of what is added, or prolongs it, or both. Prolonging counts from now,
 * never shortens, and is cut at seven days from the hold's creation (rule 7). Refused like a hold, and with
 * INTERNAL_RESOURCE_NOT_FOUND or PUBLIC_CREDIT_HOLD_HAS_ENDED.
 */
export function extendHold(book: Book, command: ExtendHold, author: string, nowMs: number): Done | Refused {
  const { addAmount, expiresInMs } = command;
  const hold = book.holds.find(command);
  if (!hold) return REFUSED_AS_NOT_FOUND;
  if (addAmount !== undefined && book.account.banned) return REFUSED_AS_BANNED;
  const refused = holdHasEnded(hold) ?? (addAmount === undefined ? undefined : judgeTaking(book, addAmount));
  if (refused) return refused;
  const pins = addAmount === undefined ? [] : reserve(book, hold, addAmount, nowMs);
  if (expiresInMs !== undefined) {
    const untilMs = Math.min(nowMs + expiresInMs, hold.createdAtMs + MAX_HOLD_MS);
    book.holds.prolong(hold, Math.max(hold.expiresAtMs, untilMs));
  }
  const about = { reserved: hold.reserved, pins };
  const holdEvent = book.addHoldEvent('extend', hold, about, nowMs, author);
  if (addAmount !== undefined) noteSoftLimit(book, nowMs);
  return { kind: 'done', holdEvent };
}

/**
 * Ends an open hold; what it pinned is free again, or written off where its lot is due by now (rule 7). Refused with
 * INTERNAL_RESOURCE_NOT_FOUND or PUBLIC_CREDIT_HOLD_HAS_ENDED.
 */
export function releaseHold(book: Book, command: ReleaseHold, author: string, nowMs: number): Done | Refused {
  const hold = book.holds.find(command);
  if (!hold) return REFUSED_AS_NOT_FOUND;
  const ended = holdHasEnded(hold);
  if (ended) return ended;
  const { reserved } = hold;
  const letGo = book.endHold(hold, 'released', nowMs);
  const holdEvent = book.addHoldEvent('release', hold, { reserved, pins: [] }, nowMs, author);
  afterwards(book, letGo, nowMs);
  book.tellFigures(holdEvent);
  return { kind: 'done', holdEvent };
}

/** Reserves `amount` more for a hold, in free credit as far as there is some. @returns the pins that this added. */
function reserve(book: Book, hold: Hold, amount: Micro, nowMs: number): readonly Pin[] {
  const pins = book.lots.pinFree(amount, nowMs);
  let unpinned = amount;
  for (const pin of pins) unpinned -= pin.amount;
  hold.pins = hold.pins.length === 0 ? pins : merge(hold.pins, pins);
  hold.unpinned += unpinned;
  hold.reserved += amount;
  book.account.held += amount;
  book.holds.markChanged(hold);
  return pins;
}

/** @returns one pin a lot. */
function merge(pins: readonly Pin[], added: readonly Pin[]): Pin[] {
  const amounts = new Map<number, Micro>();
  for (const { lot, amount } of [...pins, ...added]) amounts.set(lot, (amounts.get(lot) ?? 0n) + amount);
  return [...amounts].map(([lot, amount]) => ({ lot, amount }));
}
