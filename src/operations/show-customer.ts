import { fromMicro } from '../ledger/amount.ts';
import { Refusal } from '../refusals.ts';
import { readCustomerLimits } from '../store/customer-limits.ts';
import { type Customer, readCustomer } from '../store/customers.ts';
import { countLivingSessions } from '../store/sessions.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import { readBalance } from './read-balance.ts';
import type { Caller, Services } from './services.ts';

/** A customer with its credit, as an operator sees it; credits as JSON numbers. */
export interface ShownCustomer extends Omit<Customer, 'accountId' | 'ledgerId' | 'managedByAccountId'> {
  readonly creditBalance: number;
  readonly held: number;
  readonly available: number;
  readonly debt: number;
  readonly debtLimit: number;
  /** Of a month; 0 is none. */
  readonly monthlySoftLimit: number;
  readonly monthlyHardLimit: number;
  /** The balance below which an event is written; null is none. */
  readonly lowBalance: number | null;
  readonly ban: boolean;
  /** How many logins live. */
  readonly sessions: number;
}

/**
 * Reads all about one customer; what is due is booked first.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: the ledger has no such customer;
 *   INTERNAL_USER_MUST_BE_AUTHORIZED: the identity is no living session.
 */
export async function showCustomer(
  services: Services,
  caller: Caller,
  name: CustomerName,
): Promise<ShownCustomer> {
  const { accountId } = await nameCustomer(services, caller, name);
  const { pool } = services.database;
  const customer = await readCustomer(pool, accountId);
  if (!customer) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  const { creditBalance, held, available, debt, debtLimit, banned } = await readBalance(services, accountId);
  const { softLimit, hardLimit, lowBalance } = await readCustomerLimits(pool, accountId);
  const sessions = await countLivingSessions(pool, accountId);
  const { accountId: _, ledgerId: __, managedByAccountId: ___, ...profile } = customer;
  return {
    ...profile,
    ...{ creditBalance, held, available, debt, debtLimit },
    monthlySoftLimit: fromMicro(softLimit),
    monthlyHardLimit: fromMicro(hardLimit),
    lowBalance: lowBalance === null ? null : fromMicro(lowBalance),
    ...{ ban: banned, sessions },
  };
}
