import { Refusal } from '../refusals.ts';
import { findCustomerByCuRefNo, readCustomer } from '../store/customers.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';
import { type MoreProfile, type ToldCustomer, tellCustomer, tellMoreProfile } from './told-customer.ts';

/** The published members, and the rest of the profile. */
export interface CustomerDetail extends ToldCustomer, MoreProfile {
  readonly loggedIn: true;
}

/**
 * Tells a logged-in customer about itself, or about one that it manages.
 *
 * @param request.identityId whoever asks.
 * @param request.cuRefNo who is asked about.
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED; PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED, also for one that nobody
 *   is; and what the writer throws.
 */
export async function customerDetail(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  request: { readonly identityId: string; readonly cuRefNo: string },
): Promise<CustomerDetail> {
  const { pool } = services.database;
  const asking = await nameCustomerForReading(services, caller, { identityId: request.identityId });
  const found = await findCustomerByCuRefNo(pool, caller.ledgerId, request.cuRefNo);
  const customer = found && (await readCustomer(pool, found.accountId));
  const isPermitted =
    customer?.accountId === asking.accountId || customer?.managedByAccountId === asking.accountId;
  if (!customer || !isPermitted) throw new Refusal('PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED');
  return { loggedIn: true, ...(await tellCustomer(services, customer)), ...tellMoreProfile(customer) };
}
