import type { Credits, Instant, Spender } from './common-types.ts';
import type { CreditLogItem, HoldItem } from './credit-types.ts';
import type { IpContext } from './ip-types.ts';
import type { RefusalError } from './refusals.ts';

/** Credit that stays together until it is used or expires. */
interface Lot {
  /** Of the entry that brought it. */
  readonly transactionId: string;
  readonly amount: Credits;
  readonly amountMoney: number;
  /** Lower burns first. */
  readonly priority: number;
  readonly expirationDate?: Instant;
}

/** What a spend would come to now. */
export interface CreditPreview {
  readonly success: true;
  readonly wouldSucceed: boolean;
  readonly refusal?: RefusalError;
  readonly oldCreditBalance: Credits;
  readonly newCreditBalance: Credits;
  /** Which lots would pay, first the one that burns first. */
  readonly lots: readonly Lot[];
  /** The part that would be owed. */
  readonly debt?: Credits;
  /** The least top-up that would let it pass, where credit is missing and nothing else. */
  readonly smallestChange?: { readonly amount: Credits };
}

/** Where the credit of one entry came from or went. */
export interface CreditExplanation {
  readonly transaction: CreditLogItem;
  /** All of it in a sentence or two. */
  readonly summary: string;
  readonly oldCreditBalance: Credits;
  readonly newCreditBalance: Credits;
  /** Negative: taken from this lot. Positive: brought or given back. */
  readonly lots: readonly (Lot & { readonly why: string })[];
  readonly debts: readonly {
    readonly transactionId: string;
    readonly amount: Credits;
    readonly why: string;
  }[];
  /** What has become of the credit that this entry brought. */
  readonly opened: readonly {
    readonly amount: Credits;
    readonly remaining: Credits;
    readonly held: Credits;
    readonly expired: Credits;
    readonly priority: number;
    readonly expirationDate?: Instant;
  }[];
  readonly fellDueBefore: readonly {
    readonly kind: 'expiry' | 'settlement' | 'hold-expiry';
    readonly id: string;
    readonly amount: Credits;
    readonly insertedDate: Instant;
  }[];
  /** What has paid since what this entry owed, oldest first. */
  readonly settledBy: readonly {
    readonly transactionId: string;
    readonly insertedDate: Instant;
    readonly amount: Credits;
    readonly lots: readonly {
      readonly transactionId: string;
      readonly amount: Credits;
      readonly amountMoney: Credits;
    }[];
  }[];
  readonly limits: {
    readonly debtLimit: Credits;
    readonly monthlySoftLimit: Credits;
    readonly monthlyHardLimit: Credits;
    readonly held: Credits;
    readonly available: Credits;
  };
  readonly undoneBy: readonly CreditLogItem[];
  readonly refundable?: Credits;
  readonly hold?: HoldItem;
  readonly customerRealIp?: string;
  readonly ipContext?: IpContext;
}

/** Which instant; it has an offset and is not in the future of the ledger. */
export type BalanceRequest = Spender & { readonly at: string };

/** The balance at an instant. */
export interface CreditBalanceAt {
  readonly at: Instant;
  readonly creditBalance: Credits;
  readonly creditMoneyBalance: number;
  readonly currency: string;
  readonly held: Credits;
  readonly available: Credits;
  readonly debtLimit: Credits;
}

/** Credit that expires together; without a date it never does. */
interface Bucket {
  readonly expirationDate?: Instant;
  readonly amount: Credits;
  readonly amountMoney: number;
}

/** How long credit lasts. */
export interface CreditForecast {
  readonly at: Instant;
  readonly creditBalance: Credits;
  readonly held: Credits;
  readonly available: Credits;
  readonly currency: string;
  readonly buckets: readonly Bucket[];
  readonly rates: readonly {
    readonly days: number;
    readonly used: Credits;
    readonly perDay: Credits;
    readonly runsOutAt?: Instant;
    readonly expiresUnused: Credits;
    readonly unusedBuckets: readonly Bucket[];
  }[];
}
