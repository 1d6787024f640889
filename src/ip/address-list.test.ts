import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAddress } from './address.ts';
import { AddressListError, parseAddressList } from './address-list.ts';

function has(list: string, ip: string): boolean | undefined {
  const known = describeAddress(ip);
  return known && parseAddressList(list).has(known.target);
}

const LIST = `# exits, as of today
198.51.100.7
203.0.113.0/24 ; a network
192.0.2.10 - 192.0.2.20
2001:db8::/32
2001:db9::5-2001:db9::9\r
203.0.113.128/25

0.0.0.0/32
255.255.255.255
`;

test('a list holds its addresses, networks and ranges, and nothing beside them', () => {
  for (const ip of ['198.51.100.7', '203.0.113.0', '203.0.113.255', '192.0.2.10', '192.0.2.20'])
    assert.equal(has(LIST, ip), true, ip);
  for (const ip of ['2001:db8::', '2001:db8:ffff::1', '2001:db9::7', '255.255.255.255', '0.0.0.0'])
    assert.equal(has(LIST, ip), true, ip);
  for (const ip of ['198.51.100.6', '203.0.112.255', '203.0.114.0', '192.0.2.9', '192.0.2.21', '2001:db9::a'])
    assert.equal(has(LIST, ip), false, ip);
  assert.equal(parseAddressList(LIST).size, 7);
});

test('a list with a line that is none of these is refused as a whole', () => {
  for (const line of [
    'nobody',
    '1.1.1.1/33',
    '1.1.1.9-1.1.1.1',
    '1.1.1.1-::1',
    '::1/129',
    '1.1.1.1/24-1.1.2.1',
  ])
    assert.throws(() => parseAddressList(`1.1.1.1\n${line}\n`), AddressListError, line);
  assert.throws(() => parseAddressList('1.1.1.1\nx'), /^AddressListError: Line 2 /);
});
