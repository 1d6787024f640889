import type { Micro } from '../ledger/amount.ts';
import { hashIdempotency } from './idempotency.ts';
import { nameByPublicId } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** Members of credit-extend, decoded; at least one of the last two is there. */
export interface ExtendRequest {
  readonly holdId: string;
  /** Above 0. */
  readonly addAmount?: Micro | undefined;
  /** Whole seconds from now, 1 to 604,800; never shortens. */
  readonly expiresIn?: number | undefined;
}

/**
 * Lets a hold reserve more, last longer, or both (rule 7). PUBLIC_CREDIT_HOLD_HAS_ENDED and, for what is added,
 * the refusals of credit-spend are answers.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function extendHold(
  services: Services,
  caller: Caller,
  { holdId, addAmount, expiresIn }: ExtendRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const { accountId, ledgerId, seq, attempt } = await nameByPublicId(services, caller, holdId, 'hold');
  const expiresInMs = expiresIn === undefined ? undefined : expiresIn * 1000;
  return services.writer.submit({
    accountId,
    ledgerId,
    command: { kind: 'extend', hold: seq, attempt, addAmount, expiresInMs },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, ['credit-extend', holdId, addAmount, expiresIn]),
  });
}
