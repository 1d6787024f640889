import type { Order } from '../ledger/account.ts';
import type { Micro } from '../ledger/amount.ts';
import { DEFAULT_PRIORITY } from '../ledger/lot.ts';
import { Refusal } from '../refusals.ts';
import { isErased } from '../store/customers.ts';
import { readExpirationDate } from './expiration-date.ts';
import { hashIdempotency } from './idempotency.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** Members of credit-grant, decoded; `amount` above 0, money 0 or more. */
export interface GrantRequest {
  readonly customer: CustomerName;
  readonly amount: Micro;
  /** Worth 1 unit a credit unless given (rule 5). */
  readonly amountMoney?: Micro | undefined;
  readonly expirationDate?: string | undefined;
  /** 0-100, lower burns first. */
  readonly priority?: number | undefined;
  readonly description?: string | undefined;
  readonly order?: Order | undefined;
}

/**
 * Tops a customer up; debt is paid from it at once. PUBLIC_CREDIT_TOO_LARGE, an expiry in the past, an ended session
 * and PUBLIC_IDEMPOTENCY_KEY_REUSED are answers.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED (expirationDate), INTERNAL_USER_MUST_BE_AUTHORIZED,
 *   INTERNAL_RESOURCE_NOT_FOUND, also for a customer who was erased, and what the writer throws.
 */
export async function grantCredit(
  services: Services,
  caller: Caller,
  grant: GrantRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const { amount, amountMoney: money = amount, priority = DEFAULT_PRIORITY, description, order } = grant;
  const expiresAtMs = await readExpirationDate(services, caller, grant.expirationDate);
  const named = await nameCustomer(services, caller, grant.customer);
  // Only its reference still names one who was erased; nobody could ever use what is granted there.
  if ('cuRefNo' in grant.customer && (await isErased(services.database.pool, named.accountId))) {
    throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  }
  const orderValues = [order?.orderNumber, order?.hash, order?.groupName];
  return services.writer.submit({
    ...named,
    command: { kind: 'grant', amount, money, priority, expiresAtMs, description, order },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, [
      ...['credit-grant', amount, money, expiresAtMs, priority, description],
      ...orderValues,
    ]),
  });
}
