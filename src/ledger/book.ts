import assert from 'node:assert';
import type {
  Account,
  AccountChange,
  AccountState,
  Debt,
  Entry,
  EntryKind,
  EntryNote,
  Slice,
  UnreadLots,
} from './account.ts';
import type { Micro } from './amount.ts';
import { least } from './amount.ts';
import { burnsBefore, freeOf, isDue, type Lot, type LotOpening, takeFrom } from './lot.ts';

/** Thrown inside a decision that depends on lots or debts its state leaves out; `decide` turns it into an answer. */
export class NeedsMore extends Error {}

/** What an expiry took from a due lot. */
export interface WriteOff {
  readonly lot: number;
  readonly amount: Micro;
  readonly atMs: number;
}

/** What a decision wrote down, for the store. */
export interface BookChanges {
  readonly account: Readonly<Account>;
  readonly entries: readonly Entry[];
  readonly changes: readonly AccountChange[];
  readonly openings: readonly LotOpening[];
  /** Every lot that was opened or changed, as it is now. */
  readonly lots: readonly Readonly<Lot>[];
  /** Lots that fell due, with what was written off. */
  readonly writeOffs: readonly WriteOff[];
  /** Debts that were opened or paid from, as they are now. */
  readonly debts: readonly Readonly<Debt>[];
  /** The open lot that burns first, if there is free credit. */
  readonly cursor: Readonly<Lot> | undefined;
  readonly nextDueMs: number | null;
}

/**
 * One account while its commands are played: a working copy of the state that the rules change and that says
 * in the end what is to be written. It knows where lots and debts are and how an entry is formed; what a
 * command may do is said by the rules (spend.ts, grant.ts, ...).
 */
export class Book {
  readonly account: Account;
  readonly #lots: Lot[];
  readonly #debts: Debt[];
  readonly #unread: UnreadLots | undefined;
  /** Where the debts that this book opens begin, if there are some in between that were not read. */
  readonly #unreadDebtsFrom: number | undefined;
  readonly #entries: Entry[] = [];
  readonly #changes: AccountChange[] = [];
  readonly #openings: LotOpening[] = [];
  readonly #writeOffs: WriteOff[] = [];
  readonly #changedLots = new Set<Lot>();
  readonly #changedDebts = new Set<Debt>();

  constructor(state: AccountState) {
    this.account = { ...state.account };
    this.#lots = state.lots.map((lot) => ({ ...lot }));
    this.#lots.sort((a, b) => (burnsBefore(a, b) ? -1 : 1));
    this.#debts = state.debts.map((debt) => ({ ...debt }));
    this.#unread = state.unreadLots;
    this.#unreadDebtsFrom = state.unreadDebts ? state.debts.length : undefined;
  }

  /** @returns the lot whose free credit burns next (rule 1), or undefined when there is none. */
  firstFree(nowMs: number): Lot | undefined {
    const first = this.#lots.find((lot) => freeOf(lot) > 0n && !isDue(lot, nowMs));
    if (this.#unread && (!first || burnsBefore(this.#unread.after, first))) throw new NeedsMore();
    return first;
  }

  /** @returns lots that have fallen due with something to write off, by their instant, then in burn order (rule 2). */
  dueLots(nowMs: number): Lot[] {
    const unreadDueMs = this.#unread?.nextDueMs ?? null;
    if (unreadDueMs !== null && unreadDueMs <= nowMs) throw new NeedsMore();
    return this.#lots
      .filter((lot) => isDue(lot, nowMs) && freeOf(lot) > 0n)
      .sort((a, b) => (a.expiresAtMs ?? 0) - (b.expiresAtMs ?? 0) || (burnsBefore(a, b) ? -1 : 1));
  }

  /** Takes up to `amount` of free credit in burn order. @returns the slices; they cover less where credit ends. */
  takeFree(amount: Micro, nowMs: number): Slice[] {
    const slices: Slice[] = [];
    let left = amount;
    while (left > 0n) {
      const lot = this.firstFree(nowMs);
      if (!lot) break;
      const taken = least(freeOf(lot), left);
      slices.push(this.takeSlice(lot, taken));
      left -= taken;
    }
    return slices;
  }

  /** Takes `amount` out of one lot. */
  takeSlice(lot: Lot, amount: Micro): Slice {
    const money = takeFrom(lot, amount);
    this.#changedLots.add(lot);
    return { lot: lot.lot, amount: -amount, money: -money };
  }

  /** Writes off what is free of a due lot. */
  writeOff(lot: Lot, atMs: number): Slice {
    const amount = freeOf(lot);
    this.#writeOffs.push({ lot: lot.lot, amount, atMs });
    return this.takeSlice(lot, amount);
  }

  /** Opens a lot with the entry that is added next. @returns the slice that brings its credit. */
  openLot(fields: Omit<LotOpening, 'lot' | 'openedBySeq'>): Slice {
    const opening: LotOpening = {
      ...fields,
      lot: ++this.account.lastLot,
      openedBySeq: this.account.lastSeq + 1,
    };
    const { lot: number, priority, expiresAtMs, amount, money } = opening;
    const lot: Lot = {
      lot: number,
      priority,
      expiresAtMs,
      remaining: amount,
      remainingMoney: money,
      held: 0n,
    };
    const behind = this.#lots.findIndex((other) => burnsBefore(lot, other));
    this.#lots.splice(behind < 0 ? this.#lots.length : behind, 0, lot);
    this.#openings.push(opening);
    this.#changedLots.add(lot);
    return { lot: number, amount, money, opens: true };
  }

  /** Owes `amount` for the entry that is added next (rule 4). */
  oweSlice(amount: Micro): Slice {
    const debt: Debt = { seq: this.account.lastSeq + 1, amount, open: amount };
    this.#debts.push(debt);
    this.#changedDebts.add(debt);
    this.account.debt += amount;
    return { debt: debt.seq, amount: -amount, money: 0n };
  }

  /** @returns the oldest debt that is not paid; only asked while there is one. */
  oldestDebt(): Debt {
    const index = this.#debts.findIndex((debt) => debt.open > 0n);
    const oldest = this.#debts[index];
    if (!oldest || index >= (this.#unreadDebtsFrom ?? Number.POSITIVE_INFINITY)) throw new NeedsMore();
    return oldest;
  }

  /** Pays `amount` of a debt. */
  paySlice(debt: Debt, amount: Micro): Slice {
    debt.open -= amount;
    this.#changedDebts.add(debt);
    this.account.debt -= amount;
    return { debt: debt.seq, amount, money: 0n };
  }

  /** Adds the entry that these slices make; its amount and money are their sums (I4). */
  addEntry(kind: EntryKind, slices: readonly Slice[], atMs: number, note: EntryNote): Entry {
    const { account } = this;
    assert(atMs >= account.lastAtMs, 'instants of an account never go back');
    let amount = 0n;
    let amountMoney = 0n;
    for (const slice of slices) {
      amount += slice.amount;
      amountMoney += slice.money;
    }
    account.balance += amount;
    account.balanceMoney += amountMoney;
    account.lastSeq += 1;
    account.version += 1;
    account.lastAtMs = atMs;
    const { lastSeq: seq, version, balance, balanceMoney, held, debtLimit } = account;
    const entry = {
      seq,
      version,
      atMs,
      kind,
      amount,
      amountMoney,
      balance,
      balanceMoney,
      held,
      debtLimit,
      slices,
      note,
    };
    this.#entries.push(entry);
    return entry;
  }

  /** Notes a change that is no entry; it takes a version too. */
  addChange(kind: AccountChange['kind'], atMs: number, author: string, reason: string | undefined): void {
    const { account } = this;
    account.version += 1;
    account.lastAtMs = atMs;
    this.#changes.push({
      version: account.version,
      atMs,
      kind,
      debtLimit: account.debtLimit,
      reason,
      author,
    });
  }

  /** @returns what is to be written. */
  close(nowMs: number): BookChanges {
    const { account } = this;
    assert(account.debt >= 0n && account.held >= 0n, 'debt and held are never negative');
    return {
      account,
      entries: this.#entries,
      changes: this.#changes,
      openings: this.#openings,
      lots: [...this.#changedLots],
      writeOffs: this.#writeOffs,
      debts: [...this.#changedDebts],
      cursor: this.firstFree(nowMs),
      nextDueMs: this.#nextDueMs(),
    };
  }

  #nextDueMs(): number | null {
    let next = Number.POSITIVE_INFINITY;
    for (const lot of this.#lots) {
      if (lot.expiresAtMs !== null && lot.expiresAtMs < next && freeOf(lot) > 0n) next = lot.expiresAtMs;
    }
    const unreadMs = this.#unread?.nextDueMs ?? null;
    if (unreadMs !== null && unreadMs < next) {
      if (!this.#unread?.nextDueIsExact) throw new NeedsMore();
      next = unreadMs;
    }
    return Number.isFinite(next) ? next : null;
  }
}
