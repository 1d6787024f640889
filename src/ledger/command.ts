import type { Entry, Order } from './account.ts';
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

/** Sets how far the account may go into debt (0 or more). */
export interface SetDebtLimit {
  readonly kind: 'set-debt-limit';
  readonly debtLimit: Micro;
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

export type Command = Spend | Grant | Adjustment | SetDebtLimit | SetBan | BookDue;

/** A command with all that its judgement depends on beside the account. */
export interface LedgerRequest {
  readonly command: Command;
  /** 'key:<id>', 'cli' or 'system'. */
  readonly author: string;
  /** Present where a session names the customer: whether it lives. */
  readonly sessionLives?: boolean | undefined;
  /** Hashes of the Idempotency-Key and of the request it came with. */
  readonly idempotency?: { readonly keyHash: string; readonly requestHash: string } | undefined;
}

/** The refusals that the rules themselves decide; contract.md, Errors. */
export type DecidedRefusal =
  | 'INTERNAL_USER_MUST_BE_AUTHORIZED'
  | 'PUBLIC_IDEMPOTENCY_KEY_REUSED'
  | 'INTERNAL_VALIDATION_FAILED'
  | 'PUBLIC_CUSTOMER_IS_BANNED'
  | 'PUBLIC_CREDIT_TOO_LARGE'
  | 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT';

export interface Refused {
  readonly kind: 'refused';
  readonly code: DecidedRefusal;
  /** Members of the answer beside the code. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether an Idempotency-Key replays it (402, 403 for a ban, 409). */
  readonly binds: boolean;
}

/** What one command came to. `entry` is absent for commands that add none of their own. */
export interface Done {
  readonly kind: 'done';
  readonly entry?: Entry | undefined;
}

/** The same request was decided before: in a commit of the past, or in this run by an `earlier` request. */
export interface Replay {
  readonly kind: 'replay';
  readonly keyHash: string;
  /** Its place among the requests of this run. */
  readonly earlier?: number | undefined;
}

export type Outcome = Done | Refused | Replay;
