import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { clientOf, expectRefusal } from '../../../test/access/client.ts';
import { openWorld, type World } from '../../../test/access/world.ts';

let world: World;
before(async () => {
  world = await openWorld();
});
after(() => world.close());

const { post, get } = clientOf(() => world);
const REGISTRATION = { email: 'customer@example.com', password: 'correct horse battery' };

test('shows the newest mail first, with a link that can be followed', async () => {
  const empty = await get('/dev/mailbox');
  assert.equal(empty.status, 200);
  assert.match(empty.text, /No mails yet/);
  assert.equal((await post('/api/v1/customer/register-account', REGISTRATION)).text, '{"success":true}');
  const { text, headers } = await get('/dev/mailbox');
  assert.match(text, /<h2>Confirm your e-mail address for acme<\/h2>/);
  assert.match(text, /to customer@example\.com/);
  const [, link = ''] = /<a href="http:\/\/127\.0\.0\.1:3000(\/confirm\/[A-Za-z0-9]{32})">/.exec(text) ?? [];
  assert.equal((await get(link)).status, 200);
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'self';/);
});

test('shows what names and subjects hold as text', async () => {
  const { pool } = world.services.database;
  const markup = '<script>x</script>';
  await pool.query('UPDATE mails SET sender_name = $1, subject = $1, text_part = $1, recipient = $1', [
    markup,
  ]);
  const { text } = await get('/dev/mailbox');
  assert.ok(!text.includes('<script'));
  assert.equal(text.split('&lt;script&gt;').length - 1, 4);
});

test('is not there for other addresses, nor behind a proxy, nor under a name that somebody else gave it', async () => {
  const others: readonly InjectOptions[] = [
    { remoteAddress: '192.168.1.7' },
    { remoteAddress: '::ffff:10.0.0.1' },
    { remoteAddress: '2001:db8::1' },
    ...['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-host', 'via'].map((name) => ({
      headers: { [name]: '127.0.0.1' },
    })),
    { headers: { host: 'rebound.example.com' } },
    { headers: { host: '127.0.0.1.example.com' } },
    { headers: { host: 'localhost.example.com:3000' } },
  ];
  for (const other of others) expectRefusal(await get('/dev/mailbox', other), 'INTERNAL_RESOURCE_NOT_FOUND');
  for (const own of [
    { remoteAddress: '::1', headers: { host: '[::1]:3000' } },
    { remoteAddress: '::ffff:127.0.0.1', headers: { host: 'localhost:3000' } },
  ])
    assert.equal((await get('/dev/mailbox', own)).status, 200);
});

test('is not there where mails are sent, nor on a server with a public address', async () => {
  for (const env of [
    { PURSER_SMTP_URL: 'smtp://127.0.0.1:1', PURSER_MAIL_FROM: 'shop@example.com' },
    { PURSER_BASE_URL: 'https://credit.example.com' },
  ]) {
    const elsewhere = await openWorld({ env });
    const mailbox = await clientOf(() => elsewhere).get('/dev/mailbox');
    await elsewhere.close();
    expectRefusal(mailbox, 'INTERNAL_RESOURCE_NOT_FOUND');
  }
});
