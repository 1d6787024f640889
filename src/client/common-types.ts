/** Credits and money are exact decimals with at most 6 places; a 7th is refused, never rounded. */
export type Credits = number;

/** An instant in UTC with milliseconds, such as `2026-01-10T16:19:41.675Z`. */
export type Instant = string;

/** A customer by its session, or by its reference where the key's scopes name `any-customer`. */
export type Spender =
  | { readonly identityId: string; readonly cuRefNo?: never }
  | { readonly cuRefNo: string; readonly identityId?: never };

/** A customer by exactly one of three names. */
export type Customer =
  | { readonly identityId: string; readonly cuRefNo?: never; readonly email?: never }
  | { readonly cuRefNo: string; readonly identityId?: never; readonly email?: never }
  | { readonly email: string; readonly identityId?: never; readonly cuRefNo?: never };

/** Where the customer's own request came from, an IPv4 or IPv6 address. */
export interface FromAddress {
  readonly customerRealIp?: string | undefined;
}

/** Done, and nothing else to tell. */
export interface Success {
  readonly success: true;
}

/** A documented "no" of an endpoint that answers instead of throwing; `errorCode` tells which. */
export type Failed<Code extends string> = {
  readonly success: false;
  readonly errorCode: Code;
  /** For developers, in English. */
  readonly message: string;
};
