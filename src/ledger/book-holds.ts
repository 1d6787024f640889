import type { AccountState, Hold } from './account.ts';
import type { NamedHold } from './command.ts';
import { NeedsMore } from './needs-more.ts';

/** The holds of one account while its commands are played. It knows when the next one is over, or that it can't. */
export class BookHolds {
  /** In the order of creation. */
  readonly #holds: Hold[];
  /** Open holds other than these were not read. */
  readonly #unread: boolean;
  /** The earliest end before these commands, of a hold that was read or not. */
  readonly #dueMsBefore: number | null;
  readonly #lastHoldBefore: number;
  readonly #changed = new Set<Hold>();
  /** A hold that was over at #dueMsBefore has another end now, or has ended. */
  #dueHasMoved = false;

  constructor({ holds, unreadHolds, holdDueMs, account }: AccountState) {
    this.#holds = holds.map((hold) => ({ ...hold }));
    // An open hold reserves something, so where those that were read reserve all that is held there are no others.
    this.#unread =
      unreadHolds === true && holds.reduce((left, hold) => left - hold.reserved, account.held) !== 0n;
    this.#dueMsBefore = holdDueMs;
    this.#lastHoldBefore = account.lastHold;
  }

  /** Every hold that was created or changed, as it is now. */
  get changed(): readonly Hold[] {
    return [...this.#changed];
  }

  /** @returns the hold that a public id names, ended or not. One of these very commands has no public id yet. */
  find({ hold: number, attempt }: NamedHold): Hold | undefined {
    if (number > this.#lastHoldBefore) return undefined;
    return this.#holds.find((hold) => hold.hold === number && hold.attempt === attempt);
  }

  /** @returns whether a hold is over that has not ended. */
  hasDue(nowMs: number): boolean {
    if (this.#dueMsBefore === null || this.#dueMsBefore > nowMs) return false;
    if (this.#unread) throw new NeedsMore();
    return true;
  }

  /** @returns holds that are over and have not ended, by their end, then in the order of creation (rule 2). */
  due(nowMs: number): Hold[] {
    return this.#holds
      .filter((hold) => hold.endedBy === undefined && hold.expiresAtMs <= nowMs)
      .sort((a, b) => a.expiresAtMs - b.expiresAtMs || a.hold - b.hold);
  }

  add(hold: Hold): void {
    this.#holds.push(hold);
    this.#changed.add(hold);
  }

  /** Notes that a hold's figures change. */
  markChanged(hold: Hold): void {
    this.#changed.add(hold);
  }

  /** Moves the end of an open hold. */
  prolong(hold: Hold, expiresAtMs: number): void {
    if (hold.expiresAtMs === expiresAtMs) return;
    this.#noteMoved(hold);
    hold.expiresAtMs = expiresAtMs;
  }

  /** Ends a hold: from here on it reserves nothing. What it pinned is let go of by Book.endHold. */
  end(hold: Hold, endedBy: NonNullable<Hold['endedBy']>, atMs: number): void {
    this.#noteMoved(hold);
    hold.reserved = 0n;
    hold.unpinned = 0n;
    hold.pins = [];
    hold.endedBy = endedBy;
    hold.endedAtMs = atMs;
  }

  /** @returns the earliest end of an open hold, or null. */
  dueMs(): number | null {
    if (this.#unread && this.#dueHasMoved) throw new NeedsMore();
    let next = this.#unread ? this.#dueMsBefore : null;
    for (const { endedBy, expiresAtMs } of this.#holds) {
      if (endedBy === undefined && (next === null || expiresAtMs < next)) next = expiresAtMs;
    }
    return next;
  }

  #noteMoved(hold: Hold): void {
    if (hold.expiresAtMs === this.#dueMsBefore) this.#dueHasMoved = true;
    this.#changed.add(hold);
  }
}
