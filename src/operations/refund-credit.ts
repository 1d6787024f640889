import type { Micro } from '../ledger/amount.ts';
import type { Command } from '../ledger/command.ts';
import type { NamedObject } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';
import { submitOnNamed } from './submit-on-named.ts';

/** Members of credit-refund, decoded. */
export interface RefundRequest {
  readonly transactionId: string;
  /** Above 0; without it all that is left is given back. */
  readonly amount?: Micro | undefined;
  readonly description?: string | undefined;
}

/**
 * Gives back what a spend or a capture took, whole or in part (rule 8). PUBLIC_CREDIT_REFUND_TOO_LARGE and
 * PUBLIC_CREDIT_TOO_LARGE are answers.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND (a transaction of another kind included) and what the writer throws.
 */
export function refundCredit(
  services: Services,
  caller: Caller,
  { transactionId, amount, description }: RefundRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const members = ['credit-refund', amount, description] as const;
  const toCommand = ({ seq, attempt }: NamedObject): Command => ({
    kind: 'refund',
    seq,
    attempt,
    amount,
    description,
  });
  return submitOnNamed(services, caller, { id: transactionId, kind: 'entry', members, toCommand }, request);
}
