import type { AccountChange, Entry, Order } from './account.ts';
import type { Micro } from './amount.ts';

/** Deducts `amount` (above 0), whole or not at all. */
export interface Spend {
  readonly kind: 'spend';
  readonly amount: Micro;
  readonly description?: string | undefined;
  readonly ip?: string | undefined;
}

/** Brings `amount` (above 0) worth `money`, burning in the order of `priority` (0-100). */
export interface Grant {
  readonly kind: 'grant';
  readonly amount: Micro;
  readonly money: Micro;
  readonly priority: number;
  readonly expiresAtMs: number | null;
  readonly description?: string | undefined;
  readonly order?: Order | undefined;
}

/** An operator's correction by `amount` (not 0); `money` counts only when it is positive. */
export interface Adjustment {
  readonly kind: 'adjustment';
  readonly amount: Micro;
  readonly money: Micro;
  readonly expiresAtMs: number | null;
  readonly description?: string | undefined;
}

/** Sets those limits that are named; amounts are 0 or more, 0 takes a monthly limit off. */
export interface SetLimits {
  readonly kind: 'set-limits';
  readonly debtLimit?: Micro | undefined;
  readonly softLimit?: Micro | undefined;
  readonly hardLimit?: Micro | undefined;
  /** null takes the mark away. */
  readonly lowBalance?: Micro | null | undefined;
  readonly reason?: string | undefined;
}

export interface SetBan {
  readonly kind: 'set-ban';
  readonly banned: boolean;
  readonly reason?: string | undefined;
}

/** Books what has fallen due, which every other command does first as well. */
export interface BookDue {
  readonly kind: 'book-due';
}

/** Sets `amount` (above 0) aside for `expiresInMs` (rule 7). */
export interface CreateHold {
  readonly kind: 'hold';
  readonly amount: Micro;
  readonly expiresInMs: number;
  readonly description?: string | undefined;
  readonly ip?: string | undefined;
}

/** A hold as its public id names it. */
export interface NamedHold {
  readonly hold: number;
  readonly attempt: number;
}

/** Adds to an open hold, prolongs it, or both; without `expiresInMs` its end stays. */
export interface ExtendHold extends NamedHold {
  readonly kind: 'extend';
  readonly addAmount?: Micro | undefined;
  readonly expiresInMs?: number | undefined;
}

/** Takes `amount` out of an open hold, first out of its pins; `final` ends it. 0 only where final. */
export interface CaptureHold extends NamedHold {
  readonly kind: 'capture';
  readonly amount: Micro;
  readonly final: boolean;
  readonly description?: string | undefined;
  readonly ip?: string | undefined;
}

/** Ends an open hold without taking anything. */
export interface ReleaseHold extends NamedHold {
  readonly kind: 'release';
}

/** An entry as its public id names it. */
interface NamedEntry {
  readonly seq: number;
  readonly attempt: number;
}

/** Gives back `amount` of a spend or capture, all that is left without it (rule 8). */
export interface Refund extends NamedEntry {
  readonly kind: 'refund';
  readonly amount?: Micro | undefined;
  readonly description?: string | undefined;
}

/** Takes back what is free of a grant or positive adjustment; with `debt`, owes what was used of it (rule 8). */
export interface VoidGrant extends NamedEntry {
  readonly kind: 'void';
  readonly debt: boolean;
  readonly description?: string | undefined;
}

/** Writes the events of lots that expire within seven days; the sweeper asks for it. */
export interface NoteExpiring {
  readonly kind: 'note-expiring';
}

export type Command =
  | Spend
  | Grant
  | Adjustment
  | SetLimits
  | SetBan
  | BookDue
  | CreateHold
  | ExtendHold
  | CaptureHold
  | ReleaseHold
  | Refund
  | VoidGrant
  | NoteExpiring;

/** Commands that share one are done all or none: spends of a batch, or the grants of an order. */
export interface Group {
  /** Whether one more belongs to it that was refused before it came to the rules: then none of them is done. */
  readonly isSpoilt?: boolean | undefined;
}

/** A command with all that its judgement depends on beside the account. */
export interface LedgerRequest {
  readonly command: Command;
  /** 'key:<id>', 'cli' or 'system'. */
  readonly author: string;
  /** Present where a session names the customer: whether it lives. */
  readonly sessionLives?: boolean | undefined;
  /** Hashes of the Idempotency-Key and of the request it came with. */
  readonly idempotency?: { readonly keyHash: string; readonly requestHash: string } | undefined;
  /** Requests that share this are done all or none. */
  readonly group?: Group | undefined;
}

/** The refusals that the rules themselves decide; contract.md, Errors. */
export type DecidedRefusal =
  | 'INTERNAL_USER_MUST_BE_AUTHORIZED'
  | 'PUBLIC_IDEMPOTENCY_KEY_REUSED'
  | 'INTERNAL_VALIDATION_FAILED'
  | 'PUBLIC_CUSTOMER_IS_BANNED'
  | 'INTERNAL_RESOURCE_NOT_FOUND'
  | 'PUBLIC_CREDIT_HOLD_HAS_ENDED'
  | 'PUBLIC_CREDIT_REFUND_TOO_LARGE'
  | 'PUBLIC_CREDIT_BATCH_NOT_APPLIED'
  | 'PUBLIC_CREDIT_TOO_LARGE'
  | 'PUBLIC_CREDIT_LIMIT_REACHED'
  | 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT';

export interface Refused {
  readonly kind: 'refused';
  readonly code: DecidedRefusal;
  /** Members of the answer beside the code. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether an Idempotency-Key replays it (402, 403 for a ban, 409). */
  readonly binds: boolean;
}

/** What one command came to: the entry or the change that its answer tells; neither for the likes of set-ban. */
export interface Done {
  readonly kind: 'done';
  readonly entry?: Entry | undefined;
  /** The hold event that the answer tells. */
  readonly holdEvent?: AccountChange | undefined;
}

/** The same request was decided before: in a commit of the past, or in this run by an `earlier` request. */
export interface Replay {
  readonly kind: 'replay';
  readonly keyHash: string;
  /** Its place among the requests of this run. */
  readonly earlier?: number | undefined;
}

export type Outcome = Done | Refused | Replay;
