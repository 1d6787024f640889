import { randomAlphanumerics } from '../ids.ts';
import { type Fault, validationFailed } from '../refusals.ts';
import {
  type FoundCustomer,
  findCustomerByCuRefNo,
  findCustomerByEmail,
  insertCustomer,
} from '../store/customers.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { normaliseEmail } from './email-address.ts';
import type { Caller, Services } from './services.ts';

/** Who a customer is. An empty name counts as none. */
export interface CustomerRequest {
  readonly email: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly companyName?: string | undefined;
  /** The cuRefNo of the customer of the same ledger who brought this one; an unknown one is ignored. */
  readonly referralId?: string | undefined;
}

/** The customer of that e-mail, and whether this call made it. */
export interface CreatedCustomer extends FoundCustomer {
  readonly email: string;
  readonly isNew: boolean;
}

const MAX_NAME_LENGTH = 200;

/**
 * Creates the customer of this e-mail with an empty account, or returns the one that is there, unchanged.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no e-mail address, a name that is too long.
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
 * Brings the members into the form in which they are stored.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED as createCustomer.
 */
export function checkCustomer(request: CustomerRequest): CustomerRequest {
  const faults: Fault[] = [];
  const email = normaliseEmail(request.email);
  if (email === undefined) faults.push({ pointer: '/email', message: 'must be an e-mail address' });
  const nameOf = (member: 'firstName' | 'lastName' | 'companyName') => {
    const name = request[member]?.trim() || undefined;
    if ((name?.length ?? 0) > MAX_NAME_LENGTH) {
      faults.push({ pointer: `/${member}`, message: `must have at most ${MAX_NAME_LENGTH} characters` });
    }
    return name;
  };
  const names = {
    firstName: nameOf('firstName'),
    lastName: nameOf('lastName'),
    companyName: nameOf('companyName'),
  };
  if (email === undefined || faults.length > 0) throw validationFailed(faults);
  return { ...names, email, referralId: request.referralId };
}

/**
 * The part of createCustomer inside a transaction, for checked members. Of two calls at once for one new e-mail
 * the second waits for the first and finds its customer.
 */
export async function findOrInsertCustomer(
  tx: Transaction,
  ledgerId: number,
  { email, firstName, lastName, companyName, referralId }: CustomerRequest,
): Promise<CreatedCustomer> {
  const existing = await findCustomerByEmail(tx, ledgerId, email);
  if (existing) return { ...existing, email, isNew: false };
  const referral =
    referralId === undefined ? undefined : await findCustomerByCuRefNo(tx, ledgerId, referralId);
  const cuRefNo = randomAlphanumerics(16);
  const referralAccountId = referral?.accountId;
  const accountId = await insertCustomer(tx, {
    ledgerId,
    cuRefNo,
    email,
    firstName,
    lastName,
    companyName,
    referralAccountId,
  });
  if (accountId !== undefined) return { accountId, cuRefNo, email, isNew: true };
  const twin = await findCustomerByEmail(tx, ledgerId, email);
  if (!twin) throw new Error('The customer that prevented an insert is not there.');
  return { ...twin, email, isNew: false };
}
