import type { Micro } from '../ledger/amount.ts';
import { hashIdempotency } from './idempotency.ts';
import { nameCustomer, type SpenderName } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** Seconds that a hold stays open unless its request says otherwise (rule 7). */
export const DEFAULT_HOLD_SECONDS = 900;

/** No hold is open for longer, counted from its creation, in seconds. */
export const LONGEST_HOLD_SECONDS = 604_800;

/** Members of credit-hold, decoded; `amount` above 0. */
export type HoldRequest = SpenderName & HoldMembers;

interface HoldMembers {
  readonly amount: Micro;
  /** Whole seconds, 1 to 604,800. */
  readonly expiresIn?: number | undefined;
  readonly description?: string | undefined;
  /** Normalised. */
  readonly customerRealIp?: string | undefined;
}

/**
 * Sets credit aside for a job that is running (rule 7). What credit-spend refuses, this refuses too, as an answer.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function holdCredit(
  services: Services,
  caller: Caller,
  hold: HoldRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const { amount, expiresIn = DEFAULT_HOLD_SECONDS, description, customerRealIp } = hold;
  const named = await nameCustomer(services, caller, hold);
  return services.writer.submit({
    ...named,
    command: { kind: 'hold', amount, expiresInMs: expiresIn * 1000, description, ip: customerRealIp },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, ['credit-hold', amount, expiresIn, description, customerRealIp]),
  });
}
