import type { Credits, Customer, FromAddress, Instant, Spender } from './common-types.ts';
import type { RefusalBody } from './refusals.ts';

/** What a spend deducts. */
export type SpendRequest = Spender &
  FromAddress & {
    /** Greater than 0. */
    readonly amount: Credits;
    /** For you, at most 2,000 characters; it is shown in the log. */
    readonly description?: string | undefined;
  };

/** Done, on disk, exactly once. */
export interface Moved {
  readonly success: true;
  /** `id` of the entry in the credit log. */
  readonly transactionId: string;
  readonly oldCreditBalance: Credits;
  readonly newCreditBalance: Credits;
}

/** The order that brought credit. */
export interface OrderReference {
  readonly orderNumber: string;
  readonly hash?: string;
  readonly groupName?: string;
}

/** What a top-up adds. */
export type GrantRequest = Customer & {
  readonly amount: Credits;
  /** What the credits are worth in money; as much as `amount` unless given. */
  readonly amountMoney?: number | undefined;
  /** An instant with an offset, or a date: good through that day in the organisation's time zone. */
  readonly expirationDate?: string | undefined;
  /** Lower burns first, 0 to 100; 50 unless given. */
  readonly priority?: number | undefined;
  readonly description?: string | undefined;
  readonly order?: OrderReference | undefined;
};

/** What a refund gives back. */
export interface RefundRequest {
  /** Of a spend or a capture. */
  readonly transactionId: string;
  /** All that is left unless given. */
  readonly amount?: Credits;
  readonly description?: string | undefined;
}

/** Given back. */
export interface Refunded extends Moved {
  /** What of the transaction can still be refunded. */
  readonly refundable: Credits;
}

/** Which top-up is taken back. */
export interface VoidRequest {
  readonly transactionId: string;
  readonly description?: string | undefined;
  /** Whether the customer shall owe what was used of it already; false unless given. */
  readonly debt?: boolean | undefined;
}

/** Up to 1,000 spends at once. */
export interface BatchRequest {
  readonly spends: readonly (SpendRequest & { readonly idempotencyKey?: string | undefined })[];
  /** All or nothing, for the spends of one customer; false unless given. */
  readonly atomic?: boolean | undefined;
}

/** What a spend of a batch was answered; `body.success` tells which of the two. */
export interface BatchResult {
  readonly status: number;
  readonly body: Moved | RefusalBody;
}

/** One result for each spend, in their order. */
export interface BatchAnswer {
  readonly success: true;
  readonly results: readonly BatchResult[];
}

/** What a hold sets aside. */
export type HoldRequest = Spender &
  FromAddress & {
    readonly amount: Credits;
    /** Seconds until it ends by itself; 900 unless given, at most a week. */
    readonly expiresIn?: number | undefined;
    readonly description?: string | undefined;
  };

/** How a hold grows. At least one of `addAmount` and `expiresIn`. */
export interface ExtendRequest {
  readonly holdId: string;
  readonly addAmount?: Credits | undefined;
  /** Seconds from now; never sooner than before, at most a week from its creation. */
  readonly expiresIn?: number | undefined;
}

/** Set aside. */
export interface Held {
  readonly success: true;
  readonly holdId: string;
  /** What the hold reserves now. */
  readonly amount: Credits;
  readonly expiresAt: Instant;
  readonly creditBalance: Credits;
  readonly available: Credits;
}

/** What a capture takes. */
export interface CaptureRequest {
  readonly holdId: string;
  /** 0 takes nothing and ends the hold. */
  readonly amount: Credits;
  /** Whether the hold ends; true unless given. */
  readonly final?: boolean | undefined;
  readonly description?: string | undefined;
}

/** Taken. */
export interface Captured extends Moved {
  readonly holdId: string;
  /** By all captures of this hold. */
  readonly captured: Credits;
  /** What the hold reserves now; 0 once it has ended. */
  readonly remaining: Credits;
}

/** The hold has ended and took nothing more. */
export interface Released {
  readonly success: true;
  readonly holdId: string;
  readonly released: Credits;
  readonly creditBalance: Credits;
  readonly available: Credits;
}

/** What an entry of the log is. */
export type EntryKind = 'grant' | 'spend' | 'capture' | 'refund' | 'expiry' | 'adjustment' | 'settlement';

/** One entry of the credit log. */
export interface CreditLogItem {
  readonly id: string;
  /** Negative for what was taken or expired. */
  readonly amount: Credits;
  readonly amountMoney: number;
  /** After this entry. */
  readonly balance: Credits;
  readonly balanceMoney: number;
  readonly order?: OrderReference;
  readonly expiration?: {
    readonly date: Instant;
    readonly status: 'pending' | 'processed' | 'spent';
    readonly processed?: Instant;
  };
  readonly description?: string;
  readonly insertedDate: Instant;
  readonly kind: EntryKind;
  /** Of a refund: what it undoes. Of a void: the grant. Of a capture: its hold. */
  readonly relatedId?: string;
}

/** Which page of the log. */
export type LogRequest = Spender & {
  /** Rows a page, at most 1,000. Without it and without a cursor: up to 10,000 rows. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
};

/** A page of the log, newest first. */
export interface CreditLogPage {
  readonly creditBalance: Credits;
  readonly creditMoneyBalance: number;
  readonly currency: string;
  readonly items: readonly CreditLogItem[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/** A hold as `creditTransaction` tells it. */
export interface HoldItem {
  readonly id: string;
  readonly kind: 'hold';
  readonly amount: Credits;
  readonly reserved: Credits;
  readonly captured: Credits;
  readonly expiresAt: Instant;
  readonly endedBy?: 'captured' | 'released' | 'expired';
  readonly endedAt?: Instant;
  readonly description?: string;
  readonly insertedDate: Instant;
}

/** Names an entry or a hold, by its id or by its Idempotency-Key. */
export type TransactionRequest =
  | {
      readonly transactionId: string;
      readonly idempotencyKey?: never;
      readonly identityId?: never;
      readonly cuRefNo?: never;
      readonly email?: never;
    }
  | ({ readonly idempotencyKey: string; readonly transactionId?: never } & Customer);
