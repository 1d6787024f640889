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
}

export type EntryKind = 'spend' | 'grant' | 'expiry' | 'settlement' | 'adjustment';

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

/** One line of an account's history. `held` and `debtLimit` are those in force after it. */
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
  readonly slices: readonly Slice[];
  readonly note: EntryNote;
}

/** A change of an account that is no entry. */
export interface AccountChange {
  readonly version: number;
  readonly atMs: number;
  readonly kind: 'debt-limit' | 'ban' | 'unban';
  readonly debtLimit: Micro;
  readonly reason?: string | undefined;
  readonly author: string;
}

/** @returns what may be spent: the balance less what is held, plus what may be owed (contract.md, Balances). */
export function availableOf(account: Readonly<Account>): Micro {
  return account.balance - account.held + account.debtLimit;
}
