import { randomUUID } from 'node:crypto';
import type { Micro } from '../ledger/amount.ts';
import type { Command } from '../ledger/command.ts';
import { readBan } from '../store/customers.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import type { Caller, DecidedAnswer, Services } from './services.ts';

/** How an operator names a customer: never by a session. */
export type NamedByOperator = Exclude<CustomerName, { readonly identityId: string }>;

/** The limits that are to change; those left out stay as they are. Amounts are 0 or more. */
export interface LimitsRequest {
  readonly customer: NamedByOperator;
  /** How far the customer may go into debt; what is owed already stays. */
  readonly debtLimit?: Micro | undefined;
  /** Use of a month above which an event is written; 0 takes it off. */
  readonly monthlySoftLimit?: Micro | undefined;
  /** Use of a month that nothing may go beyond; 0 takes it off. */
  readonly monthlyHardLimit?: Micro | undefined;
  /** The balance below which an event is written; null takes the mark off. */
  readonly lowBalance?: Micro | null | undefined;
  readonly reason?: string | undefined;
}

/**
 * Sets limits of a customer (rules 4 and 6).
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export function setLimits(
  services: Services,
  caller: Caller,
  change: LimitsRequest,
  requestId: string = randomUUID(),
): Promise<DecidedAnswer> {
  const { customer, debtLimit, monthlySoftLimit, monthlyHardLimit, lowBalance, reason } = change;
  const [softLimit, hardLimit] = [monthlySoftLimit, monthlyHardLimit];
  const command: Command = { kind: 'set-limits', debtLimit, softLimit, hardLimit, lowBalance, reason };
  return submitChange(services, caller, customer, command, requestId);
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
): Promise<DecidedAnswer> {
  const { customer, banned, reason } = change;
  return submitChange(services, caller, customer, { kind: 'set-ban', banned, reason }, randomUUID());
}

/**
 * Bans a customer or lifts the ban, as an operator's list of customers does.
 *
 * @param change.banned without it, the other of what is now.
 * @returns whether the customer is banned now.
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function blockContact(
  services: Services,
  caller: Caller,
  change: {
    readonly customer: NamedByOperator;
    readonly banned?: boolean | undefined;
    readonly reason?: string | undefined;
  },
): Promise<{ success: true; blocked: boolean }> {
  const { customer, reason } = change;
  const { accountId } = await nameCustomer(services, caller, customer);
  const banned = change.banned ?? !(await readBan(services.database.pool, accountId));
  const { status, body } = await setBan(services, caller, { customer, banned, reason });
  if (status !== 200) throw new Error(`A ban was refused: ${body}`);
  return { success: true, blocked: banned };
}

async function submitChange(
  services: Services,
  caller: Caller,
  customer: NamedByOperator,
  command: Command,
  requestId: string,
): Promise<DecidedAnswer> {
  const named = await nameCustomer(services, caller, customer);
  return services.writer.submit({ ...named, command, author: caller.author, requestId });
}
