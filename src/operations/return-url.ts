import { validationFailed } from '../refusals.ts';
import { findOrganisationOfLedger, type Organisation } from '../store/organisations.ts';
import type { Services } from './services.ts';

/**
 * Checks that an address leads to an origin which the organisation has listed, so that no link of ours can be made
 * to lead elsewhere.
 *
 * @param pointer of the member that has it, such as /returnUrl.
 * @returns the address as the URL standard writes it: what was judged is what is kept.
 * @throws Refusal INTERNAL_VALIDATION_FAILED
 */
export async function checkReturnUrl(
  { database }: Pick<Services, 'database'>,
  ledgerId: number,
  url: string,
  pointer: string,
): Promise<string> {
  const parsed = URL.parse(url.trim());
  if (
    parsed === null ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.password !== ''
  ) {
    const message = 'must be an address that begins with https:// or http://, without a user name';
    throw validationFailed([{ pointer, message }]);
  }
  const organisation = await findOrganisationOfLedger(database.pool, ledgerId);
  if (organisation?.origins.includes(parsed.origin)) return parsed.href;
  const message = `must lead to an origin that the organisation has listed; ${parsed.origin} is none`;
  throw validationFailed([{ pointer, message }]);
}

/**
 * @param url as checkReturnUrl gave it, some time ago.
 * @returns it where its origin is still listed: one that was taken off the list is led to no more.
 */
export function stillListed(
  organisation: Pick<Organisation, 'origins'> | undefined,
  url: string | null,
): string | null {
  const origin = URL.parse(url ?? '')?.origin;
  return origin !== undefined && organisation?.origins.includes(origin) ? url : null;
}

/** @returns the origin, such as https://shop.example.com, or undefined where the text is not one origin. */
export function normaliseOrigin(text: string): string | undefined {
  const url = URL.parse(text.trim());
  if (url === null || !/^https?:$/.test(url.protocol) || text.includes('?')) return undefined;
  // Whoever writes a star means many; addresses are compared with each origin as it stands.
  const isOne = url.href === `${url.origin}/` && !url.host.includes('*');
  return isOne ? url.origin : undefined;
}
