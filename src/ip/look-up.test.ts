import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testLog } from '../../test/harness.ts';
import { makeMmdb } from '../../test/make-mmdb.ts';
import { readConfig } from '../config.ts';
import type { IpContext } from './context.ts';
import { openIpLookup } from './look-up.ts';

function open(env: Record<string, string> = {}) {
  const lookup = openIpLookup(readConfig({ PURSER_DNS_SERVER: 'off', ...env }), testLog);
  return async (ip: string): Promise<IpContext> => {
    const found = await lookup.lookUp(ip);
    assert.ok(found, ip);
    return found;
  };
}

describe('the databases that come with Purser', () => {
  const lookUp = open();

  it('load without keeping anything else waiting for 200 ms', async () => {
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await lookUp('8.8.8.8');
    clearInterval(timer);
    assert.ok(longest < 200, `${longest} ms`);
  });

  it('know the country and the network of well-known addresses', async () => {
    const known = [
      ['8.8.8.8', 'US', 15_169, '8.8.8.0/24'],
      ['217.31.202.5', 'CZ', 25_192, '217.31.192.0/20'],
      ['193.0.6.139', 'NL', 3333, undefined],
      ['2001:4860:4860::8888', 'US', 15_169, undefined],
      ['2001:1488::1', 'CZ', 25_192, undefined],
      // Carried addresses are looked up.
      ['2002:808:808::1', 'US', 15_169, '8.8.8.0/24'],
      ['64:ff9b::808:808', 'US', 15_169, '8.8.8.0/24'],
      ['::ffff:8.8.8.8', 'US', 15_169, '8.8.8.0/24'],
    ] as const;
    for (const [ip, code, number, route] of known) {
      const { country, asn, sources } = await lookUp(ip);
      assert.equal(country?.code, code, ip);
      assert.equal(asn?.number, number, ip);
      if (route) assert.equal(asn?.route, route, ip);
      assert.deepEqual(
        sources.map(({ part }) => part),
        ['country', 'asn'],
      );
      for (const { date } of sources) assert.match(date ?? '', /^20\d\d-\d\d-\d\d$/);
    }
    assert.equal((await lookUp('217.31.202.5')).country?.name, 'Czechia');
  });

  it('say nothing of what they do not know, and guess only where it says so', async () => {
    const { region, city, latitude, longitude, timezone, hostname, flags } = await lookUp('8.8.8.8');
    for (const part of [region, city, latitude, longitude, timezone, hostname]) assert.equal(part, null);
    const { proxy, tor, mobile, anycast } = flags;
    for (const part of [proxy, tor, mobile, anycast]) assert.equal(part, null);
    assert.equal((await lookUp('88.198.0.1')).flags.hosting, 'likely');
    assert.equal((await lookUp('217.31.202.5')).flags.hosting, null);
  });

  it('are not asked of addresses that are not public', async () => {
    for (const ip of [
      '10.0.0.1',
      '127.0.0.1',
      '169.254.1.1',
      '192.0.2.1',
      '100.64.0.1',
      '224.0.0.1',
      '2002:a00:1::1',
      'fe80::1',
      '2001:db8::1',
    ]) {
      const { isPublic, country, asn, sources } = await lookUp(ip);
      assert.deepEqual([isPublic, country, asn, sources], [false, null, null, []], ip);
    }
  });
});

describe('databases that an operator names', () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'purser-ip-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('come before those of Purser, whatever their makers call things', async () => {
    const geoip = {
      country: { iso_code: 'PL', names: { en: 'Poland' } },
      city: { names: { en: 'Gdynia' } },
      subdivisions: [{ names: { en: 'Pomerania' } }],
      location: { latitude: 54.5, longitude: 18.5, time_zone: 'Europe/Warsaw' },
    };
    const ipinfo = {
      country: 'SK',
      city: 'Nitra',
      region: 'Nitra',
      lat: '48.25',
      lng: '-18.5',
      is_mobile: true,
    };
    const ipLocation = {
      country_code: 'AT',
      city: 'Linz',
      state1: 'Upper Austria',
      latitude: 48.5,
      longitude: 14.25,
    };
    await writeFile(
      file('city.mmdb'),
      makeMmdb('GeoIP2-City', { '8.8.8.0/24': geoip, '9.9.9.0/24': ipinfo, '4.4.4.0/24': ipLocation }),
    );
    const asn = { autonomous_system_number: 64_500, autonomous_system_organization: 'Example' };
    await writeFile(
      file('asn.mmdb'),
      makeMmdb('GeoLite2-ASN', { '8.8.8.0/24': asn, '9.9.9.0/24': { asn: 'AS64501', as_name: 'Other' } }),
    );
    const lookUp = open({ PURSER_IP_CITY_MMDB: file('city.mmdb'), PURSER_IP_ASN_MMDB: file('asn.mmdb') });
    const first = await lookUp('8.8.8.8');
    assert.deepEqual(first.country, { code: 'PL', name: 'Poland' });
    const { city, region, latitude, longitude, timezone } = first;
    assert.deepEqual(
      [city, region, latitude, longitude, timezone],
      ['Gdynia', 'Pomerania', 54.5, 18.5, 'Europe/Warsaw'],
    );
    assert.deepEqual(first.asn, { number: 64_500, name: 'Example', route: null });
    assert.deepEqual(first.sources[0], { part: 'city', name: 'GeoIP2-City', date: '2026-05-28' });
    const second = await lookUp('9.9.9.9');
    assert.deepEqual(
      [second.country?.code, second.city, second.latitude, second.flags.mobile],
      ['SK', 'Nitra', 48.25, true],
    );
    assert.equal(second.asn?.number, 64_501);
    assert.deepEqual((await lookUp('4.4.4.4')).region, 'Upper Austria');
    // What they do not know, those of Purser still tell.
    const third = await lookUp('217.31.202.5');
    assert.deepEqual([third.country?.code, third.city, third.asn], ['CZ', null, null]);
  });

  it('are read anew when replaced, and one that is no good leaves the old one in force', async () => {
    const replace = async (bytes: Buffer) => {
      await writeFile(file('next'), bytes);
      await rename(file('next'), file('replaced.mmdb'));
      await sleep(2_100);
    };
    const place = (code: string) => makeMmdb('City', { '8.8.8.0/24': { country: { iso_code: code } } });
    await writeFile(file('replaced.mmdb'), place('PL'));
    const lookUp = open({ PURSER_IP_CITY_MMDB: file('replaced.mmdb') });
    const codeNow = async () => (await lookUp('8.8.8.8')).country?.code;
    assert.equal(await codeNow(), 'PL');
    await replace(place('SK'));
    await codeNow();
    await sleep(100);
    assert.equal(await codeNow(), 'SK');
    await replace(Buffer.from('no database at all'));
    await codeNow();
    await sleep(100);
    assert.equal(await codeNow(), 'SK');
  });

  it('tell of proxies and Tor; who is not on a list is none, and without a list nobody knows', async () => {
    await writeFile(file('tor.txt'), '8.8.8.8\n');
    await writeFile(file('proxies.mmdb'), makeMmdb('Proxies', { '9.9.9.0/24': { is_public_proxy: true } }));
    const lookUp = open({ PURSER_IP_TOR_LIST: file('tor.txt'), PURSER_IP_PROXY_LIST: file('proxies.mmdb') });
    const flagsOf = async (ip: string) => {
      const { tor, proxy } = (await lookUp(ip)).flags;
      return [tor, proxy];
    };
    assert.deepEqual(await flagsOf('8.8.8.8'), [true, false]);
    assert.deepEqual(await flagsOf('9.9.9.9'), [false, true]);
    const anonymous = { is_anonymous: true, is_tor_exit_node: true, is_hosting_provider: true };
    await writeFile(file('anonymous.mmdb'), makeMmdb('GeoIP2-Anonymous-IP', { '8.8.8.8/32': anonymous }));
    const other = open({ PURSER_IP_ANONYMOUS_MMDB: file('anonymous.mmdb') });
    const { proxy, tor, hosting } = (await other('8.8.8.8')).flags;
    assert.deepEqual([proxy, tor, hosting], [true, true, true]);
    assert.deepEqual((await other('88.198.0.1')).flags.hosting, false);
  });

  it('that are missing are as if none were named', async () => {
    const lookUp = open({ PURSER_IP_CITY_MMDB: file('nothing.mmdb'), PURSER_IP_TOR_LIST: file('nothing') });
    const { country, flags } = await lookUp('8.8.8.8');
    assert.deepEqual([country?.code, flags.tor], ['US', null]);
  });
});
