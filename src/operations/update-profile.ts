import { Refusal } from '../refusals.ts';
import { findCustomerByEmail, readCustomer } from '../store/customers.ts';
import { inTransaction } from '../store/database.ts';
import { lockLoginState } from '../store/passwords.ts';
import { applyProfile, normaliseProfile, type ProfileRequest } from './customer-profile.ts';
import { normaliseEmail } from './email-address.ts';
import type { Caller, Services } from './services.ts';

/**
 * Changes those members of a customer's profile that are named. The e-mail address chooses the customer and stays.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED, INTERNAL_RESOURCE_NOT_FOUND.
 */
export async function updateProfile(
  services: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  { email, ...request }: ProfileRequest & { readonly email: string },
): Promise<{ success: true }> {
  return inTransaction(services.database, async (tx) => {
    const found = await findCustomerByEmail(tx, ledgerId, normaliseEmail(email) ?? '');
    // Under the lock: one who is just being erased gets nothing new.
    const state = found && (await lockLoginState(tx, found.accountId));
    const customer = found && (await readCustomer(tx, found.accountId));
    const profile = normaliseProfile(request, customer?.country);
    if (!customer || state?.isErased) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    await applyProfile(tx, customer.accountId, profile);
    return { success: true };
  });
}
