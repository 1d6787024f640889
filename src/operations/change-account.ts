import { randomUUID } from 'node:crypto';
import type { Micro } from '../ledger/amount.ts';
import type { Command } from '../ledger/command.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import type { Caller, Services } from './services.ts';

/** How an operator names a customer: never by a session. */
export type NamedByOperator = Exclude<CustomerName, { readonly identityId: string }>;

/**
 * Sets how far a customer may go into debt, 0 or more; what is owed already stays.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export function setDebtLimit(
  services: Services,
  caller: Caller,
  change: {
    readonly customer: NamedByOperator;
    readonly debtLimit: Micro;
    readonly reason?: string | undefined;
  },
): Promise<void> {
  const { customer, debtLimit, reason } = change;
  return submitChange(services, caller, customer, { kind: 'set-debt-limit', debtLimit, reason });
}

/**
 * Bans a customer or lifts the ban. It counts for every request that starts afterwards, on every process.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export function setBan(
  services: Services,
  caller: Caller,
  change: {
    readonly customer: NamedByOperator;
    readonly banned: boolean;
    readonly reason?: string | undefined;
  },
): Promise<void> {
  const { customer, banned, reason } = change;
  return submitChange(services, caller, customer, { kind: 'set-ban', banned, reason });
}

async function submitChange(
  services: Services,
  caller: Caller,
  customer: NamedByOperator,
  command: Command,
): Promise<void> {
  const named = await nameCustomer(services, caller, customer);
  await services.writer.submit({ ...named, command, author: caller.author, requestId: randomUUID() });
}
