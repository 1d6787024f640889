import type { Caller, Services } from './services.ts';

/** Published: whose address was confirmed, and where the person wanted to go on. */
export interface VerifiedRegistration {
  readonly success: true;
  readonly email: string;
  readonly returnUrl?: string | undefined;
}

/**
 * Uses the link of a confirmation mail, once: the address is confirmed, and the password and the profile of that registration count.
 *
 * @param caller the ledger that the link must be of; undefined on pages for people, whose link is all they have.
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: unknown, used, expired, of another ledger. PUBLIC_CUSTOMER_IS_BANNED.
 */
export async function verifyRegistration(
  _services: Pick<Services, 'database'>,
  _caller: Pick<Caller, 'ledgerId'> | undefined,
  _request: { readonly token: string },
): Promise<VerifiedRegistration> {
  throw new Error('not built yet');
}
