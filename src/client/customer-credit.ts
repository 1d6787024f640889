import type { Connection } from './connection.ts';
import type {
  BatchAnswer,
  BatchRequest,
  Captured,
  CaptureRequest,
  CreditLogItem,
  CreditLogPage,
  ExtendRequest,
  GrantRequest,
  Held,
  HoldItem,
  HoldRequest,
  LogRequest,
  Moved,
  Refunded,
  RefundRequest,
  Released,
  SpendRequest,
  TransactionRequest,
  VoidRequest,
} from './credit-types.ts';
import type { BatchOptions, CallOptions, ChangeOptions } from './options.ts';

/** Credit of customers. Methods are named as their endpoints, `/api/v1/customer/credit-spend` is `creditSpend`. */
export function creditMethods({ read, change, changeMany }: Connection) {
  return {
    /** Deducts all of `amount` or nothing. */
    creditSpend: (request: SpendRequest, options?: ChangeOptions) =>
      change<Moved>('customer/credit-spend', request, options),

    /** Spends many times at once; each is answered for itself. A key is made for each member that has none. */
    creditSpendBatch: (request: BatchRequest, options?: BatchOptions) =>
      changeMany<BatchAnswer>('customer/credit-spend-batch', request, options),

    /** Tops a customer up. The scope `credit-grant` must be named in the key. */
    creditGrant: (request: GrantRequest, options?: ChangeOptions) =>
      change<Moved>('customer/credit-grant', request, options),

    /** Gives back what a spend or a capture took. The scope `credit-refund` must be named in the key. */
    creditRefund: async (request: RefundRequest, options?: ChangeOptions) => {
      // Without an amount all is given back, which is not what a sum gone wrong should do.
      if ('amount' in request && request.amount === undefined) {
        throw new TypeError('amount is undefined; leave it out to give back all that is left');
      }
      return change<Refunded>('customer/credit-refund', request, options);
    },

    /** Takes back what is left of a top-up. The scope `credit-void` must be named in the key. */
    creditVoid: (request: VoidRequest, options?: ChangeOptions) =>
      change<Moved>('customer/credit-void', request, options),

    /** Sets credit aside for a job whose cost is known only at its end. */
    creditHold: (request: HoldRequest, options?: ChangeOptions) =>
      change<Held>('customer/credit-hold', request, options),

    /** Lets a hold reserve more, last longer, or both. */
    creditExtend: (request: ExtendRequest, options?: ChangeOptions) =>
      change<Held>('customer/credit-extend', request, options),

    /** Takes what a job has cost, and ends its hold unless `final` is false. */
    creditCapture: (request: CaptureRequest, options?: ChangeOptions) =>
      change<Captured>('customer/credit-capture', request, options),

    /** Ends a hold and takes nothing more. */
    creditRelease: (request: { readonly holdId: string }, options?: ChangeOptions) =>
      change<Released>('customer/credit-release', request, options),

    /** The balance of a customer and every entry behind it, newest first. */
    creditLog: (request: LogRequest, options?: CallOptions) =>
      read<CreditLogPage>('customer/credit-log', request, options),

    /** Finds an entry or a hold. INTERNAL_RESOURCE_NOT_FOUND says that it is not there; see also `lookUp`. */
    creditTransaction: (request: TransactionRequest, options?: CallOptions) =>
      read<CreditLogItem | HoldItem>('customer/credit-transaction', request, options),
  };
}
