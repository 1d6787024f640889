import type { Command } from '../ledger/command.ts';
import { hashIdempotency } from './idempotency.ts';
import { type NamedObject, nameByPublicId } from './name-customer.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** A command on an entry or a hold that the request names by its public id. */
export interface NamedRequest {
  readonly id: string;
  readonly kind: 'entry' | 'hold';
  /** The operation's name and its other members, defaults filled in: what makes a repeated request the same. */
  readonly members: readonly [
    operation: string,
    ...values: (string | number | bigint | boolean | undefined)[],
  ];
  readonly toCommand: (named: NamedObject) => Command;
}

/**
 * Submits a command for the customer whose entry or hold is named.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function submitOnNamed(
  services: Services,
  caller: Caller,
  { id, kind, members: [operation, ...values], toCommand }: NamedRequest,
  request: RequestContext,
): Promise<DecidedAnswer> {
  const named = await nameByPublicId(services, caller, id, kind);
  const { accountId, ledgerId } = named;
  return services.writer.submit({
    accountId,
    ledgerId,
    command: toCommand(named),
    holdId: kind === 'hold' ? id : undefined,
    author: caller.author,
    requestId: request.requestId,
    idempotency: hashIdempotency(request, [operation, id, ...values]),
  });
}
