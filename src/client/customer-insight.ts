import type { Spender } from './common-types.ts';
import type { Connection } from './connection.ts';
import type { SpendRequest } from './credit-types.ts';
import type {
  BalanceRequest,
  CreditBalanceAt,
  CreditExplanation,
  CreditForecast,
  CreditPreview,
} from './insight-types.ts';
import type { CallOptions } from './options.ts';

/** Where credit went, goes and will go. Nothing is changed here. */
export function insightMethods({ read, ask }: Connection) {
  return {
    /** Says what `creditSpend` with the same members would come to now. */
    creditPreview: (request: SpendRequest, options?: CallOptions) =>
      ask<CreditPreview>('customer/credit-preview', request, options),

    /** Which lots paid, in which order and why. */
    creditExplain: (request: { readonly transactionId: string }, options?: CallOptions) =>
      read<CreditExplanation>('customer/credit-explain', request, options),

    /** The balance at any past instant. */
    creditBalance: (request: BalanceRequest, options?: CallOptions) =>
      read<CreditBalanceAt>('customer/credit-balance', request, options),

    /** What expires when, and how long credit lasts. */
    creditForecast: (request: Spender, options?: CallOptions) =>
      read<CreditForecast>('customer/credit-forecast', request, options),
  };
}
