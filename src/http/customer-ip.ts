import ipaddr from 'ipaddr.js';

const LOOPBACK = '127.0.0.1';

/** Published: these mean the machine itself. */
const MEANS_LOOPBACK = new Set(['', '::1', '0.0.0.0', 'localhost']);

/**
 * @returns the address in its one canonical form, or undefined where the text is no IP address. Octal, hexadecimal
 *   and short forms of IPv4, and zone ids, are refused: others would read them differently.
 */
export function normaliseCustomerIp(text: string): string | undefined {
  if (MEANS_LOOPBACK.has(text)) return LOOPBACK;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    const mapped = address.toIPv4Address().toString();
    return mapped === '0.0.0.0' ? LOOPBACK : mapped;
  }
  const canonical = address.toRFC5952String();
  return canonical === '::1' ? LOOPBACK : canonical;
}
