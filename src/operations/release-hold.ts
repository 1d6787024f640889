import type { Command } from '../ledger/command.ts';
import type { NamedObject } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';
import { submitOnNamed } from './submit-on-named.ts';

/**
 * Ends a hold without taking anything (rule 7). PUBLIC_CREDIT_HOLD_HAS_ENDED is an answer.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export function releaseHold(
  services: Services,
  caller: Caller,
  { holdId }: { readonly holdId: string },
  request: RequestContext,
): Promise<DecidedAnswer> {
  const members = ['credit-release'] as const;
  const toCommand = ({ seq, attempt }: NamedObject): Command => ({ kind: 'release', hold: seq, attempt });
  return submitOnNamed(services, caller, { id: holdId, kind: 'hold', members, toCommand }, request);
}
