import { hashIdempotency } from './idempotency.ts';
import { nameByPublicId } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/**
 * Ends a hold without taking anything (rule 7). PUBLIC_CREDIT_HOLD_HAS_ENDED is an answer.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function releaseHold(
  services: Services,
  caller: Caller,
  { holdId }: { readonly holdId: string },
  request: RequestContext,
): Promise<DecidedAnswer> {
  const { accountId, ledgerId, seq, attempt } = await nameByPublicId(services, caller, holdId, 'hold');
  return services.writer.submit({
    accountId,
    ledgerId,
    command: { kind: 'release', hold: seq, attempt },
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, ['credit-release', holdId]),
  });
}
