import ipaddr from 'ipaddr.js';

/** How many bits of an address name its network. */
export interface PrefixLengths {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** @param ip in its canonical form. @returns the network that it lies in, such as `2001:db8::/64`. */
export function networkOf(ip: string, lengths: PrefixLengths): string {
  const address = ipaddr.parse(ip);
  const length = lengths[address.kind()];
  const network = ipaddr[address.kind() === 'ipv4' ? 'IPv4' : 'IPv6'].networkAddressFromCIDR(
    `${ip}/${length}`,
  );
  return `${network.toString()}/${length}`;
}
