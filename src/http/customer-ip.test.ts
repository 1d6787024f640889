import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliseCustomerIp } from './customer-ip.ts';

test('the published words for the machine itself become 127.0.0.1', () => {
  for (const text of ['::1', '0.0.0.0', 'localhost', '', '0:0:0:0:0:0:0:1', '::ffff:0.0.0.0'])
    assert.equal(normaliseCustomerIp(text), '127.0.0.1', text);
});

test('an address is kept in one form', () => {
  assert.equal(normaliseCustomerIp('1.1.1.1'), '1.1.1.1');
  assert.equal(normaliseCustomerIp('2001:4860:4860::8888'), '2001:4860:4860::8888');
  assert.equal(normaliseCustomerIp('2001:4860:4860:0:0:0:0:8888'), '2001:4860:4860::8888');
  assert.equal(normaliseCustomerIp('2001:DB8::A'), '2001:db8::a');
  assert.equal(normaliseCustomerIp('::ffff:1.2.3.4'), '1.2.3.4');
  assert.equal(normaliseCustomerIp('::'), '::');
});

test('what is no IP address, or could be read in two ways, is refused', () => {
  const refused = [
    'unknown',
    '256.1.1.1',
    '1.1.1',
    '1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.1.1.1 ',
    ' 1.1.1.1',
    '1.1.1.1/24',
    '1.1.1.1:80',
    'fe80::1%eth0',
    '::g',
    ':::',
    '1::2::3',
    '[::1]',
    '::ffff:010.0.0.1',
    '::0.0.0x7f.1',
    '64:ff9b::0x7f.0.0.1',
    '::1.2.3',
    '::256.1.1.1',
    'LOCALHOST',
    '١.١.١.١',
    '1.1.1.1\n',
    '::1\u0000',
  ];
  for (const text of refused) assert.equal(normaliseCustomerIp(text), undefined, JSON.stringify(text));
});
