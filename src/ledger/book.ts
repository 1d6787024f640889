import assert from 'node:assert';
import type {
  Account,
  AccountChange,
  AccountChangeKind,
  AccountState,
  Debt,
  Entry,
  EntryKind,
  EntryNote,
  EntryRelation,
  Hold,
  HoldEnd,
  HoldEvent,
  LedgerEvent,
  Limits,
  Pin,
  Setting,
  Slice,
} from './account.ts';
import type { Micro } from './amount.ts';
import { BookDebts } from './book-debts.ts';
import { BookHolds } from './book-holds.ts';
import { BookLots, type WriteOff } from './book-lots.ts';
import { lowBalanceEvent } from './event.ts';
import { areSameLimits, inPresentMonth } from './limit.ts';
import type { Lot, LotOpening } from './lot.ts';

export type { WriteOff } from './book-lots.ts';

/** What a decision wrote down, for the store. */
export interface BookChanges {
  readonly account: Readonly<Account>;
  readonly entries: readonly Entry[];
  readonly changes: readonly AccountChange[];
  readonly openings: readonly LotOpening[];
  /** Every lot that was opened or changed, as it is now. */
  readonly lots: readonly Readonly<Lot>[];
  /** Lots that fell due, one each, with what was written off. */
  readonly writeOffs: readonly Readonly<WriteOff>[];
  /** Debts that were opened or paid from, as they are now. */
  readonly debts: readonly Readonly<Debt>[];
  /** Holds that were created, changed or ended, as they are now. */
  readonly holds: readonly Readonly<Hold>[];
  readonly events: readonly LedgerEvent[];
  /** Present when they, or the use of the month, changed. */
  readonly limits?: Readonly<Limits> | undefined;
  /** The open lot that burns first, if there is free credit. */
  readonly cursor: Readonly<Lot> | undefined;
  /** The earliest instant at which free credit falls due. */
  readonly nextDueMs: number | null;
  /** The earliest end of an open hold. */
  readonly holdDueMs: number | null;
}

const NO_RELATION: EntryRelation = {};

/**
 * One account while its commands are played: a working copy of the state that the rules change and that says
 * in the end what is to be written. It knows where lots, holds and debts are and how an entry is formed; what a
 * command may do is said by the rules (spend.ts, hold.ts, ...).
 */
export class Book {
  readonly account: Account;
  readonly lots: BookLots;
  readonly state: AccountState;
  /** undefined: the account has none and its month is not counted. */
  limits: Limits | undefined;
  readonly setting: Setting;
  readonly events: LedgerEvent[] = [];
  readonly entries: Entry[] = [];
  readonly #changes: AccountChange[] = [];
  // Most commands touch neither holds nor debts, so neither costs anything before it is asked for.
  #holds: BookHolds | undefined;
  #debts: BookDebts | undefined;

  constructor(state: AccountState, nowMs: number, setting: Setting) {
    this.state = state;
    this.account = { ...state.account };
    this.lots = new BookLots(state);
    this.limits = state.limits && inPresentMonth(state.limits, nowMs, setting);
    this.setting = setting;
  }

  get holds(): BookHolds {
    this.#holds ??= new BookHolds(this.state);
    return this.#holds;
  }

  get debts(): BookDebts {
    this.#debts ??= new BookDebts(this.state);
    return this.#debts;
  }

  /** @returns whether a hold is over that has not ended. */
  hasDueHolds(nowMs: number): boolean {
    const { holdDueMs } = this.state;
    return holdDueMs !== null && holdDueMs <= nowMs && this.holds.hasDue(nowMs);
  }

  /** Opens a lot with the entry that is added next. @returns the slice that brings its credit. */
  openLot(fields: Omit<LotOpening, 'lot' | 'openedBySeq'>, undoes?: Slice['undoes']): Slice {
    const { account } = this;
    return this.lots.open({ ...fields, lot: ++account.lastLot, openedBySeq: account.lastSeq + 1 }, undoes);
  }

  /** Owes `amount` for the entry that is added next (rule 4). */
  oweSlice(amount: Micro): Slice {
    const debt = this.debts.add(this.account.lastSeq + 1, amount);
    this.account.debt += amount;
    return { debt: debt.seq, amount: -amount, money: 0n };
  }

  /** Pays `amount` of a debt, or takes it back. */
  paySlice(debt: Debt, amount: Micro, undoes?: Slice['undoes']): Slice {
    this.debts.lower(debt, amount);
    this.account.debt -= amount;
    return { debt: debt.seq, amount, money: 0n, ...(undoes && { undoes }) };
  }

  /** Ends a hold and lets its pins go. @returns the lots that had them; what is due of them is to be written off. */
  endHold(hold: Hold, endedBy: HoldEnd, atMs: number): Lot[] {
    const letGo = hold.pins.map((pin) => this.lots.unpin(pin));
    this.account.held -= hold.reserved;
    this.holds.end(hold, endedBy, atMs);
    return letGo;
  }

  /** Adds the entry that these slices make; its amount and money are their sums (I4). */
  addEntry(
    kind: EntryKind,
    slices: readonly Slice[],
    atMs: number,
    note: EntryNote,
    relation: EntryRelation = NO_RELATION,
  ): Entry {
    const { account, limits } = this;
    let amount = 0n;
    let amountMoney = 0n;
    for (const slice of slices) {
      amount += slice.amount;
      amountMoney += slice.money;
    }
    account.balance += amount;
    account.balanceMoney += amountMoney;
    account.lastSeq += 1;
    this.#moveOn(atMs);
    const { lastSeq: seq, version, balance, balanceMoney, held, debtLimit } = account;
    const entry: Entry = {
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
      softLimit: limits?.softLimit ?? 0n,
      hardLimit: limits?.hardLimit ?? 0n,
      slices,
      note,
      relation,
    };
    this.entries.push(entry);
    const event = limits && lowBalanceEvent(entry, limits);
    if (event) this.events.push(event);
    return entry;
  }

  /** Notes a change that is no entry; it takes a version too. */
  addChange(
    kind: AccountChangeKind,
    atMs: number,
    author: string,
    about: { readonly reason?: string | undefined; readonly hold?: HoldEvent },
  ): AccountChange {
    const { account, limits } = this;
    this.#moveOn(atMs);
    const change: AccountChange = {
      version: account.version,
      atMs,
      kind,
      held: account.held,
      debtLimit: account.debtLimit,
      softLimit: limits?.softLimit ?? 0n,
      hardLimit: limits?.hardLimit ?? 0n,
      reason: about.reason,
      author,
      hold: about.hold,
    };
    this.#changes.push(change);
    return change;
  }

  /**
   * Notes what happened to a hold. The event's figures of the account are those of now until `tellFigures` sets
   * them right.
   *
   * @param reserved what the hold reserves after it was created or extended, or reserved until it ended.
   * @param pins those that this added.
   */
  addHoldEvent(
    kind: 'hold' | 'extend' | 'release' | 'hold-expiry',
    { hold, expiresAtMs }: Readonly<Hold>,
    { reserved, pins, ip }: { reserved: Micro; pins: readonly Pin[]; ip?: string | undefined },
    atMs: number,
    author: string,
  ): AccountChange {
    const { balance, held } = this.account;
    const event = { hold, reserved, expiresAtMs, pins, balance, heldAnswered: held, ip };
    return this.addChange(kind, atMs, author, { hold: event });
  }

  /** Sets a hold event's figures of the account to those once all is done that the event brought about. */
  tellFigures({ hold }: AccountChange): void {
    if (!hold) return;
    hold.balance = this.account.balance;
    hold.heldAnswered = this.account.held;
  }

  /** @returns what is to be written, or undefined when it is nothing. */
  close(nowMs: number): BookChanges | undefined {
    const { account, state, limits } = this;
    // Events alone, of credit that expires soon, take no version.
    if (account.version === state.account.version && this.events.length === 0) return undefined;
    assert(account.debt >= 0n && account.held >= 0n, 'debt and held are never negative');
    return {
      account,
      entries: this.entries,
      changes: this.#changes,
      openings: this.lots.openings,
      lots: this.lots.changed,
      writeOffs: this.lots.writeOffs,
      debts: this.#debts?.changed ?? [],
      holds: this.#holds?.changed ?? [],
      events: this.events,
      limits: areSameLimits(limits, state.limits) ? undefined : limits,
      cursor: this.lots.firstFree(nowMs),
      nextDueMs: this.lots.nextDueMs(),
      holdDueMs: this.#holds ? this.#holds.dueMs() : state.holdDueMs,
    };
  }

  #moveOn(atMs: number): void {
    assert(atMs >= this.account.lastAtMs, 'instants of an account never go back');
    this.account.version += 1;
    this.account.lastAtMs = atMs;
  }
}
