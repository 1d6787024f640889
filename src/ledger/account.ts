import type { Micro } from './amount.ts';
import type { BurnPosition, Lot } from './lot.ts';

/** An account's figures; amounts in millionths, instants in Unix milliseconds of the ledger's clock. */
export interface Account {
  readonly accountId: number;
  version: number;
  lastSeq: number;
  lastAtMs: number;
  lastLot: number;
  balance: Micro;
  balanceMoney: Micro;
  /** What open holds reserve. */
  held: Micro;
  debt: Micro;
  debtLimit: Micro;
  banned: boolean;
  lastHold: number;
}

/** An account's monthly limits (0 = off), its low-balance mark, and the month they are judged by (rule 6). */
export interface Limits {
  softLimit: Micro;
  hardLimit: Micro;
  /** An event is written when the balance falls below it. */
  lowBalance: Micro | null;
  /** The month that `monthUsed` and `softNoted` are about, Unix milliseconds; its end is the next one's start. */
  monthFromMs: number;
  monthToMs: number;
  /** Spends and captures booked in the month less what was refunded of those; holds come on top. */
  monthUsed: Micro;
  /** Whether this month's soft limit has had its event. */
  softNoted: boolean;
}

/** A month in the organisation's time zone, Unix milliseconds; the end is not part of it. */
export interface Month {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How long credit lives that a refund returns to a lot which is due (rule 8), in milliseconds. */
export interface ReturnedLife {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** What an organisation has settled that the rules ask for. */
export interface Setting {
  /** @returns the month that an instant lies in, in the organisation's time zone (rule 6). */
  readonly monthOf: (atMs: number) => Month;
  readonly returnedLife: ReturnedLife;
}

/** Credit of one lot that a hold has set aside. */
export interface Pin {
  readonly lot: number;
  readonly amount: Micro;
}

/** What ended a hold. */
export type HoldEnd = 'captured' | 'released' | 'expired';

/** Credit set aside for a running job (rule 7). `reserved` is the sum of its pins and `unpinned`; 0 once ended. */
export interface Hold {
  /** 1, 2, 3... per account in the order of creation. */
  readonly hold: number;
  /** Part of its public id; 0 for one that this very decision creates. */
  readonly attempt: number;
  readonly createdAtMs: number;
  expiresAtMs: number;
  reserved: Micro;
  /** What only the debt limit covers. */
  unpinned: Micro;
  /** By all captures. */
  captured: Micro;
  /** One a lot. */
  pins: readonly Pin[];
  endedBy: HoldEnd | undefined;
  endedAtMs: number | undefined;
}

/** What a refund or a void needs to know of the entry that it undoes. */
export interface Undoing {
  readonly entry: UndoneEntry;
  /** Earlier refunds, or voids, of this entry, oldest first. */
  readonly undoneBy: readonly UndoneEntry[];
  /** Settlements that paid the debt of this entry, oldest first; empty for a void. */
  readonly settlements: readonly UndoneEntry[];
  /** Every lot that any of these took from or opened, open or not, with how it was opened. */
  readonly lots: readonly KnownLot[];
}

/** What is read of an entry for a refund or a void of it. */
export interface UndoneEntry {
  readonly seq: number;
  readonly attempt: number;
  readonly atMs: number;
  readonly kind: EntryKind;
  readonly amount: Micro;
  readonly slices: readonly Slice[];
}

/** A lot that may be closed, with what its opening and its expiry said. */
export interface KnownLot {
  readonly lot: Readonly<Lot>;
  readonly amount: Micro;
  readonly writtenOff: Micro;
}

/** The part of an entry that no free credit covered and nothing has paid yet. */
export interface Debt {
  readonly seq: number;
  readonly amount: Micro;
  open: Micro;
}

/**
 * What is true of the open lots that a state leaves out, so that a spend need not read a thousand of them:
 * each lot left out burns after `after` and expires at `nextDueMs` or later.
 */
export interface UnreadLots {
  readonly after: BurnPosition;
  /** null: no lot left out expires. */
  readonly nextDueMs: number | null;
  /** Whether a lot left out is known to expire at exactly `nextDueMs`. */
  readonly nextDueIsExact: boolean;
}

/** What a decision starts from: all open lots and debts, but for what it says it leaves out. */
export interface AccountState {
  readonly account: Readonly<Account>;
  readonly lots: readonly Readonly<Lot>[];
  /** Oldest first. */
  readonly debts: readonly Readonly<Debt>[];
  readonly unreadLots?: UnreadLots | undefined;
  /** Debts newer than those here are left out. */
  readonly unreadDebts?: boolean | undefined;
  /** Open holds, and ended ones that a command names; in the order of creation. */
  readonly holds: readonly Readonly<Hold>[];
  /** Open holds other than those here are left out; the earliest end of one of them, Unix milliseconds. */
  readonly unreadHolds?: { readonly dueMs: number | null } | undefined;
  /** The earliest end of an open hold, read or not. */
  readonly holdDueMs: number | null;
  /** undefined: the account has none and its month is not counted. */
  readonly limits?: Readonly<Limits> | undefined;
  /** Use of the present month, counted from the entries; only read where it is not kept and a command asks for it. */
  readonly countedUse?: Micro | undefined;
  /** By seq of the undone entry; a seq that is asked for and not here names nothing. */
  readonly undoings?: ReadonlyMap<number, Undoing> | undefined;
}

/** What one lot, or debt, gave or took in an entry; amounts from the account's point of view. */
export interface Slice {
  readonly lot?: number;
  /** The seq of the entry whose debt this is. */
  readonly debt?: number;
  readonly amount: Micro;
  readonly money: Micro;
  /** This slice opened its lot. */
  readonly opens?: true;
  /** Of a refund: the slice that this one undoes, counted from 0 in its entry. */
  readonly undoes?: { readonly entry: number; readonly slice: number };
}

export type EntryKind = 'spend' | 'grant' | 'expiry' | 'settlement' | 'adjustment' | 'capture' | 'refund';

/** The shop's order that a grant came from. */
export interface Order {
  readonly orderNumber: string;
  readonly hash?: string | undefined;
  readonly groupName?: string | undefined;
}

/** What an entry says beside its figures. */
export interface EntryNote {
  readonly description?: string | undefined;
  readonly order?: Order | undefined;
  readonly ip?: string | undefined;
  /** Who did it: 'key:<id>', 'cli', or 'system' for what falls due. */
  readonly author: string;
}

/** What only some kinds of entry say. */
export interface EntryRelation {
  /** Of a capture: its hold, what all its captures took, what it reserves after this one (0 once ended). */
  readonly hold?: { readonly hold: number; readonly captured: Micro; readonly remaining: Micro } | undefined;
  /** Of a refund and a void: the seq of the entry undone. */
  readonly undoes?: number | undefined;
  /** Of a refund: what is left to refund after it. */
  readonly refundable?: Micro | undefined;
}

/** One line of an account's history. `held` and the limits are those in force after it. */
export interface Entry {
  readonly seq: number;
  readonly version: number;
  readonly atMs: number;
  readonly kind: EntryKind;
  readonly amount: Micro;
  readonly amountMoney: Micro;
  readonly balance: Micro;
  readonly balanceMoney: Micro;
  readonly held: Micro;
  readonly debtLimit: Micro;
  readonly softLimit: Micro;
  readonly hardLimit: Micro;
  readonly slices: readonly Slice[];
  readonly note: EntryNote;
  readonly relation: EntryRelation;
}

export type AccountChangeKind =
  | 'debt-limit'
  | 'ban'
  | 'unban'
  | 'limits'
  | 'hold'
  | 'extend'
  | 'release'
  | 'hold-expiry';

/** A change of an account that is no entry; hold events among them. `held` and the limits are those after it. */
export interface AccountChange {
  readonly version: number;
  readonly atMs: number;
  readonly kind: AccountChangeKind;
  readonly held: Micro;
  readonly debtLimit: Micro;
  readonly softLimit: Micro;
  readonly hardLimit: Micro;
  readonly reason?: string | undefined;
  readonly author: string;
  /** Present on hold events. */
  readonly hold?: HoldEvent | undefined;
}

/** What a hold event says of its hold. */
export interface HoldEvent {
  readonly hold: number;
  /** After a 'hold' or 'extend'; what it reserved until then of a 'release' or 'hold-expiry'. */
  readonly reserved: Micro;
  /** The hold's end after the event. */
  readonly expiresAtMs: number;
  /** Pins that the event added. */
  readonly pins: readonly Pin[];
  /** The account's balance when the command was done, as answered: a release may let credit expire after itself. */
  balance: Micro;
  /** What was held when the command was done, as answered. */
  heldAnswered: Micro;
  readonly ip?: string | undefined;
}

/** What an operator may want to hear of. `details` are JSON numbers of credits and ISO instants. */
export interface LedgerEvent {
  readonly kind: 'soft-limit' | 'low-balance' | 'credit-expiring' | 'debt-begun';
  readonly atMs: number;
  readonly details: Readonly<Record<string, number | string>>;
}

/** @returns what may be spent: the balance less what is held, plus what may be owed (contract.md, Balances). */
export function availableOf(account: Readonly<Account>): Micro {
  return account.balance - account.held + account.debtLimit;
}
