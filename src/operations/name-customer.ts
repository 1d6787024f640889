import { Refusal } from '../refusals.ts';
import { findCustomerByCuRefNo, findCustomerByEmail } from '../store/customers.ts';
import { normaliseEmail } from './email-address.ts';
import type { Caller, Services } from './services.ts';

/** The three ways to name a customer; exactly one is used. */
export type CustomerName =
  | { readonly identityId: string }
  | { readonly cuRefNo: string }
  | { readonly email: string };

/** A customer's account; with the session where a session names it, whose life is judged later. */
export interface NamedCustomer {
  readonly accountId: number;
  readonly sessionId?: number;
}

/**
 * Finds the customer of this ledger.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED for an identity that is nobody's in this ledger,
 *   INTERNAL_RESOURCE_NOT_FOUND for a reference or e-mail that is.
 */
export async function nameCustomer(
  services: Pick<Services, 'database' | 'sessionNames'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  name: CustomerName,
): Promise<NamedCustomer> {
  if ('identityId' in name) return nameSession(services, ledgerId, name.identityId);
  const { pool } = services.database;
  const customer =
    'cuRefNo' in name
      ? await findCustomerByCuRefNo(pool, ledgerId, name.cuRefNo)
      : await findCustomerByEmail(pool, ledgerId, normaliseEmail(name.email) ?? '');
  if (!customer) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return { accountId: customer.accountId };
}

/** @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED */
export async function nameSession(
  { sessionNames }: Pick<Services, 'sessionNames'>,
  ledgerId: number,
  identityId: string,
): Promise<Required<NamedCustomer>> {
  const session = await sessionNames.find(identityId);
  if (session?.ledgerId !== ledgerId) throw new Refusal('INTERNAL_USER_MUST_BE_AUTHORIZED');
  return session;
}
