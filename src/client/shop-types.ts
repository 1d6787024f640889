import type { Credits, FromAddress } from './common-types.ts';

/** One line of an order. */
export interface OrderItem {
  readonly label: string;
  /** Of one piece, 0 or more. */
  readonly price: number;
  /** Per cent, part of the price. */
  readonly vat?: number | undefined;
  /** Pieces, a whole number from 1; 1 unless given. */
  readonly count?: number | undefined;
  /** Credits that one piece grants when the order is paid. */
  readonly creditAmount?: Credits | undefined;
}

/** What is ordered. */
export interface OrderRequest extends FromAddress {
  /** An unknown address makes a new customer. */
  readonly customer: { readonly email: string };
  readonly items: readonly OrderItem[];
  /** That of the organisation, if given. */
  readonly currency?: string | undefined;
  /** Shown as `groupName` with the credit that it brings. */
  readonly orderGroupId?: string | undefined;
  /** Where the order's page leads back to; its origin must be one of the organisation's. */
  readonly returnUrl?: string | undefined;
  /** Where a POST tells of each new state; its origin must be one of the organisation's. */
  readonly notificationUrl?: string | undefined;
}

/** The order; one that costs nothing is paid at once. */
export interface Ordered {
  readonly orderNumber: string;
  readonly hash: string;
  readonly links: { readonly orderPageLink: string; readonly payLink: string };
}

/** Which order was paid. */
export interface MarkPaidRequest {
  readonly hash: string;
}

/** Which order is taken back. */
export interface StornoRequest {
  /** Its orderNumber. */
  readonly orderId: string;
  /** Whether the customer shall owe what was used of its credit already; false unless given. */
  readonly debt?: boolean | undefined;
}
