import type { AccountState, Hold } from './account.ts';
import type { NamedHold } from './command.ts';
import { NeedsMore } from './needs-more.ts';

/** The holds of one account while its commands are played. */
export class BookHolds {
  /** In the order of creation. */
  readonly #holds: Hold[];
  /** The earliest end of an open hold that was not read. */
  readonly #unreadDueMs: number | null;
  readonly #lastHoldBefore: number;
  readonly #changed = new Set<Hold>();

  constructor({ holds, unreadHolds, account }: AccountState) {
    this.#holds = holds.map((hold) => ({ ...hold }));
    this.#unreadDueMs = unreadHolds?.dueMs ?? null;
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
    if (this.#unreadDueMs !== null && this.#unreadDueMs <= nowMs) throw new NeedsMore();
    return this.due(nowMs).length > 0;
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
    hold.expiresAtMs = expiresAtMs;
    this.#changed.add(hold);
  }

  /** Ends a hold: from here on it reserves nothing. What it pinned is let go of by Book.endHold. */
  end(hold: Hold, endedBy: NonNullable<Hold['endedBy']>, atMs: number): void {
    this.#changed.add(hold);
    hold.reserved = 0n;
    hold.unpinned = 0n;
    hold.pins = [];
    hold.endedBy = endedBy;
    hold.endedAtMs = atMs;
  }

  /** @returns the earliest end of an open hold, or null. */
  dueMs(): number | null {
    let next = this.#unreadDueMs;
    for (const { endedBy, expiresAtMs } of this.#holds) {
      if (endedBy === undefined && (next === null || expiresAtMs < next)) next = expiresAtMs;
    }
    return next;
  }
}
