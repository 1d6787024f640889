import { compareInBurnOrder, Ordered, shareOf } from './audit-order.ts';
import type { AuditedSlice } from './audit-slices.ts';
import { type AuditedEntry, type AuditedLot, credits, type Report } from './audit-words.ts';

/** A lot while the history is replayed. */
export interface ReplayedLot {
  readonly row: AuditedLot;
  remaining: bigint;
  money: bigint;
  /** Pinned by the holds that are open. */
  held: bigint;
  writtenOff: bigint;
  writtenOffAtMs: number | null;
  /** The kind of the entry that opened it; undefined before that. */
  openedBy: string | undefined;
  /** When what is free of it must be written off: its expiresAt, or later the instant at which a hold let go of it. */
  dueMs: number | null;
  /** What voids of it took of its free credit, and what they made debt of. */
  voidedFree: bigint;
  voidedAsDebt: bigint;
  isListed: boolean;
  /** Its money once was not what rule 5 says; all that follows would be reported too. */
  isMoneyKnownWrong: boolean;
}

/** The lots of one account, built again from its history (I2, I6). */
export class ReplayedLots {
  readonly #lots = new Map<number, ReplayedLot>();
  readonly #broughtBy = new Map<number, ReplayedLot>();
  /** Lots with free credit, as they burn and as they fall due. */
  readonly #burning = new Ordered<ReplayedLot>((a, b) => compareInBurnOrder(a.row, b.row));
  readonly #falling = new Ordered<ReplayedLot>(
    (a, b) => (a.dueMs ?? 0) - (b.dueMs ?? 0) || compareInBurnOrder(a.row, b.row),
  );
  readonly #report: Report;
  #lastLot = 0;

  constructor(lots: readonly AuditedLot[], report: Report) {
    this.#report = report;
    for (const row of lots) {
      this.#lots.set(row.lot, {
        row,
        ...{ remaining: 0n, money: 0n, held: 0n, writtenOff: 0n, writtenOffAtMs: null, openedBy: undefined },
        ...{ dueMs: row.expiresAtMs, voidedFree: 0n, voidedAsDebt: 0n },
        ...{ isListed: false, isMoneyKnownWrong: false },
      });
    }
  }

  get(number: number): ReplayedLot | undefined {
    return this.#lots.get(number);
  }

  /** @returns the lot that burns next at this instant, if there is free credit. */
  firstFree(atMs: number): ReplayedLot | undefined {
    return this.#burning.first(({ row }) => row.expiresAtMs === null || row.expiresAtMs > atMs);
  }

  /** @returns the lot of this grant or positive adjustment. */
  broughtBy(seq: number): ReplayedLot | undefined {
    return this.#broughtBy.get(seq);
  }

  /** @returns the row of the lot that this slice opens, where there is one. */
  open(entry: AuditedEntry, { lot: number, amount, money }: AuditedSlice): AuditedLot | undefined {
    if (number === undefined) return undefined;
    const lot = this.#lots.get(number);
    const opening = `entry ${entry.seq} opens lot ${number}`;
    if (number !== this.#lastLot + 1) this.#report('I2', `${opening}, not lot ${this.#lastLot + 1}`);
    this.#lastLot = number;
    if (!lot) {
      this.#report('I2', `${opening}, which is not there`);
      return undefined;
    }
    const { row } = lot;
    if (lot.openedBy !== undefined || row.openedBySeq !== entry.seq) {
      this.#report('I2', `${opening}, which says that entry ${row.openedBySeq} opened it`);
    }
    if (row.amount !== amount || row.money !== money) {
      this.#report('I2', `${opening} with ${credits(amount)}, but it says ${credits(row.amount)}`);
    }
    if (entry.kind === 'adjustment' && row.priority !== 50) {
      this.#report('I2', `lot ${number} of an adjustment has priority ${row.priority}, not 50`);
    }
    if (row.expiresAtMs !== null && row.expiresAtMs <= entry.atMs) {
      this.#report('I6', `${opening}, which is due already`);
    }
    lot.openedBy = entry.kind;
    if (entry.kind !== 'refund') this.#broughtBy.set(entry.seq, lot);
    lot.remaining += amount;
    lot.money += money;
    this.#list(lot);
    return row;
  }

  /** Takes free credit in its turn (I6). */
  takeInTurn(entry: AuditedEntry, number: number, amount: bigint, money: bigint): void {
    this.#take(entry, number, amount, money, (lot, taking) =>
      this.#checkTurn(entry.atMs, lot, amount, taking),
    );
  }

  /** Takes the free credit of a lot that its turn has nothing to do with: a void. */
  takeOutOfTurn(entry: AuditedEntry, number: number, amount: bigint, money: bigint): void {
    this.#take(entry, number, amount, money, (lot, taking) => this.#checkFree(lot, amount, taking));
  }

  /** Takes what a hold has pinned. */
  takePinned(entry: AuditedEntry, number: number, amount: bigint, money: bigint): void {
    const lot = this.#lots.get(number);
    if (lot) lot.held -= amount;
    this.#take(entry, number, amount, money, () => {});
  }

  /** Writes off what is free of a due lot. */
  expire(entry: AuditedEntry, number: number, amount: bigint, money: bigint): void {
    this.#take(entry, number, amount, money, (lot, taking) => this.#checkExpiry(entry, lot, amount, taking));
    const lot = this.#lots.get(number);
    if (lot?.openedBy === undefined) return;
    lot.writtenOff += amount;
    lot.writtenOffAtMs = entry.atMs;
  }

  /** Gives back what was taken of a lot (rule 8). */
  giveBack(entry: AuditedEntry, number: number, amount: bigint, money: bigint): void {
    const lot = this.#lots.get(number);
    const giving = `entry ${entry.seq} (${entry.kind}) gives ${credits(amount)} back to lot ${number}`;
    if (lot?.openedBy === undefined) {
      this.#report('I2', `${giving}, which is not there`);
      return;
    }
    lot.remaining += amount;
    lot.money += money;
    if (lot.remaining > lot.row.amount || lot.money > lot.row.money) {
      this.#report('I2', `${giving}, which then has more than it brought`);
    }
    this.#list(lot);
  }

  /** Sets free credit aside for a hold, in its turn (I6). */
  pin(words: string, atMs: number, number: number, amount: bigint): void {
    const lot = this.#lots.get(number);
    const pinning = `${words} pins ${credits(amount)} in lot ${number}`;
    if (lot?.openedBy === undefined) {
      this.#report('I2', `${pinning}, which is not there`);
      return;
    }
    this.#checkTurn(atMs, lot, amount, pinning);
    lot.held += amount;
    this.#list(lot);
  }

  /** Ends a pin: what it pinned in a due lot is due at this instant. */
  letGo(number: number, amount: bigint, atMs: number): void {
    const lot = this.#lots.get(number);
    if (!lot) return;
    this.#unlist(lot);
    lot.held -= amount;
    if (lot.dueMs !== null && lot.dueMs < atMs) lot.dueMs = atMs;
    this.#list(lot);
  }

  /** Looks for what rule 2 wanted booked before this step; at its own instant only `mayWait` lets it wait. */
  checkNothingDue(name: string, atMs: number, mayWait: boolean): void {
    for (;;) {
      const lot = this.#falling.first();
      if (lot?.dueMs == null || lot.dueMs > atMs || (mayWait && lot.dueMs === atMs)) return;
      this.#report('I6', `${name} comes before the expiry of lot ${lot.row.lot}, which was due earlier`);
      this.#falling.remove(lot);
    }
  }

  #take(
    entry: AuditedEntry,
    number: number,
    amount: bigint,
    money: bigint,
    check: (lot: ReplayedLot, taking: string) => void,
  ): void {
    const lot = this.#lots.get(number);
    const taking = `entry ${entry.seq} (${entry.kind}) takes ${credits(amount)} from lot ${number}`;
    if (lot?.openedBy === undefined || amount > lot.remaining) {
      this.#report('I2', `${taking}, in which ${credits(lot?.remaining ?? 0n)} is left`);
      if (lot?.openedBy === undefined) return;
    } else {
      check(lot, taking);
      this.#checkMoney(lot, amount, money, taking);
    }
    lot.remaining -= amount;
    lot.money -= money;
    this.#list(lot);
  }

  #checkTurn(atMs: number, lot: ReplayedLot, amount: bigint, taking: string): void {
    if (lot.row.expiresAtMs !== null && lot.row.expiresAtMs <= atMs) {
      this.#report('I6', `${taking}, which is due`);
      return;
    }
    this.#checkFree(lot, amount, taking);
    const first = this.firstFree(atMs);
    if (first && compareInBurnOrder(first.row, lot.row) < 0) {
      this.#report('I6', `${taking}, while lot ${first.row.lot} burns first`);
    }
  }

  #checkFree({ remaining, held }: ReplayedLot, amount: bigint, taking: string): void {
    const free = remaining - held;
    if (amount > free) this.#report('I9', `${taking}, of which ${credits(free)} is not pinned by a hold`);
  }

  #checkExpiry(entry: AuditedEntry, lot: ReplayedLot, amount: bigint, taking: string): void {
    const { row, dueMs } = lot;
    if (row.expiresAtMs === null || row.expiresAtMs > entry.atMs) {
      this.#report('I6', `${taking}, which is not due`);
    }
    // Rule 2: whoever looks whenever, an expiry is dated at the instant its lot fell due, or was let go of.
    if (dueMs !== null && dueMs !== entry.atMs) {
      const relation = dueMs > entry.atMs ? 'before' : 'after';
      this.#report('I11', `${taking}, dated ${relation} the instant at which that fell due`);
    }
    const free = lot.remaining - lot.held;
    if (amount !== free) this.#report('I6', `${taking}, of which ${credits(free)} is due`);
    const first = this.#falling.first();
    if (first && first !== lot && first.dueMs === dueMs && compareInBurnOrder(first.row, row) < 0) {
      this.#report('I6', `${taking} before lot ${first.row.lot}, which is due too and burns first`);
    }
  }

  #checkMoney(lot: ReplayedLot, amount: bigint, money: bigint, taking: string): void {
    if (lot.isMoneyKnownWrong) return;
    const share = amount === lot.remaining ? lot.money : shareOf(lot.money, amount, lot.remaining);
    if (share === money) return;
    lot.isMoneyKnownWrong = true;
    this.#report('I2', `${taking} with money ${credits(money)}, not ${credits(share)}`);
  }

  /** Puts a lot among those with free credit, or takes it out. */
  #list(lot: ReplayedLot): void {
    const hasFree = lot.remaining > lot.held;
    if (hasFree === lot.isListed) return;
    if (!hasFree) {
      this.#unlist(lot);
      return;
    }
    lot.isListed = true;
    this.#burning.add(lot);
    if (lot.dueMs !== null) this.#falling.add(lot);
  }

  #unlist(lot: ReplayedLot): void {
    if (!lot.isListed) return;
    lot.isListed = false;
    this.#burning.remove(lot);
    if (lot.dueMs !== null) this.#falling.remove(lot);
  }

  /** Compares what the history made of the lots with what is stored of them. */
  compare(): void {
    for (const lot of this.#lots.values()) this.#compareLot(lot);
  }

  #compareLot(lot: ReplayedLot): void {
    const { row, remaining, money, held } = lot;
    const name = `lot ${row.lot}`;
    if (lot.openedBy === undefined) {
      this.#report('I2', `${name} was opened by no entry`);
      return;
    }
    const left = `${name} has ${credits(row.remaining)} left`;
    if (row.remaining !== remaining) this.#report('I2', `${left}, its slices leave ${credits(remaining)}`);
    if (row.remainingMoney !== money) {
      const should = credits(money);
      this.#report('I2', `${name} has money ${credits(row.remainingMoney)} left, its slices leave ${should}`);
    }
    if (row.writtenOff !== lot.writtenOff || row.writtenOffAtMs !== lot.writtenOffAtMs) {
      this.#report('I2', `${name} says that ${credits(row.writtenOff)} was written off, its expiries do not`);
    }
    if (row.held !== held) {
      this.#report('I9', `${name} has ${credits(row.held)} held, the holds' history says ${credits(held)}`);
    }
  }
}

/** Checks what must be true of a lot's figures whatever its history (I2). */
export function checkLotFigures(row: AuditedLot, report: Report): void {
  const name = `lot ${row.lot}`;
  if (row.held < 0n || row.held > row.remaining || row.remaining > row.amount) {
    report('I2', `${name}: not 0 <= held <= remaining <= amount`);
  }
  if (row.remainingMoney < 0n || row.remainingMoney > row.money) {
    report('I2', `${name}: not 0 <= remaining money <= money`);
  }
  if (row.remaining === 0n && row.remainingMoney !== 0n) {
    report('I2', `${name} is empty, but has money ${credits(row.remainingMoney)}`);
  }
}
