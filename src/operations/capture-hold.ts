import type { Micro } from '../ledger/amount.ts';
import type { Command } from '../ledger/command.ts';
import { validationFailed } from '../refusals.ts';
import type { NamedObject } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';
import { submitOnNamed } from './submit-on-named.ts';

/** Members of credit-capture, decoded. */
export interface CaptureRequest {
  readonly holdId: string;
  /** 0 or more; 0 only where it is final. */
  readonly amount: Micro;
  /** Whether it ends the hold; true unless given. */
  readonly final?: boolean | undefined;
  readonly description?: string | undefined;
}

/**
 * Takes credit out of a hold (rule 7). Within what the hold reserves it never fails; what lies beyond is judged as
 * credit-spend is, and PUBLIC_CREDIT_HOLD_HAS_ENDED and those refusals are answers.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED (a capture of 0 that is not final), INTERNAL_RESOURCE_NOT_FOUND and
 *   what the writer throws.
 */
export async function captureHold(
  services: Services,
  caller: Caller,
  { holdId, amount, final = true, description }: CaptureRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  if (amount === 0n && !final) {
    throw validationFailed([{ pointer: '/amount', message: 'must be greater than 0 while final is false' }]);
  }
  const members = ['credit-capture', amount, final, description] as const;
  const toCommand = ({ seq, attempt }: NamedObject): Command => ({
    kind: 'capture',
    hold: seq,
    attempt,
    amount,
    final,
    description,
  });
  return submitOnNamed(services, caller, { id: holdId, kind: 'hold', members, toCommand }, request);
}
