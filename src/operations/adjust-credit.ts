import type { Micro } from '../ledger/amount.ts';
import { validationFailed } from '../refusals.ts';
import { readExpirationDate } from './expiration-date.ts';
import { hashIdempotency } from './idempotency.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** An operator's correction, up or down; money and expiry only belong to one that goes up. */
export interface AdjustRequest {
  readonly customer: CustomerName;
  /** Not 0. */
  readonly amount: Micro;
  readonly amountMoney?: Micro | undefined;
  readonly expirationDate?: string | undefined;
  readonly description?: string | undefined;
}

/**
 * Corrects a balance. Down, it may go beyond the debt limit (rule 4); up, it opens a lot of priority 50.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED, INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND, and what
 *   the writer throws.
 */
export async function adjustCredit(
  services: Services,
  caller: Caller,
  { customer, amount, amountMoney, expirationDate, description }: AdjustRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  if (amount < 0n && (amountMoney !== undefined || expirationDate !== undefined)) {
    const message = 'must be absent when the amount is negative';
    const pointers = [
      amountMoney !== undefined && '/amountMoney',
      expirationDate !== undefined && '/expirationDate',
    ];
    throw validationFailed(pointers.flatMap((pointer) => (pointer ? [{ pointer, message }] : [])));
  }
  const expiresAtMs = await readExpirationDate(services, caller, expirationDate);
  const named = await nameCustomer(services, caller, customer);
  const money = amount > 0n ? (amountMoney ?? amount) : 0n;
  return services.writer.submit({
    ...named,
    command: { kind: 'adjustment', amount, money, expiresAtMs, description },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, ['adjustment', amount, money, expiresAtMs, description]),
  });
}
