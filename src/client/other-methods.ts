import type { Instant, Success } from './common-types.ts';
import type { Connection } from './connection.ts';
import type { IpAnswer } from './ip-types.ts';
import type { CallOptions, ChangeOptions } from './options.ts';
import type { MarkPaidRequest, Ordered, OrderRequest, StornoRequest } from './shop-types.ts';

/** Orders of a shop that top up. */
export function shopMethods({ change }: Connection) {
  return {
    order: {
      /** Creates an order. One that costs nothing is paid at once, which needs the scope `credit-grant` as well. */
      create: (request: OrderRequest, options?: ChangeOptions) =>
        change<Ordered>('shop/order/create', request, options),

      /** Says that an order was paid, which grants its credit once. The scope must be named in the key. */
      markPaid: (request: MarkPaidRequest, options?: ChangeOptions) =>
        change<Success>('shop/order/mark-paid', request, options),

      /** Takes an order and its credit back. The scope must be named in the key. */
      storno: (request: StornoRequest, options?: ChangeOptions) =>
        change<Success>('shop/order/storno', request, options),
    },
  };
}

/** How far the clock moves, or to when. */
export type ClockRequest =
  | { readonly advance: string; readonly to?: never }
  | { readonly to: string; readonly advance?: never };

/** The new present time of the sandbox. */
export interface MovedClock {
  readonly success: true;
  readonly now: Instant;
  /** Seconds ahead of real time, by all moves together. */
  readonly advancedBy: number;
}

/** Sandboxes, never live data. Scopes must be named in the key. */
export function sandboxMethods({ post }: Connection) {
  return {
    /** Moves the clock forward, such as by `30d`. */
    clock: (request: ClockRequest, options?: CallOptions) =>
      post<MovedClock>('sandbox/clock', request, options),

    /** Removes all credit, and sets the clock back. `confirm` is the short name of the organisation. */
    reset: (request: { readonly confirm: string }, options?: CallOptions) =>
      post<Success>('sandbox/reset', request, options),
  };
}

/** Addresses. */
export function ipMethods({ read }: Connection) {
  return {
    /** Where an address is and what kind of network it comes from. The scope must be named in the key. */
    lookup: (request: { readonly ip: string }, options?: CallOptions) =>
      read<IpAnswer>('ip/lookup', request, options),
  };
}

/** Checks the key. */
export function serviceMethods({ read }: Connection) {
  return { ping: (options?: CallOptions) => read<Success>('ping', {}, options) };
}
