import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeAddress } from './address.ts';

const KINDS: Readonly<Record<string, readonly string[]>> = {
  public: ['8.8.8.8', '1.1.1.1', '2001:4860:4860::8888', '11.0.0.1', '172.32.0.1', '100.128.0.1', '2003::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1', 'fec0::1', '64:ff9b:1::1'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'febf::1'],
  cgnat: ['100.64.0.1', '100.127.255.255'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  broadcast: ['255.255.255.255'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  reserved: ['240.0.0.1', '192.0.0.1', '100::1', '::1.2.3.4', '4000::1'],
};

const CARRIERS = [
  ['6to4', '2002:808:808::1', '8.8.8.8', true],
  ['6to4', '2002:a00:1::1', '10.0.0.1', false],
  ['nat64', '64:ff9b::8.8.8.8', '8.8.8.8', true],
  ['nat64', '64:ff9b::7f00:1', '127.0.0.1', false],
  ['v4-mapped', '::ffff:1.1.1.1', '1.1.1.1', true],
  ['v4-mapped', '::ffff:192.168.0.1', '192.168.0.1', false],
  ['teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '192.0.2.45', false],
] as const;

test('an address is known by what it is', () => {
  for (const [kind, ips] of Object.entries(KINDS)) {
    for (const ip of ips) {
      const known = describeAddress(ip);
      assert.equal(known?.kind, kind, ip);
      assert.equal(known?.isPublic, kind === 'public', ip);
      assert.equal(known?.isPrivate, ['private', 'loopback', 'link-local', 'cgnat'].includes(kind), ip);
      assert.equal(known?.version, ip.includes(':') ? 6 : 4);
    }
  }
});

test('an address that carries an IPv4 address is public when that one is, and stands for it in look-ups', () => {
  for (const [kind, ip, embedded, isPublic] of CARRIERS) {
    const known = describeAddress(ip);
    assert.equal(known?.kind, kind, ip);
    assert.equal(known?.embedded, embedded, ip);
    assert.equal(known?.isPublic, isPublic, ip);
    assert.equal(known?.target.ip, embedded, ip);
    assert.equal(known?.target.words.length, 1);
  }
});

test('a text that could be read in two ways is no address', () => {
  for (const text of [
    '::010.0.0.1',
    '::0.0.0x0.0',
    '010.1.1.1',
    '0x7f.1',
    '1.1',
    'fe80::1%1',
    '1::2::3',
    ':1',
    '1:',
    '',
  ])
    assert.equal(describeAddress(text), undefined, text);
});

test('whatever text is given, the answer is an address in one canonical form, or none', () => {
  const piece = fc.oneof(
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '%eth0',
      '/24',
      ':',
      '::',
      '.',
      '0x7f',
      '\u0000',
      '１',
      ' ',
      '\n',
      'ffff',
      '[',
      ']',
      '-1',
      '1e1',
    ),
  );
  const texts = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.oneof(texts, fc.ipV4(), fc.ipV6()), (text) => {
      const known = describeAddress(text);
      if (!known) return;
      assert.match(text, /^[0-9a-fA-F.:]+$/);
      const again = describeAddress(known.ip);
      assert.deepEqual(again, known);
      assert.ok(known.target.words.every((word) => word >= 0 && word <= 0xffff_ffff));
    }),
    { numRuns: 5_000 },
  );
});
