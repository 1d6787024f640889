import ipaddr from 'ipaddr.js';
import { isIpv4, isIpv6 } from '../ip/address.ts';

const LOOPBACK = '127.0.0.1';

/** Published: these mean the machine itself. */
const MEANS_LOOPBACK = new Set(['', '::1', '0.0.0.0', 'localhost']);

/**
 * @returns the address in its one canonical form, or undefined where the text is no IP address. Octal, hexadecimal
 *   and short forms of IPv4, and zone ids, are refused: others would read them differently.
 */
export function normaliseCustomerIp(text: string): string | undefined {
  if (MEANS_LOOPBACK.has(text)) return LOOPBACK;
  if (isIpv4(text)) return text;
  if (!isIpv6(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    const mapped = address.toIPv4Address().toString();
    return mapped === '0.0.0.0' ? LOOPBACK : mapped;
  }
  const canonical = address.toRFC5952String();
  return canonical === '::1' ? LOOPBACK : canonical;
}
