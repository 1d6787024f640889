import type { ReplayedLots } from './audit-lots.ts';
import { compareInBurnOrder, Ordered } from './audit-order.ts';
import { parsePins } from './audit-slices.ts';
import {
  type AuditedChange,
  type AuditedEntry,
  type AuditedHold,
  type AuditedPin,
  credits,
  type Report,
} from './audit-words.ts';

/** The longest a hold may be open, counted from its creation. */
const MOST_OPEN_MS = 604_800_000;

/** An open hold while the history is replayed. */
interface ReplayedHold {
  readonly hold: number;
  readonly attempt: number | null;
  readonly createdAtMs: number;
  expiresAtMs: number;
  unpinned: bigint;
  captured: bigint;
  readonly pins: Map<number, bigint>;
}

/** What one capture may take of its hold, and what it takes beyond. */
export interface CaptureShare {
  /** In burn order: the slices that must come first. */
  readonly pinned: readonly AuditedPin[];
  /** What neither pins nor the hold's unpinned part cover. */
  readonly beyond: bigint;
}

function reservedBy({ pins, unpinned }: ReplayedHold): bigint {
  return pins.values().reduce((sum, amount) => sum + amount, unpinned);
}

/**
 * The holds of one account, built again from its history (I9). Each hold's row is given to it when the history
 * creates the hold and forgotten when it ends, so only open ones are kept.
 */
export class ReplayedHolds {
  readonly #lots: ReplayedLots;
  readonly #report: Report;
  readonly #open = new Map<number, ReplayedHold>();
  readonly #ending = new Ordered<ReplayedHold>((a, b) => a.expiresAtMs - b.expiresAtMs || a.hold - b.hold);
  readonly #rows = new Map<number, AuditedHold>();
  #lastHold = 0;
  #held = 0n;

  constructor(lots: ReplayedLots, report: Report) {
    this.#lots = lots;
    this.#report = report;
  }

  /** What open holds reserve. */
  get held(): bigint {
    return this.#held;
  }

  /** Takes the row of a hold that the history tells of later. */
  row(row: AuditedHold): void {
    this.#rows.set(row.hold, row);
  }

  /** Looks for holds that should have ended before this step; at their own instant only `mayWait` lets them wait. */
  checkNothingOver(name: string, atMs: number, mayWait: boolean): void {
    for (;;) {
      const hold = this.#ending.first();
      if (!hold || hold.expiresAtMs > atMs || (mayWait && hold.expiresAtMs === atMs)) return;
      this.#report('I6', `${name} comes before the end of hold ${hold.hold}, whose time was over`);
      this.#ending.remove(hold);
    }
  }

  /** Plays a hold event. @returns whether it reserved more than before. */
  play(name: string, change: AuditedChange): boolean {
    const pins = parsePins(change.pins ?? []);
    if (typeof pins === 'string') {
      this.#report('I9', `${name}: ${pins}`);
      return false;
    }
    if (change.kind === 'hold') return this.#create(name, change, pins);
    const hold = this.#open.get(change.hold ?? 0);
    if (!hold) {
      const how = (change.hold ?? 0) > this.#lastHold ? 'is not there' : 'has ended before';
      this.#report('I4', `${name} is about hold ${change.hold}, which ${how}`);
      return false;
    }
    if (change.kind === 'extend') return this.#extend(name, change, hold, pins);
    this.#checkEnd(name, change, hold, pins);
    this.#end(hold, change.kind === 'release' ? 'released' : 'expired', change.atMs);
    return false;
  }

  #create(name: string, change: AuditedChange, pins: readonly AuditedPin[]): boolean {
    const { hold: number, atMs, expiresAtMs } = change;
    if (number !== this.#lastHold + 1)
      this.#report('I9', `${name} creates hold ${number}, not ${this.#lastHold + 1}`);
    if (number === null || number <= this.#lastHold) return false;
    this.#lastHold = number;
    const hold: ReplayedHold = {
      ...{ hold: number, attempt: change.attempt, createdAtMs: atMs, expiresAtMs: expiresAtMs ?? atMs },
      ...{ unpinned: 0n, captured: 0n, pins: new Map() },
    };
    this.#open.set(number, hold);
    this.#reserve(name, change, hold, pins);
    this.#checkLife(name, hold, atMs);
    this.#ending.add(hold);
    return true;
  }

  #extend(name: string, change: AuditedChange, hold: ReplayedHold, pins: readonly AuditedPin[]): boolean {
    const { expiresAtMs, atMs } = change;
    this.#ending.remove(hold);
    if (expiresAtMs !== null && expiresAtMs < hold.expiresAtMs)
      this.#report('I11', `${name} shortens hold ${hold.hold}`);
    if (expiresAtMs !== null) hold.expiresAtMs = expiresAtMs;
    this.#checkLife(name, hold, atMs);
    const more = this.#reserve(name, change, hold, pins);
    this.#ending.add(hold);
    return more;
  }

  /** @returns whether it reserves more than before. */
  #reserve(name: string, change: AuditedChange, hold: ReplayedHold, pins: readonly AuditedPin[]): boolean {
    const before = reservedBy(hold);
    for (const { lot, amount } of pins) {
      this.#lots.pin(name, change.atMs, lot, amount);
      hold.pins.set(lot, (hold.pins.get(lot) ?? 0n) + amount);
    }
    const unpinned = (change.reserved ?? 0n) - reservedBy(hold);
    if (unpinned < 0n || (change.kind === 'hold' && change.reserved === 0n)) {
      this.#report(
        'I9',
        `${name} reserves ${credits(change.reserved ?? 0n)}, its pins need ${credits(reservedBy(hold))}`,
      );
    }
    const free = unpinned > 0n && this.#lots.firstFree(change.atMs);
    if (free)
      this.#report(
        'I6',
        `${name} leaves ${credits(unpinned)} without a pin, while lot ${free.row.lot} has free credit`,
      );
    hold.unpinned += unpinned;
    this.#held += reservedBy(hold) - before;
    return reservedBy(hold) > before;
  }

  #checkLife(name: string, { hold, createdAtMs, expiresAtMs }: ReplayedHold, atMs: number): void {
    if (expiresAtMs <= atMs || expiresAtMs > createdAtMs + MOST_OPEN_MS) {
      this.#report('I11', `${name}: hold ${hold} would end at ${expiresAtMs}, which no hold may`);
    }
  }

  #checkEnd(name: string, change: AuditedChange, hold: ReplayedHold, pins: readonly AuditedPin[]): void {
    const reserved = reservedBy(hold);
    if (change.reserved !== reserved || pins.length > 0) {
      this.#report(
        'I9',
        `${name} lets go of ${credits(change.reserved ?? 0n)}, hold ${hold.hold} reserved ${credits(reserved)}`,
      );
    }
    if (change.expiresAtMs !== hold.expiresAtMs) {
      this.#report(
        'I9',
        `${name} says that hold ${hold.hold} was to end at ${change.expiresAtMs}, not ${hold.expiresAtMs}`,
      );
    }
    if (change.kind !== 'hold-expiry') return;
    if (change.atMs !== hold.expiresAtMs) {
      const relation = change.atMs < hold.expiresAtMs ? 'before' : 'after';
      this.#report('I11', `${name} is dated ${relation} the end of hold ${hold.hold}`);
    }
    const first = this.#ending.first();
    if (first && first !== hold && first.expiresAtMs === hold.expiresAtMs && first.hold < hold.hold) {
      this.#report('I6', `${name} ends hold ${hold.hold} before hold ${first.hold}`);
    }
  }

  /** @returns what a capture must take out of pins; undefined when there is no such hold. */
  shareOf(entry: AuditedEntry): CaptureShare | undefined {
    const hold = this.#open.get(entry.hold ?? 0);
    if (!hold) {
      const how = (entry.hold ?? 0) > this.#lastHold ? 'is not there' : 'has ended before';
      this.#report('I4', `entry ${entry.seq} captures hold ${entry.hold}, which ${how}`);
      return undefined;
    }
    const inBurnOrder = [...hold.pins.keys()]
      .flatMap((number) => this.#lots.get(number) ?? [])
      .sort((a, b) => compareInBurnOrder(a.row, b.row));
    const pinned: AuditedPin[] = [];
    let rest = -entry.amount;
    for (const { row } of inBurnOrder) {
      const pin = hold.pins.get(row.lot) ?? 0n;
      const amount = pin < rest ? pin : rest;
      if (amount > 0n) pinned.push({ lot: row.lot, amount });
      rest -= amount;
    }
    return { pinned, beyond: rest > hold.unpinned ? rest - hold.unpinned : 0n };
  }

  /** Notes on its hold what a capture took, whose slices are played. */
  capture(entry: AuditedEntry, { pinned, beyond }: CaptureShare): void {
    const hold = this.#open.get(entry.hold ?? 0);
    if (!hold) return;
    const name = `entry ${entry.seq} (capture)`;
    const before = reservedBy(hold);
    for (const { lot, amount } of pinned) {
      const left = (hold.pins.get(lot) ?? 0n) - amount;
      if (left > 0n) hold.pins.set(lot, left);
      else hold.pins.delete(lot);
    }
    const fromPins = pinned.reduce((sum, { amount }) => sum + amount, 0n);
    hold.unpinned -= -entry.amount - fromPins - beyond;
    hold.captured -= entry.amount;
    const left = reservedBy(hold);
    this.#held += left - before;
    if (entry.captured !== hold.captured) {
      this.#report(
        'I9',
        `${name} says that ${credits(entry.captured ?? 0n)} was captured of hold ${hold.hold}, not ${credits(hold.captured)}`,
      );
    }
    if (entry.remaining === 0n) this.#end(hold, 'captured', entry.atMs);
    else if (entry.remaining !== left) {
      this.#report(
        'I9',
        `${name} says that hold ${hold.hold} then reserves ${credits(entry.remaining ?? 0n)}, not ${credits(left)}`,
      );
    }
  }

  #end(hold: ReplayedHold, endedBy: string, atMs: number): void {
    this.#held -= reservedBy(hold);
    for (const [lot, amount] of hold.pins) this.#lots.letGo(lot, amount, atMs);
    hold.pins.clear();
    hold.unpinned = 0n;
    this.#open.delete(hold.hold);
    this.#ending.remove(hold);
    this.#compareRow(hold, endedBy, atMs);
  }

  /** Compares what the history made of the holds that are open with what is stored. */
  compare(): void {
    for (const hold of this.#open.values()) this.#compareRow(hold, null, null);
    for (const hold of this.#rows.keys()) this.#report('I9', `hold ${hold} was created by no event`);
  }

  #compareRow(hold: ReplayedHold, endedBy: string | null, endedAtMs: number | null): void {
    const name = `hold ${hold.hold}`;
    const row = this.#rows.get(hold.hold);
    this.#rows.delete(hold.hold);
    if (!row) {
      this.#report('I9', `${name} is not stored`);
      return;
    }
    if (row.endedBy !== endedBy || row.endedAtMs !== endedAtMs) {
      const [is, should] = [row.endedBy ?? 'open', endedBy ?? 'open'];
      this.#report('I4', `${name} is ${is} (${row.endedAtMs}), its history says ${should} (${endedAtMs})`);
    }
    const expect = (what: string, is: unknown, should: unknown) => {
      if (is !== should) this.#report('I9', `${name}: its ${what} is ${is}, its history says ${should}`);
    };
    expect('creation', row.createdAtMs, hold.createdAtMs);
    expect('end', row.expiresAtMs, hold.expiresAtMs);
    expect('reserved credit', credits(row.reserved), credits(reservedBy(hold)));
    expect('credit without a pin', credits(row.unpinned), credits(hold.unpinned));
    expect('captured credit', credits(row.captured), credits(hold.captured));
    expect('attempt', row.attempt, hold.attempt);
    const pins = parsePins(row.pins);
    // Pins that can't be read were reported when the row came.
    if (typeof pins === 'string') return;
    if (pins.length !== hold.pins.size || pins.some(({ lot, amount }) => hold.pins.get(lot) !== amount)) {
      this.#report('I9', `${name} has other pins than its history gave it`);
    }
  }
}
