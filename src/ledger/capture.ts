import type { Hold, Pin, Slice } from './account.ts';
import { least, type Micro } from './amount.ts';
import type { Book } from './book.ts';
import { inBurnOrder } from './book-lots.ts';
import type { CaptureHold, Done, Refused } from './command.ts';
import { afterwards } from './expiry.ts';
import { fallsTooLow, judgeTaking } from './judge-taking.ts';
import { countUse, noteSoftLimit } from './limit.ts';
import { holdHasEnded, REFUSED_AS_NOT_FOUND } from './refuse.ts';
import { takeOrOwe } from './take-or-owe.ts';

/**
 * Takes credit out of an open hold in one entry: pinned slices in burn order, then free credit, then debt. The part
 * within the hold never fails; the part beyond it is judged like a spend, and if that fails nothing happens. It ends
 * the hold where it is final or uses the hold up; what is still pinned then is let go (rule 7). Refused with
 * INTERNAL_RESOURCE_NOT_FOUND, PUBLIC_CREDIT_HOLD_HAS_ENDED, and beyond the hold like a spend.
 */
export function captureHold(book: Book, command: CaptureHold, author: string, nowMs: number): Done | Refused {
  const { account } = book;
  const { amount, description, ip } = command;
  const hold = book.holds.find(command);
  if (!hold) return REFUSED_AS_NOT_FOUND;
  const ended = holdHasEnded(hold);
  if (ended) return ended;
  const within = least(amount, hold.reserved);
  const fromPins = least(amount, hold.reserved - hold.unpinned);
  const unpinned = amount - fromPins;
  if (amount > within) {
    const refused = judgeTaking(book, amount - within, fallsTooLow(account, amount, unpinned));
    if (refused) return refused;
  }
  const slices = takePins(book, hold, fromPins);
  hold.unpinned -= within - fromPins;
  hold.reserved -= within;
  hold.captured += amount;
  account.held -= within;
  book.holds.markChanged(hold);
  if (unpinned > 0n) slices.push(...takeOrOwe(book, unpinned, nowMs));
  const isOver = command.final || hold.reserved === 0n;
  const letGo = isOver ? book.endHold(hold, 'captured', nowMs) : [];
  const { hold: number, captured, reserved: remaining } = hold;
  const relation = { hold: { hold: number, captured, remaining } };
  const entry = book.addEntry('capture', slices, nowMs, { description, ip, author }, relation);
  afterwards(book, letGo, nowMs);
  countUse(book, amount);
  noteSoftLimit(book, nowMs);
  return { kind: 'done', entry };
}

/** Takes `amount` out of what a hold has pinned, in burn order; the pins of due lots too (rule 7). */
function takePins(book: Book, hold: Hold, amount: Micro): Slice[] {
  if (amount === 0n) return [];
  const slices: Slice[] = [];
  const pins: Pin[] = [];
  const pinned = hold.pins.map((pin) => ({ pin, lot: book.lots.get(pin.lot) }));
  pinned.sort((a, b) => inBurnOrder(a.lot, b.lot));
  let left = amount;
  for (const { pin, lot } of pinned) {
    const taken = least(pin.amount, left);
    if (taken > 0n) slices.push(book.lots.takePinned(lot, taken));
    if (taken < pin.amount) pins.push({ lot: pin.lot, amount: pin.amount - taken });
    left -= taken;
  }
  hold.pins = pins;
  return slices;
}
