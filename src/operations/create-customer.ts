import { randomAlphanumerics } from '../ids.ts';
import { Refusal, validationFailed } from '../refusals.ts';
import {
  applyProfile,
  type FoundCustomer,
  findCustomerByCuRefNo,
  findCustomerByEmail,
  insertCustomer,
  readCustomer,
} from '../store/customers.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { normaliseProfile, type Profile, type ProfileRequest } from './customer-profile.ts';
import { normaliseEmail } from './email-address.ts';
import type { Caller, Services } from './services.ts';
import { type MoreProfile, type ToldCustomer, tellCustomer, tellMoreProfile } from './told-customer.ts';

/** Who a customer is; of its profile only what is said when it is made. */
export interface CustomerRequest extends ProfileRequest {
  readonly email: string;
  /** The cuRefNo of the customer of the same ledger who brought this one; an unknown one is ignored. */
  readonly referralId?: string | undefined;
}

/** The same in the form in which it is stored. */
export interface CheckedCustomer {
  readonly email: string;
  readonly profile: Profile;
  readonly referralId: string | undefined;
}

/** The customer of that e-mail, and whether this call made it. */
export interface CreatedCustomer extends FoundCustomer {
  readonly email: string;
  readonly isNew: boolean;
}

/**
 * Creates the customer of this e-mail with an empty account, or returns the one that is there, unchanged.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no e-mail address, and what normaliseProfile refuses.
 */
export async function createCustomer(
  services: Pick<Services, 'database'>,
  caller: Pick<Caller, 'ledgerId'>,
  request: CustomerRequest,
): Promise<CreatedCustomer> {
  const checked = checkCustomer(request);
  return inTransaction(services.database, (tx) => findOrInsertCustomer(tx, caller.ledgerId, checked));
}

/**
 * Creates the customer of this e-mail or finds the one that is there, and tells it whole.
 *
 * @throws Refusal as createCustomer, and what the writer throws.
 */
export async function createAndTellCustomer(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  request: CustomerRequest,
): Promise<{ readonly success: true; readonly isNew: boolean } & ToldCustomer & MoreProfile> {
  const { accountId, isNew } = await createCustomer(services, caller, request);
  const customer = await readCustomer(services.database.pool, accountId);
  if (!customer) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return { success: true, isNew, ...(await tellCustomer(services, customer)), ...tellMoreProfile(customer) };
}

/**
 * Brings the members into the form in which they are stored.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED as createCustomer.
 */
export function checkCustomer({ email: given, referralId, ...profile }: CustomerRequest): CheckedCustomer {
  const email = normaliseEmail(given);
  if (email === undefined) {
    throw validationFailed([{ pointer: '/email', message: 'must be an e-mail address' }]);
  }
  return { email, profile: normaliseProfile(profile), referralId };
}

/**
 * The part of createCustomer inside a transaction, for checked members. Of two calls at once for one new e-mail
 * the second waits for the first and finds its customer.
 */
export async function findOrInsertCustomer(
  tx: Transaction,
  ledgerId: number,
  { email, profile, referralId }: CheckedCustomer,
): Promise<CreatedCustomer> {
  const existing = await findCustomerByEmail(tx, ledgerId, email);
  if (existing) return { ...existing, email, isNew: false };
  const referral =
    referralId === undefined ? undefined : await findCustomerByCuRefNo(tx, ledgerId, referralId);
  const cuRefNo = randomAlphanumerics(16);
  const referralAccountId = referral?.accountId;
  const accountId = await insertCustomer(tx, { ledgerId, cuRefNo, email, referralAccountId });
  if (accountId !== undefined) {
    if (Object.keys(profile).length > 0) await applyProfile(tx, accountId, profile);
    return { accountId, cuRefNo, email, isNew: true };
  }
  const twin = await findCustomerByEmail(tx, ledgerId, email);
  if (!twin) throw new Error('The customer that prevented an insert is not there.');
  return { ...twin, email, isNew: false };
}
