import type { Micro } from '../ledger/amount.ts';
import type { Command } from '../ledger/command.ts';
import type { NamedObject } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';
import { submitOnNamed } from './submit-on-named.ts';

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
export function extendHold(
  services: Services,
  caller: Caller,
  { holdId, addAmount, expiresIn }: ExtendRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const expiresInMs = expiresIn === undefined ? undefined : expiresIn * 1000;
  const members = ['credit-extend', addAmount, expiresIn] as const;
  const toCommand = ({ seq, attempt }: NamedObject): Command => ({
    kind: 'extend',
    hold: seq,
    attempt,
    addAmount,
    expiresInMs,
  });
  return submitOnNamed(services, caller, { id: holdId, kind: 'hold', members, toCommand }, request);
}
