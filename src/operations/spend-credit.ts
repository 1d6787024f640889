import type { Micro } from '../ledger/amount.ts';
import type { Submission } from '../writer/job.ts';
import { hashIdempotency } from './idempotency.ts';
import { type NamedCustomer, nameCustomer, type SpenderName } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** What is spent, decoded; `amount` above 0. */
export interface SpendMembers {
  readonly amount: Micro;
  readonly description?: string | undefined;
  /** Normalised. */
  readonly customerRealIp?: string | undefined;
}

/** Members of credit-spend. */
export type SpendRequest = SpenderName & SpendMembers;

/**
 * Deducts credit of a customer at once; the answer means that it is on disk. Refusals of the rules
 * (PUBLIC_CREDIT_IS_NOT_SUFFICIENT, PUBLIC_CREDIT_LIMIT_REACHED, PUBLIC_CUSTOMER_IS_BANNED,
 * INTERNAL_USER_MUST_BE_AUTHORIZED for a session that has ended, PUBLIC_IDEMPOTENCY_KEY_REUSED) are answers.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function spendCredit(
  services: Services,
  caller: Caller,
  spend: SpendRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const named = nameCustomer(services, caller, spend);
  // A session that is remembered, as most are, need not wait a turn.
  const customer = named instanceof Promise ? await named : named;
  return services.writer.submit(toSubmission(caller, customer, spend, request));
}

/** @returns the spend of a customer who is named, ready for the writer. One of a batch is the same request. */
export function toSubmission(
  caller: Pick<Caller, 'author'>,
  named: NamedCustomer,
  { amount, description, customerRealIp }: SpendMembers,
  request: RequestContext,
): Submission {
  return {
    ...named,
    command: { kind: 'spend', amount, description, ip: customerRealIp },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, ['credit-spend', amount, description, customerRealIp]),
  };
}
