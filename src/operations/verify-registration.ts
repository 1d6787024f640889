import { hashSecret } from '../ids.ts';
import { Refusal } from '../refusals.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { confirmEmail, lockLoginState, replacePassword } from '../store/passwords.ts';
import { findRegistration, setReferral, takeRegistration } from '../store/registrations.ts';
import { applyProfile, type Profile } from './customer-profile.ts';
import { stillListed } from './return-url.ts';
import type { Caller, Services } from './services.ts';
import { welcomeOwner } from './slow-guessing.ts';

/** Published: whose address was confirmed, and where the person wanted to go on. */
export interface VerifiedRegistration {
  readonly success: true;
  readonly email: string;
  /** Absent where none was given, or its origin is listed no more. */
  readonly returnUrl?: string;
}

/**
 * For who has opened the link of a confirmation mail and not used it yet.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: unknown or used.
 */
export async function requireRegistration(
  { database }: Pick<Services, 'database'>,
  token: string,
): Promise<void> {
  if ((await findRegistration(database.pool, hashSecret(token))) === undefined) throw notFound();
}

/**
 * Uses the link of a confirmation mail, once: the address is confirmed, and the password and the profile of that
 * registration count. All other waiting registrations and resets of the customer are gone.
 *
 * @param caller the ledger that the link must be of; undefined on pages for people, whose link is all they have.
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: unknown, used, expired, of another ledger.
 *   PUBLIC_CUSTOMER_IS_BANNED: the link works again once the ban is lifted.
 */
export function verifyRegistration(
  services: Pick<Services, 'database'>,
  caller: Pick<Caller, 'ledgerId'> | undefined,
  { token }: { readonly token: string },
): Promise<VerifiedRegistration> {
  const tokenHash = hashSecret(token);
  return inTransaction(services.database, async (tx) => {
    const state = await lockOwner(tx, tokenHash);
    if (!state || (caller && caller.ledgerId !== state.ledgerId)) throw notFound();
    const { accountId, ledgerId, email } = state;
    const registration = await takeRegistration(tx, tokenHash);
    if (!registration) throw notFound();
    if (state.banned) throw new Refusal('PUBLIC_CUSTOMER_IS_BANNED');
    const { passwordHash, profile, referralAccountId } = registration;
    if (!state.isConfirmed && referralAccountId !== undefined) {
      await setReferral(tx, accountId, referralAccountId);
    }
    await replacePassword(tx, accountId, passwordHash);
    await applyProfile(tx, accountId, profile as Profile);
    await confirmEmail(tx, accountId);
    await welcomeOwner(tx, { ledgerId, email, customerRealIp: undefined });
    const returnUrl = stillListed(await findOrganisationOfLedger(tx, ledgerId), registration.returnUrl);
    return { success: true, email, ...(returnUrl === null ? {} : { returnUrl }) };
  });
}

async function lockOwner(tx: Transaction, tokenHash: Buffer) {
  const accountId = await findRegistration(tx, tokenHash);
  return accountId === undefined ? undefined : lockLoginState(tx, accountId);
}

function notFound(): Refusal {
  return new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
}
