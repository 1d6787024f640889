import {
  inCredits,
  type NaiveAnswer,
  type NaiveChange,
  type NaiveChangeKind,
  type NaiveDebt,
  type NaiveEnd,
  type NaiveEntry,
  type NaiveEntryKind,
  type NaiveEvent,
  type NaiveForce,
  type NaiveHold,
  type NaiveHoldEvent,
  type NaiveLot,
  type NaiveMonths,
  type NaiveRelation,
  type NaiveSlice,
  share,
  smaller,
} from './naive-words.ts';

const DAY = 86_400_000;

/** One account, its whole history, and everything that its keys have been answered. */
export class NaiveAccount {
  lots: NaiveLot[] = [];
  debts: NaiveDebt[] = [];
  holds: NaiveHold[] = [];
  entries: NaiveEntry[] = [];
  changes: NaiveChange[] = [];
  events: NaiveEvent[] = [];
  debtLimit = 0n;
  softLimit = 0n;
  hardLimit = 0n;
  lowBalance: bigint | null = null;
  /** First instants of the months whose soft limit has had its event. */
  softNoted = new Set<number>();
  banned = false;
  latest = 0;
  keys = new Map<string, { content: string | undefined; answer: NaiveAnswer }>();
  readonly monthsAround: NaiveMonths;
  /** How long a new lot of a refund lives, at least and at most. */
  readonly newLife: readonly [least: number, most: number];

  constructor(monthsAround: NaiveMonths, newLife: readonly [number, number] = [DAY, 30 * DAY]) {
    this.monthsAround = monthsAround;
    this.newLife = newLife;
  }

  copy(): NaiveAccount {
    const copy = new NaiveAccount(this.monthsAround, this.newLife);
    copy.lots = this.lots.map((lot) => ({ ...lot }));
    copy.debts = this.debts.map((debt) => ({ ...debt }));
    copy.holds = this.holds.map((hold) => ({ ...hold, pins: hold.pins.map((pin) => ({ ...pin })) }));
    copy.entries = [...this.entries];
    copy.changes = [...this.changes];
    copy.events = [...this.events];
    copy.softNoted = new Set(this.softNoted);
    copy.keys = new Map(this.keys);
    const { debtLimit, softLimit, hardLimit, lowBalance, banned, latest } = this;
    return Object.assign(copy, { debtLimit, softLimit, hardLimit, lowBalance, banned, latest });
  }

  get balance(): bigint {
    return this.entries.at(-1)?.balance ?? 0n;
  }

  get balanceMoney(): bigint {
    return this.entries.at(-1)?.balanceMoney ?? 0n;
  }

  get debt(): bigint {
    return this.debts.reduce((sum, debt) => sum + debt.open, 0n);
  }

  get held(): bigint {
    return this.holds.reduce((sum, hold) => sum + reservedOf(hold), 0n);
  }

  get available(): bigint {
    return this.balance - this.held + this.debtLimit;
  }

  get version(): number {
    return this.entries.length + this.changes.length;
  }

  get force(): NaiveForce {
    const { held, debtLimit, softLimit, hardLimit } = this;
    return { held, debtLimit, softLimit, hardLimit };
  }

  /** Rule 1, spent lots included. */
  inBurnOrder(): NaiveLot[] {
    const expiry = (lot: NaiveLot) => lot.expiresAt ?? Number.MAX_VALUE;
    return [...this.lots].sort(
      (a, b) => a.priority - b.priority || expiry(a) - expiry(b) || a.number - b.number,
    );
  }

  /** What burns at this instant, first things first. */
  free(now: number): NaiveLot[] {
    return this.inBurnOrder().filter((lot) => lot.credit > lot.pinned && !hasExpired(lot, now));
  }

  /** The instant at which the next lot falls due that has something to write off. */
  nextDue(): number | null {
    const open = this.lots.filter((lot) => lot.credit > lot.pinned);
    return earliest(open.map((lot) => lot.expiresAt));
  }

  /** The instant at which the next open hold is over. */
  nextHoldDue(): number | null {
    return earliest(this.holds.filter((hold) => !hold.end).map((hold) => hold.expiresAt));
  }

  /** Rule 2. */
  bookDue(now: number): void {
    const next = () => earliest([this.nextDue(), this.nextHoldDue()]);
    for (let instant = next(); instant !== null && instant <= now; instant = next()) {
      const over = this.holds.filter((hold) => !hold.end && hold.expiresAt <= instant);
      const ends = over.map((hold) => this.end(hold, 'expired', instant));
      this.writeOffAndSettle(instant);
      for (const end of ends) this.tell(end);
    }
  }

  /** Ends a hold and lets its pins go. @returns the event, where there is one. */
  end(hold: NaiveHold, by: NaiveEnd, at: number): NaiveChange | undefined {
    const reserved = reservedOf(hold);
    for (const { lot, amount } of hold.pins) this.lot(lot).pinned -= amount;
    Object.assign(hold, { pins: [], unpinned: 0n, end: { by, at } });
    if (by === 'captured') return undefined;
    const { number, expiresAt } = hold;
    return this.change(by === 'released' ? 'release' : 'hold-expiry', at, {
      ...{ hold: number, reserved, expiresAt, pins: [], balance: 0n, heldAnswered: 0n },
    });
  }

  /** Sets what a hold event says of the account to what is true now. */
  tell(change: NaiveChange | undefined): void {
    const { balance, held: heldAnswered } = this;
    if (change?.hold) Object.assign(change.hold, { balance, heldAnswered });
  }

  /** One expiry for each due lot in which something is free, then the settlement. */
  writeOffAndSettle(at: number): void {
    for (const lot of this.inBurnOrder()) {
      const free = lot.credit - lot.pinned;
      if (!hasExpired(lot, at) || free === 0n) continue;
      lot.writtenOff += free;
      lot.writtenOffAt = at;
      this.add('expiry', [{ lot: lot.number, amount: -free, money: -takeMoney(lot, free) }], at);
    }
    this.settle(at);
  }

  /** Takes free credit in burn order, as much as there is of `amount`. */
  takeFree(amount: bigint, now: number): NaiveSlice[] {
    const slices: NaiveSlice[] = [];
    let missing = amount;
    for (const lot of this.free(now)) {
      const taken = smaller(missing, lot.credit - lot.pinned);
      if (taken === 0n) break;
      slices.push({ lot: lot.number, amount: -taken, money: -takeMoney(lot, taken) });
      missing -= taken;
    }
    return slices;
  }

  /** Owes `amount` with the entry that comes next. */
  owe(amount: bigint): NaiveSlice {
    const entry = this.entries.length + 1;
    this.debts.push({ entry, amount, open: amount });
    return { debt: entry, amount: -amount, money: 0n };
  }

  /** Opens a lot with the entry that comes next. */
  open(amount: bigint, money: bigint, priority: number, expiresAt: number | null): NaiveSlice {
    const number = this.lots.length + 1;
    this.lots.push({
      ...{ number, openedBy: this.entries.length + 1, priority, expiresAt, amount, brought: money },
      ...{ credit: amount, money, pinned: 0n, writtenOff: 0n, writtenOffAt: null, noted: false },
    });
    return { lot: number, amount, money, opens: true };
  }

  /** Rule 4. */
  settle(now: number): void {
    const slices: NaiveSlice[] = [];
    for (const lot of this.free(now)) {
      for (const debt of this.debts) {
        const paid = smaller(lot.credit - lot.pinned, debt.open);
        if (paid === 0n) continue;
        slices.push({ lot: lot.number, amount: -paid, money: -takeMoney(lot, paid) });
        debt.open -= paid;
        slices.push({ debt: debt.entry, amount: paid, money: 0n });
      }
    }
    if (slices.length > 0) this.add('settlement', slices, now);
  }

  add(kind: NaiveEntryKind, slices: NaiveSlice[], at: number, relation: NaiveRelation = {}): NaiveEntry {
    const amount = slices.reduce((sum, slice) => sum + slice.amount, 0n);
    const money = slices.reduce((sum, slice) => sum + slice.money, 0n);
    const before = this.balance;
    const entry = {
      ...{ seq: this.entries.length + 1, version: this.version + 1, at, kind, amount, money, slices },
      ...{ balance: before + amount, balanceMoney: this.balanceMoney + money, relation },
      ...this.force,
    };
    this.entries.push(entry);
    this.latest = at;
    const { balance } = entry;
    const mark = this.lowBalance;
    if (mark !== null && before >= mark && balance < mark) {
      const details = { balance: inCredits(balance), lowBalance: inCredits(mark) };
      this.events.push({ kind: 'low-balance', at, details });
    }
    return entry;
  }

  change(kind: NaiveChangeKind, at: number, hold?: NaiveHoldEvent): NaiveChange {
    const change = { version: this.version + 1, at, kind, ...this.force, ...(hold ? { hold } : {}) };
    this.changes.push(change);
    this.latest = at;
    return change;
  }

  lot(number: number): NaiveLot {
    const lot = this.lots.find((each) => each.number === number);
    if (!lot) throw new Error(`there is no lot ${number}`);
    return lot;
  }
}

export function reservedOf(hold: NaiveHold): bigint {
  return hold.pins.reduce((sum, pin) => sum + pin.amount, hold.unpinned);
}

export function hasExpired(lot: NaiveLot, now: number): boolean {
  return lot.expiresAt !== null && lot.expiresAt <= now;
}

/** Rule 5; takes credit and its money out of a lot. */
export function takeMoney(lot: NaiveLot, credit: bigint): bigint {
  const money = credit === lot.credit ? lot.money : share(lot.money, credit, lot.credit);
  lot.credit -= credit;
  lot.money -= money;
  return money;
}

function earliest(instants: readonly (number | null)[]): number | null {
  const next = Math.min(...instants.map((instant) => instant ?? Infinity), Infinity);
  return next === Infinity ? null : next;
}
