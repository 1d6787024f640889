import type { Customer, Referral } from '../store/customers.ts';
import { readBalance } from './read-balance.ts';
import type { Services } from './services.ts';
import { groupSlugOf } from './slug.ts';

/** A group that a customer belongs to. */
export interface ToldGroup {
  readonly name: string;
  readonly slug: string;
}

/** What the published API tells of a customer; what is unknown is null. */
export interface ToldCustomer {
  readonly cuRefNo: string;
  /** Credits, less debt; what is due is booked first. */
  readonly creditBalance: number;
  /** What open holds reserve. */
  readonly held: number;
  /** What can be spent: the balance less what is held, plus what may be owed. */
  readonly available: number;
  readonly email: string;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly companyName: string | null;
  readonly premium: boolean;
  readonly ban: boolean;
  readonly groups: readonly ToldGroup[];
  readonly meta: Readonly<Record<string, unknown>>;
  readonly referral: Referral | null;
  readonly runningSubscriptionList: readonly unknown[];
}

/** Members of a profile beyond those. */
export type MoreProfile = Pick<
  Customer,
  | 'name'
  | 'companyRegistrationNumber'
  | 'taxIdentificationNumber'
  | 'streetAddress'
  | 'city'
  | 'cityPart'
  | 'stateRegion'
  | 'postalCode'
  | 'country'
  | 'newsletter'
  | 'primaryLocale'
>;

/**
 * Tells a customer with its credit as it is now.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function tellCustomer(services: Services, customer: Customer): Promise<ToldCustomer> {
  const { creditBalance, held, available, banned } = await readBalance(services, customer.accountId);
  const { cuRefNo, email, phone, firstName, lastName, companyName, premium, meta, referral } = customer;
  return {
    cuRefNo,
    creditBalance,
    held,
    available,
    email,
    phone,
    firstName,
    lastName,
    companyName,
    premium,
    ban: banned,
    groups: toGroupsTold(customer.groups),
    meta,
    referral,
    runningSubscriptionList: [],
  };
}

/** @returns the groups with the slugs that follow from their names. */
export function toGroupsTold(names: readonly string[]): ToldGroup[] {
  return names.map((name) => ({ name, slug: groupSlugOf(name) }));
}

/** @returns the rest of a profile. */
export function tellMoreProfile(customer: Customer): MoreProfile {
  const { name, companyRegistrationNumber, taxIdentificationNumber, streetAddress, city, cityPart } =
    customer;
  const { stateRegion, postalCode, country, newsletter, primaryLocale } = customer;
  return {
    ...{ name, companyRegistrationNumber, taxIdentificationNumber, streetAddress, city, cityPart },
    ...{ stateRegion, postalCode, country, newsletter, primaryLocale },
  };
}
