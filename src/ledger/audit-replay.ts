import type { AuditedSlice } from './audit-slices.ts';
import { type AuditedDebt, type AuditedEntry, type AuditedLot, credits, type Report } from './audit-words.ts';

/** A lot while the history is replayed. */
interface ReplayedLot {
  readonly row: AuditedLot;
  remaining: bigint;
  money: bigint;
  writtenOff: bigint;
  writtenOffAtMs: number | null;
  isOpen: boolean;
  /** Its money once was not what rule 5 says; all that follows would be reported too. */
  isMoneyKnownWrong: boolean;
}

interface ReplayedDebt {
  readonly amount: bigint;
  open: bigint;
}

/** Rule 1, written down a second time on purpose: the audit must not repeat a mistake of the rules it checks. */
function compareInBurnOrder(a: AuditedLot, b: AuditedLot): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.expiresAtMs !== b.expiresAtMs) {
    if (a.expiresAtMs === null) return 1;
    return b.expiresAtMs === null ? -1 : a.expiresAtMs - b.expiresAtMs;
  }
  return a.lot - b.lot;
}

/** Rule 5: `money * part / whole`, half to even. */
function shareOf(money: bigint, part: bigint, whole: bigint): bigint {
  const doubled = (2n * money * part) / whole;
  const isExactHalf = doubled * whole === 2n * money * part && doubled % 2n === 1n;
  const down = doubled / 2n;
  return isExactHalf ? down + (down % 2n) : (doubled + 1n) / 2n;
}

/** Lots with free credit in burn order. The front is only counted on, so draining thousands stays cheap. */
class FreeLots {
  #lots: ReplayedLot[] = [];
  #start = 0;

  add(lot: ReplayedLot): void {
    this.#lots.splice(this.#placeOf(lot), 0, lot);
  }

  remove(lot: ReplayedLot): void {
    const place = this.#placeOf(lot);
    if (this.#lots[place] !== lot) return;
    if (place > this.#start) {
      this.#lots.splice(place, 1);
      return;
    }
    this.#start += 1;
    if (this.#start > 1_000 && this.#start * 2 > this.#lots.length) {
      this.#lots = this.#lots.slice(this.#start);
      this.#start = 0;
    }
  }

  /** @returns the lot that burns next at this instant. */
  first(atMs: number): ReplayedLot | undefined {
    for (let at = this.#start; at < this.#lots.length; at++) {
      const lot = this.#lots[at];
      if (lot && (lot.row.expiresAtMs === null || lot.row.expiresAtMs > atMs)) return lot;
    }
    return undefined;
  }

  #placeOf(lot: ReplayedLot): number {
    let low = this.#start;
    let high = this.#lots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#lots[middle];
      if (other && compareInBurnOrder(other.row, lot.row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The lots and debts of one account, built again from its entries in their order (I2, I3, I6). */
export class Replay {
  readonly #lots = new Map<number, ReplayedLot>();
  readonly #free = new FreeLots();
  readonly #debts = new Map<number, ReplayedDebt>();
  readonly #openDebts = new Set<number>();
  readonly #report: Report;
  #lastLot = 0;

  constructor(lots: readonly AuditedLot[], report: Report) {
    this.#report = report;
    for (const row of lots) {
      const figures = { remaining: 0n, money: 0n, writtenOff: 0n, writtenOffAtMs: null };
      this.#lots.set(row.lot, { row, ...figures, isOpen: false, isMoneyKnownWrong: false });
    }
  }

  /** @returns the number of the lot that burns next at this instant, if there is free credit. */
  firstFree(atMs: number): number | undefined {
    return this.#free.first(atMs)?.row.lot;
  }

  get hasDebt(): boolean {
    return this.#openDebts.size > 0;
  }

  /** Plays one entry whose slices have the shape of its kind. */
  play(entry: AuditedEntry, slices: readonly AuditedSlice[]): void {
    for (const slice of slices) {
      if (slice.opens) this.#open(entry, slice);
      else if (slice.debt !== undefined) this.#changeDebt(entry, slice.debt, slice.amount);
      else if (slice.lot !== undefined) this.#take(entry, slice.lot, -slice.amount, -slice.money);
    }
  }

  #open(entry: AuditedEntry, { lot: number, amount, money }: AuditedSlice): void {
    if (number === undefined) return;
    const lot = this.#lots.get(number);
    const opening = `entry ${entry.seq} opens lot ${number}`;
    if (number !== this.#lastLot + 1) this.#report('I2', `${opening}, not lot ${this.#lastLot + 1}`);
    this.#lastLot = number;
    if (!lot) {
      this.#report('I2', `${opening}, which is not there`);
      return;
    }
    const { row } = lot;
    if (lot.isOpen || row.openedBySeq !== entry.seq) {
      this.#report('I2', `${opening}, which says that entry ${row.openedBySeq} opened it`);
    }
    if (row.amount !== amount || row.money !== money) {
      this.#report('I2', `${opening} with ${credits(amount)}, but it says ${credits(row.amount)}`);
    }
    if (entry.kind === 'adjustment' && row.priority !== 50) {
      this.#report('I2', `lot ${number} of an adjustment has priority ${row.priority}, not 50`);
    }
    lot.isOpen = true;
    lot.remaining += amount;
    lot.money += money;
    this.#free.add(lot);
  }

  #take(entry: AuditedEntry, number: number, amount: bigint, money: bigint): void {
    const lot = this.#lots.get(number);
    const taking = `entry ${entry.seq} (${entry.kind}) takes ${credits(amount)} from lot ${number}`;
    if (!lot?.isOpen || amount > lot.remaining) {
      this.#report('I2', `${taking}, in which ${credits(lot?.remaining ?? 0n)} is left`);
      if (!lot?.isOpen) return;
    } else {
      if (entry.kind === 'expiry') this.#checkExpiry(entry, lot, amount, taking);
      else this.#checkOrder(entry, lot, taking);
      this.#checkMoney(lot, amount, money, taking);
    }
    lot.remaining -= amount;
    lot.money -= money;
    if (entry.kind === 'expiry') {
      lot.writtenOff += amount;
      lot.writtenOffAtMs = entry.atMs;
    }
    if (lot.remaining <= 0n) this.#free.remove(lot);
  }

  #checkExpiry(entry: AuditedEntry, { row, remaining }: ReplayedLot, amount: bigint, taking: string): void {
    if (row.expiresAtMs === null || row.expiresAtMs > entry.atMs) {
      this.#report('I6', `${taking}, which is not due`);
    }
    // Rule 2: whoever looks whenever, an expiry is dated at the instant its lot fell due.
    if (row.expiresAtMs !== null && row.expiresAtMs !== entry.atMs) {
      const relation = row.expiresAtMs > entry.atMs ? 'before' : 'after';
      this.#report('I11', `${taking}, dated ${relation} the instant at which that fell due`);
    }
    if (amount !== remaining) this.#report('I6', `${taking}, of which ${credits(remaining)} is due`);
  }

  #checkOrder(entry: AuditedEntry, { row }: ReplayedLot, taking: string): void {
    if (row.expiresAtMs !== null && row.expiresAtMs <= entry.atMs) {
      this.#report('I6', `${taking}, which is due`);
      return;
    }
    const first = this.#free.first(entry.atMs);
    if (first && compareInBurnOrder(first.row, row) < 0) {
      this.#report('I6', `${taking}, while lot ${first.row.lot} burns first`);
    }
  }

  #checkMoney(lot: ReplayedLot, amount: bigint, money: bigint, taking: string): void {
    if (lot.isMoneyKnownWrong) return;
    const share = amount === lot.remaining ? lot.money : shareOf(lot.money, amount, lot.remaining);
    if (share === money) return;
    lot.isMoneyKnownWrong = true;
    this.#report('I2', `${taking} with money ${credits(money)}, not ${credits(share)}`);
  }

  #changeDebt(entry: AuditedEntry, seq: number, amount: bigint): void {
    const words = `entry ${entry.seq} (${entry.kind})`;
    if (amount < 0n) {
      const free = this.firstFree(entry.atMs);
      if (free !== undefined) this.#report('I3', `${words} owes while lot ${free} has free credit`);
      this.#debts.set(seq, { amount: -amount, open: -amount });
      this.#openDebts.add(seq);
      return;
    }
    const debt = this.#debts.get(seq);
    if (!debt || amount > debt.open) {
      const owed = credits(debt?.open ?? 0n);
      this.#report('I3', `${words} pays ${credits(amount)} of entry ${seq}, which owes ${owed}`);
    }
    // Debts are owed in the order of seq, so the first of the set is the oldest.
    const [oldest] = this.#openDebts;
    if (oldest !== undefined && oldest < seq) {
      this.#report('I3', `${words} pays the debt of entry ${seq} before that of entry ${oldest}`);
    }
    if (!debt) return;
    debt.open -= amount;
    if (debt.open <= 0n) this.#openDebts.delete(seq);
  }

  /** Compares what the entries made of lots and debts with what is stored of them. */
  compare(debts: readonly AuditedDebt[]): void {
    for (const lot of this.#lots.values()) this.#compareLot(lot);
    const stored = new Set<number>();
    for (const row of debts) {
      stored.add(row.seq);
      const debt = this.#debts.get(row.seq);
      if (!debt) {
        this.#report('I3', `entry ${row.seq} owes nothing, but a debt of ${credits(row.amount)} is stored`);
      } else if (debt.amount !== row.amount || debt.open !== row.open) {
        const is = `${credits(row.open)} of ${credits(row.amount)}`;
        const should = `${credits(debt.open)} of ${credits(debt.amount)}`;
        this.#report('I3', `entry ${row.seq} owes ${is}, its slices and their settlements say ${should}`);
      }
    }
    for (const seq of this.#debts.keys()) {
      if (!stored.has(seq)) this.#report('I3', `the debt of entry ${seq} is not stored`);
    }
  }

  #compareLot({ row, remaining, money, writtenOff, writtenOffAtMs, isOpen }: ReplayedLot): void {
    const name = `lot ${row.lot}`;
    if (!isOpen) this.#report('I2', `${name} was opened by no entry`);
    if (row.held < 0n || row.held > row.remaining || row.remaining > row.amount) {
      this.#report('I2', `${name}: not 0 <= held <= remaining <= amount`);
    }
    if (row.remainingMoney < 0n || row.remainingMoney > row.money) {
      this.#report('I2', `${name}: not 0 <= remaining money <= money`);
    }
    if (row.remaining === 0n && row.remainingMoney !== 0n) {
      this.#report('I2', `${name} is empty, but has money ${credits(row.remainingMoney)}`);
    }
    if (isOpen && row.remaining !== remaining) {
      this.#report(
        'I2',
        `${name} has ${credits(row.remaining)} left, its slices leave ${credits(remaining)}`,
      );
    }
    if (isOpen && row.remainingMoney !== money) {
      const should = credits(money);
      this.#report('I2', `${name} has money ${credits(row.remainingMoney)} left, its slices leave ${should}`);
    }
    if (row.writtenOff !== writtenOff || row.writtenOffAtMs !== writtenOffAtMs) {
      this.#report('I2', `${name} says that ${credits(row.writtenOff)} was written off, its expiries do not`);
    }
    if (row.held !== 0n) this.#report('I9', `${name} holds ${credits(row.held)}, but there is no hold`);
  }
}
