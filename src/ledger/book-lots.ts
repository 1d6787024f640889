import type { AccountState, Pin, Slice, UnreadLots } from './account.ts';
import type { Micro } from './amount.ts';
import { least } from './amount.ts';
import { type BurnPosition, burnsBefore, freeOf, isDue, type Lot, type LotOpening, takeFrom } from './lot.ts';
import { NeedsMore } from './needs-more.ts';

/** What expiries took from a due lot in one decision, and when the last of them did. */
export interface WriteOff {
  readonly lot: number;
  amount: Micro;
  atMs: number;
}

/** The lots of one account while its commands are played. It knows which burns next, and which it does not know. */
export class BookLots {
  /** In burn order. */
  readonly #lots: Lot[];
  readonly #unread: UnreadLots | undefined;
  readonly #changed = new Set<Lot>();
  readonly openings: LotOpening[] = [];
  readonly writeOffs: WriteOff[] = [];

  constructor(state: AccountState) {
    this.#lots = state.lots.map((lot) => ({ ...lot }));
    if (this.#lots.length > 1) this.#lots.sort(inBurnOrder);
    this.#unread = state.unreadLots;
  }

  /** Every lot that was opened or changed, as it is now. */
  get changed(): readonly Lot[] {
    return [...this.#changed];
  }

  /** @returns the lot whose free credit burns next (rule 1), or undefined when there is none. */
  firstFree(nowMs: number): Lot | undefined {
    let first: Lot | undefined;
    for (const lot of this.#lots) {
      if (isDue(lot, nowMs) || freeOf(lot) === 0n) continue;
      first = lot;
      break;
    }
    if (this.#unread && (!first || burnsBefore(this.#unread.after, first))) throw new NeedsMore();
    return first;
  }

  /** @returns the lot of this number, which the state must have. */
  get(number: number): Lot {
    const lot = this.#lots.find((candidate) => candidate.lot === number);
    if (!lot) throw new NeedsMore();
    return lot;
  }

  /** @returns the lot of this number, taken in from elsewhere where the state does not have it. */
  getOrAdopt(number: number, known: Readonly<Lot> | undefined): Lot {
    if (!known || this.#lots.some((lot) => lot.lot === number)) return this.get(number);
    const lot = { ...known };
    this.#insert(lot);
    return lot;
  }

  /** @returns whether a lot has fallen due with something to write off. */
  hasDue(nowMs: number): boolean {
    const unreadDueMs = this.#unread?.nextDueMs ?? null;
    if (unreadDueMs !== null && unreadDueMs <= nowMs) throw new NeedsMore();
    for (const lot of this.#lots) if (isDue(lot, nowMs) && freeOf(lot) > 0n) return true;
    return false;
  }

  /** @returns lots that have fallen due, pinned ones too, by their instant, then in burn order (rule 2). */
  due(nowMs: number): Lot[] {
    return this.#lots
      .filter((lot) => isDue(lot, nowMs) && lot.remaining > 0n)
      .sort((a, b) => (a.expiresAtMs ?? 0) - (b.expiresAtMs ?? 0) || inBurnOrder(a, b));
  }

  /** @returns lots with free credit that expire by `untilMs` and of which no event has told, soonest first. */
  toNote(nowMs: number, untilMs: number): Lot[] {
    // Whether a lot was noted is not in the first lots' figures, so all are read.
    if (this.#unread) throw new NeedsMore();
    return this.due(untilMs).filter((lot) => freeOf(lot) > 0n && !isDue(lot, nowMs) && !lot.expiryNoted);
  }

  /** Notes that an event has told of this lot's end. */
  markNoted(lot: Lot): void {
    lot.expiryNoted = true;
    this.#changed.add(lot);
  }

  /** Takes up to `amount` of free credit in burn order. @returns the slices; they cover less where credit ends. */
  takeFree(amount: Micro, nowMs: number): Slice[] {
    const slices: Slice[] = [];
    let left = amount;
    while (left > 0n) {
      const lot = this.firstFree(nowMs);
      if (!lot) break;
      const taken = least(freeOf(lot), left);
      slices.push(this.take(lot, taken));
      left -= taken;
    }
    return slices;
  }

  /** Takes `amount` out of one lot. */
  take(lot: Lot, amount: Micro): Slice {
    const money = takeFrom(lot, amount);
    this.#changed.add(lot);
    return { lot: lot.lot, amount: -amount, money: -money };
  }

  /** Takes `amount` of a pin out of its lot. */
  takePinned(lot: Lot, amount: Micro): Slice {
    lot.held -= amount;
    return this.take(lot, amount);
  }

  /** Gives back what a slice took of this lot. */
  giveBack(lot: Lot, amount: Micro, money: Micro, undoes: Slice['undoes']): Slice {
    lot.remaining += amount;
    lot.remainingMoney += money;
    this.#changed.add(lot);
    return { lot: lot.lot, amount, money, ...(undoes && { undoes }) };
  }

  /** Pins up to `amount` of free credit in burn order (rule 7). @returns the pins; they cover less where credit ends. */
  pinFree(amount: Micro, nowMs: number): Pin[] {
    const pins: Pin[] = [];
    let left = amount;
    while (left > 0n) {
      const lot = this.firstFree(nowMs);
      if (!lot) break;
      const pinned = least(freeOf(lot), left);
      lot.held += pinned;
      this.#changed.add(lot);
      pins.push({ lot: lot.lot, amount: pinned });
      left -= pinned;
    }
    return pins;
  }

  /** Lets a pin go. @returns its lot. */
  unpin(pin: Pin): Lot {
    const lot = this.get(pin.lot);
    lot.held -= pin.amount;
    this.#changed.add(lot);
    return lot;
  }

  /** Writes off what is free of a due lot. */
  writeOff(lot: Lot, atMs: number): Slice {
    const amount = freeOf(lot);
    const before = this.writeOffs.find((writeOff) => writeOff.lot === lot.lot);
    if (before) {
      before.amount += amount;
      before.atMs = atMs;
    } else {
      this.writeOffs.push({ lot: lot.lot, amount, atMs });
    }
    return this.take(lot, amount);
  }

  /** Opens a lot. @returns the slice that brings its credit. */
  open(opening: LotOpening, undoes?: Slice['undoes']): Slice {
    const { lot: number, priority, expiresAtMs, amount, money } = opening;
    const lot: Lot = {
      lot: number,
      priority,
      expiresAtMs,
      remaining: amount,
      remainingMoney: money,
      held: 0n,
      expiryNoted: false,
    };
    this.#insert(lot);
    this.openings.push(opening);
    this.#changed.add(lot);
    return { lot: number, amount, money, opens: true, ...(undoes && { undoes }) };
  }

  /** @returns the earliest instant at which free credit falls due, or null. */
  nextDueMs(): number | null {
    let next = Number.POSITIVE_INFINITY;
    for (const lot of this.#lots) {
      if (lot.expiresAtMs !== null && lot.expiresAtMs < next && freeOf(lot) > 0n) next = lot.expiresAtMs;
    }
    const unreadMs = this.#unread?.nextDueMs ?? null;
    if (unreadMs !== null && unreadMs < next) {
      if (!this.#unread?.nextDueIsExact || this.#mayHaveTaken(unreadMs)) throw new NeedsMore();
      next = unreadMs;
    }
    return Number.isFinite(next) ? next : null;
  }

  /** A lot taken in by its number may have been the one that was left out for its expiry. */
  #mayHaveTaken(expiresAtMs: number): boolean {
    for (const lot of this.#changed) if (lot.expiresAtMs === expiresAtMs) return true;
    return false;
  }

  #insert(lot: Lot): void {
    const behind = this.#lots.findIndex((other) => burnsBefore(lot, other));
    this.#lots.splice(behind < 0 ? this.#lots.length : behind, 0, lot);
  }
}

/** Sorts by the burn order (rule 1). */
export function inBurnOrder(a: BurnPosition, b: BurnPosition): number {
  return burnsBefore(a, b) ? -1 : 1;
}
