import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { postWebhook, webhookFault } from './post-webhook.ts';
import { signWebhook } from './webhook-signature.ts';

let server: Server;
let port: number;
let asked = 0;
before(async () => {
  server = createServer((request, response) => {
    asked += 1;
    response.writeHead(request.url === '/moved' ? 302 : 204, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const STRICT = { privateWebhooks: false };
const OPEN = { privateWebhooks: true };

test('addresses are told with TLS, this machine alone without, and a private network where that is allowed', () => {
  const isCalled = (url: string, reach = STRICT) => webhookFault(new URL(url), reach) === undefined;
  for (const url of [
    'https://shop.example.com/news',
    'http://localhost:1',
    'http://127.0.0.9',
    'http://[::1]:8',
  ]) {
    assert.ok(isCalled(url), url);
  }
  for (const url of ['http://shop.example.com', 'http://10.0.0.1', 'http://localhost.example.com']) {
    assert.ok(!isCalled(url), url);
    assert.ok(isCalled(url, OPEN), url);
  }
});

test('a name that leads into this network is not connected to, however it was listed', async (t) => {
  const lookup = t.mock.method(dns, 'lookup', ((_name: string, _options: object, callback: unknown) => {
    const answer = callback as (error: null, addresses: { address: string; family: number }[]) => void;
    answer(null, [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
  }) as typeof dns.lookup);
  const url = new URL(`https://shop.example.com:${port}/`);
  const before = asked;
  await assert.rejects(postWebhook(url, '{}', {}, STRICT), /leads to 127\.0\.0\.1, which is not public/);
  assert.deepEqual([lookup.mock.callCount(), asked], [1, before]);
});

test('the status is told, also that of a redirect, which is not followed', async () => {
  const post = (path: string) => postWebhook(new URL(`http://127.0.0.1:${port}${path}`), '{}', {}, STRICT);
  assert.deepEqual([await post('/'), await post('/moved')], [204, 302]);
  assert.equal(asked, 2);
});

test('a message is signed as Standard Webhooks has it', () => {
  // The example of its specification's reference libraries.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const headers = signWebhook(secret, message, 1_614_265_330_999);
  assert.deepEqual(headers, {
    'webhook-id': message.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const own = createHmac('sha256', key).update(`${message.id}.1614265330.${message.body}`).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${own}`);
});
