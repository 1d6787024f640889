import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answering, name, startLyingResolver } from '../../test/lying-resolver.ts';
import { cleanHostName, openReverseDns, type ReverseDns } from './reverse-dns.ts';

async function withResolver(
  answering: Answering,
  work: (dns: ReverseDns, resolver: { readonly asked: number }) => Promise<void>,
  options: { timeoutMs?: number; atOnce?: number } = {},
): Promise<void> {
  const resolver = await startLyingResolver(answering);
  try {
    await work(openReverseDns({ server: resolver.address, timeoutMs: 300, atOnce: 4, ...options }), resolver);
  } finally {
    await resolver.stop();
  }
}

test('a name is asked for once and kept', async () => {
  await withResolver(
    (question) => (question === '8.8.8.8.in-addr.arpa' ? [name('DNS', 'google')] : []),
    async (dns, resolver) => {
      assert.equal(await dns.nameOf('8.8.8.8'), 'dns.google');
      assert.equal(await dns.nameOf('8.8.8.8'), 'dns.google');
      assert.equal(resolver.asked, 1);
    },
  );
});

test('that there is no name, or no answer, is kept too', async () => {
  for (const answer of [[], 'hang', 'refuse', 'garbage'] as const) {
    await withResolver(
      () => answer,
      async (dns) => {
        assert.equal(await dns.nameOf('8.8.8.8'), null);
        const { sent } = dns;
        assert.equal(await dns.nameOf('8.8.8.8'), null);
        assert.equal(dns.sent, sent, String(answer));
      },
    );
  }
});

test('what is no host name is no name, whatever its bytes', async () => {
  const lies = [
    name('"><script>alert(1)</script>', 'example'),
    name('a\r\nSet-Cookie: x=1', 'example'),
    name('a\u0000b', 'example'),
    name('\u001b[31mred', 'example'),
    name('caf\u00e9', 'example'),
    name('a b', 'example'),
    name('-a', 'example'),
    name('x'.repeat(63), 'x'.repeat(63), 'x'.repeat(63), 'x'.repeat(62)),
  ];
  for (const lie of lies) {
    await withResolver(
      () => [lie],
      async (dns) => {
        const found = await dns.nameOf('8.8.8.8');
        // A name of 253 characters is the longest that there is, and all right.
        assert.ok(found === null || /^[a-z0-9_.-]{1,253}$/.test(found), JSON.stringify(found));
        if (!String(lie[0]).startsWith('xxx')) assert.equal(found, null);
      },
    );
  }
  assert.equal(cleanHostName(`${'x'.repeat(63)}.`.repeat(4)), null);
  assert.equal(cleanHostName('Host.Example.'), 'host.example');
});

test('a resolver that hangs holds nobody up for long, is not asked by more at once than allowed, and is left alone soon', async () => {
  let underWay = 0;
  let most = 0;
  await withResolver(
    () => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
      }, 20);
      return 'hang';
    },
    async (dns) => {
      const startedAt = performance.now();
      const names = await Promise.all(Array.from({ length: 200 }, (_, i) => dns.nameOf(`8.8.4.${i}`)));
      assert.ok(performance.now() - startedAt < 3_000);
      assert.ok(names.every((each) => each === null));
      // A machine that is busy may bring two rounds together.
      assert.ok(most <= 8, `${most} at once`);
      assert.ok(dns.sent <= 16, `${dns.sent} sent`);
    },
    { timeoutMs: 100 },
  );
});
