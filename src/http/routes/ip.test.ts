import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { memberOf, openWorld, send, type World } from '../../../test/access/world.ts';

let world: World;

const ask = (ip: string) =>
  send(world.app, { url: `/api/v1/ip/lookup?ip=${encodeURIComponent(ip)}&apiKey=${world.keys.dev}` });

describe('GET /api/v1/ip/lookup', () => {
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  it('answers every member of its contract, unknown ones with null', async () => {
    const { status, body } = await ask('8.8.8.8');
    assert.equal(status, 200);
    const { resolvedAt, sources, ...rest } = Object(body);
    assert.match(resolvedAt, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.equal(sources.length, 2);
    assert.deepEqual(rest, {
      ...{ success: true, ip: '8.8.8.8', version: 4, kind: 'public', isPublic: true, hostname: null },
      country: { code: 'US', name: 'United States' },
      ...{ region: null, city: null, latitude: null, longitude: null, timezone: null },
      asn: { number: 15_169, name: 'Google LLC', route: '8.8.8.0/24' },
      flags: { proxy: null, hosting: null, tor: null, mobile: null, anycast: null, private: false },
    });
    const guessed = await ask('88.198.0.1');
    assert.equal(memberOf(memberOf(guessed.body, 'flags'), 'hosting'), 'likely');
  });

  it('refuses what is no address', async () => {
    for (const ip of ['', 'localhost', '1.1.1', '1.1.1.1/24', '"><script>', 'fe80::1%eth0', '010.0.0.1']) {
      const { status, code } = await ask(ip);
      assert.deepEqual([status, code], [422, 'INTERNAL_VALIDATION_FAILED'], ip);
    }
  });

  it('is closed to a key that does not name its scope', async () => {
    const { status } = await send(world.app, {
      url: `/api/v1/ip/lookup?ip=8.8.8.8&apiKey=${world.keys.plain}`,
    });
    assert.equal(status, 403);
  });

  it('names the licences of its data on the reference', async () => {
    const { text } = await send(world.app, { url: '/docs' });
    for (const words of ['CC0', 'CC BY 4.0', 'https://db-ip.com', 'RouteViews', 'nro.net'])
      assert.ok(text.includes(words), words);
    assert.match(text, /20\d\d-\d\d-\d\d/);
  });
});
