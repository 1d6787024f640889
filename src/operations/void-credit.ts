import type { Command } from '../ledger/command.ts';
import type { NamedObject } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';
import { submitOnNamed } from './submit-on-named.ts';

/** Members of credit-void. */
export interface VoidRequest {
  readonly transactionId: string;
  readonly description?: string | undefined;
  /** Whether the customer owes what was used already; false unless given. */
  readonly debt?: boolean | undefined;
}

/**
 * Takes back what is free of a grant or of a positive adjustment, and with `debt` lets the customer owe what was
 * used of it (rule 8). PUBLIC_CREDIT_REFUND_TOO_LARGE and PUBLIC_CREDIT_TOO_LARGE are answers.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND (a transaction of another kind included) and what the writer throws.
 */
export function voidCredit(
  services: Services,
  caller: Caller,
  { transactionId, description, debt = false }: VoidRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const members = ['credit-void', debt, description] as const;
  const toCommand = ({ seq, attempt }: NamedObject): Command => ({
    kind: 'void',
    seq,
    attempt,
    debt,
    description,
  });
  return submitOnNamed(services, caller, { id: transactionId, kind: 'entry', members, toCommand }, request);
}
