import type { Customer } from './common-types.ts';
import type { CreditLogItem, HoldItem } from './credit-types.ts';
import type { creditMethods } from './customer-credit.ts';
import { type NamedCustomer, PurserOutcomeUnknown } from './failures.ts';
import type { CallOptions } from './options.ts';
import { PurserRefusal } from './refusals.ts';

/** What became of a change whose outcome was unknown. */
export type LookedUp =
  | { readonly happened: true; readonly transaction: CreditLogItem | HoldItem }
  | { readonly happened: false };

/** What can be looked up: what was thrown, the id that a 503 has told, or a key of that customer. */
export type LookUpRequest =
  | PurserOutcomeUnknown
  | { readonly transactionId: string }
  | ({ readonly idempotencyKey: string } & Customer);

/**
 * Finds out whether a change of credit has happened. "No" is told only by Purser itself, under the lock of the
 * account. A request that was on its way when its connection was lost could still arrive after such a "no": where
 * there is a key, repeating the request with it is surer than asking.
 *
 * @throws TypeError where nothing names the change: a call without a key whose connection was lost, or one whose key
 * belongs to a customer that it does not name, as that of a capture or of an order does.
 */
export async function lookUp(
  credit: Pick<ReturnType<typeof creditMethods>, 'creditTransaction'>,
  request: LookUpRequest,
  options?: CallOptions,
): Promise<LookedUp> {
  try {
    const transaction = await credit.creditTransaction(nameOf(request), options);
    // A hold that is there says nothing of its release; its end does.
    const isRelease = request instanceof PurserOutcomeUnknown && request.call === RELEASE;
    if (isRelease && !('endedBy' in transaction && transaction.endedBy === 'released'))
      return { happened: false };
    return { happened: true, transaction };
  } catch (error) {
    if (error instanceof PurserRefusal && error.code === 'INTERNAL_RESOURCE_NOT_FOUND') {
      return { happened: false };
    }
    throw error;
  }
}

const RELEASE = 'POST customer/credit-release';
const EXTENSION = 'POST customer/credit-extend';

function nameOf(
  request: LookUpRequest,
): { readonly transactionId: string } | ({ readonly idempotencyKey: string } & Customer) {
  if (!(request instanceof PurserOutcomeUnknown)) return request;
  const { idempotencyKey, customer, transactionId = request.holdId } = request;
  if (request.call === EXTENSION) {
    throw new TypeError('an extension leaves no entry to look up; extend the hold once more', {
      cause: request,
    });
  }
  // A repeated attempt has another id each time, the key stays.
  if (idempotencyKey !== undefined && customer) return { idempotencyKey, ...asCustomer(customer) };
  if (transactionId !== undefined) return { transactionId };
  const why =
    idempotencyKey === undefined
      ? 'it had no key, and no id was told'
      : 'it does not name the customer; send it again with the same key';
  throw new TypeError(`${request.call} left nothing to look it up by: ${why}`, { cause: request });
}

function asCustomer({ identityId, cuRefNo, email = '' }: NamedCustomer): Customer {
  if (identityId !== undefined) return { identityId };
  return cuRefNo === undefined ? { email } : { cuRefNo };
}
