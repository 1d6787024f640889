import type { IpContext } from '../ip/context.ts';
import { validationFailed } from '../refusals.ts';
import type { Services } from './services.ts';

/**
 * Says what is known of an address now.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED for a text that is no IP address.
 */
export async function lookUpIp(
  { ipLookup }: Pick<Services, 'ipLookup'>,
  { ip }: { readonly ip: string },
): Promise<{ readonly success: true } & IpContext> {
  const context = await ipLookup.lookUp(ip);
  if (!context) throw validationFailed([{ pointer: '/ip', message: 'must be an IPv4 or IPv6 address' }]);
  return { success: true, ...context };
}
