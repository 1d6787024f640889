import { Refusal } from '../refusals.ts';
import { findCustomerByCuRefNo, findCustomerByEmail } from '../store/customers.ts';
import type { NamedSession } from '../store/session-names.ts';
import { normaliseEmail } from './email-address.ts';
import type { Caller, Services } from './services.ts';

/** A customer by its session, or by its reference where the key may name any customer. */
export type SpenderName = { readonly identityId: string } | { readonly cuRefNo: string };

/** The three ways to name a customer; exactly one is used. */
export type CustomerName = SpenderName | { readonly email: string };

/** A customer's account; with the session where a session names it, whose life is judged later. */
export interface NamedCustomer {
  readonly accountId: number;
  readonly ledgerId: number;
  readonly sessionId?: number;
}

/** What a public id names: an account of the caller's ledger, and there an entry's seq or a hold's number. */
export interface NamedObject {
  readonly accountId: number;
  readonly ledgerId: number;
  readonly seq: number;
  /** The attempt that wrote it; another one's under the same number is not meant. */
  readonly attempt: number;
}

/**
 * Finds the customer of this ledger; at once where its session is remembered, since every spend asks.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED for an identity that is nobody's in this ledger,
 *   INTERNAL_RESOURCE_NOT_FOUND for a reference or e-mail that is.
 */
export function nameCustomer(
  services: Pick<Services, 'database' | 'sessionNames'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  name: CustomerName,
): NamedCustomer | Promise<NamedCustomer> {
  if (!('identityId' in name)) return findCustomer(services, ledgerId, name);
  const session = services.sessionNames.find(name.identityId);
  if (!(session instanceof Promise)) return checkSession(session, ledgerId);
  return session.then((found) => checkSession(found, ledgerId));
}

function checkSession(session: NamedSession | undefined, ledgerId: number): NamedSession {
  if (session?.ledgerId !== ledgerId) throw new Refusal('INTERNAL_USER_MUST_BE_AUTHORIZED');
  return session;
}

async function findCustomer(
  { database: { pool } }: Pick<Services, 'database'>,
  ledgerId: number,
  name: Exclude<CustomerName, { readonly identityId: string }>,
): Promise<NamedCustomer> {
  const customer =
    'cuRefNo' in name
      ? await findCustomerByCuRefNo(pool, ledgerId, name.cuRefNo)
      : await findCustomerByEmail(pool, ledgerId, normaliseEmail(name.email) ?? '');
  if (!customer) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return { accountId: customer.accountId, ledgerId };
}

/**
 * Finds the account that a transaction id or a hold id names. Whether there is such an entry or hold is judged by
 * whoever reads it; an id of the other kind, one of another ledger and one that nobody gave out look the same.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND
 */
export async function nameByPublicId(
  { ids, accountLedgers }: Pick<Services, 'ids' | 'accountLedgers'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  id: string,
  kind: 'entry' | 'hold',
): Promise<NamedObject> {
  const name = await ids.decodeSoon(id);
  const isMeant = name !== undefined && (name.isHold ?? false) === (kind === 'hold');
  if (!isMeant || (await accountLedgers.find(name.accountId)) !== ledgerId) {
    throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  }
  const { accountId, seq, attempt } = name;
  return { accountId, ledgerId, seq, attempt };
}
