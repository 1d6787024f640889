import type { Micro } from '../ledger/amount.ts';
import { hashIdempotency } from './idempotency.ts';
import { nameSession } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** Members of credit-spend, decoded; `amount` above 0. */
export interface SpendRequest {
  readonly identityId: string;
  readonly amount: Micro;
  readonly description?: string | undefined;
  /** Normalised. */
  readonly customerRealIp?: string | undefined;
}

/**
 * Deducts credit of the logged-in customer at once; the answer means that it is on disk. Refusals of the rules
 * (PUBLIC_CREDIT_IS_NOT_SUFFICIENT, PUBLIC_CUSTOMER_IS_BANNED, INTERNAL_USER_MUST_BE_AUTHORIZED for a session that
 * has ended, PUBLIC_IDEMPOTENCY_KEY_REUSED) are answers.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED and what the writer throws.
 */
export async function spendCredit(
  services: Services,
  caller: Caller,
  { identityId, amount, description, customerRealIp }: SpendRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const { accountId, sessionId } = await nameSession(services, caller.ledgerId, identityId);
  return services.writer.submit({
    accountId,
    sessionId,
    command: { kind: 'spend', amount, description, ip: customerRealIp },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, ['credit-spend', amount, description, customerRealIp]),
  });
}
