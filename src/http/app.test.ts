import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { clientOf, expectRefusal } from '../../test/access/client.ts';
import { openWorld, send, type World } from '../../test/access/world.ts';
import { REFUSALS } from '../refusals.ts';
import type { App } from './route.ts';

let world: World;
before(async () => {
  world = await openWorld({ env: { METRICS_TOKEN: 'a-token' } });
});
after(() => world.close());

const SPEND = '/api/v1/customer/credit-spend';

const { post, get } = clientOf(() => world);

test('the published request gets the published answer: four members, in their order', async () => {
  const answer = await post(SPEND, {
    identityId: world.customers.own.identityId,
    amount: 100,
    description: 'video.rewrite:15m',
    customerRealIp: '1.1.1.1',
  });
  assert.equal(answer.status, 200, answer.text);
  assert.match(
    answer.text,
    /^\{"success":true,"transactionId":"[A-Za-z0-9]{16}","oldCreditBalance":1000000,"newCreditBalance":999900\}$/,
  );
});

test('every answer has a request id, nothing about a customer is kept, and there are no CORS headers', async () => {
  const spend = { identityId: world.customers.own.identityId, amount: 0.000001 };
  const answers = [
    await post(SPEND, spend),
    await post(SPEND, spend, { headers: { origin: 'https://shop.example' } }),
    await post(SPEND, {}),
    await get('/api/v1/ping'),
    await get('/nowhere'),
  ];
  const ids = new Set<unknown>();
  for (const { headers } of answers) {
    ids.add(headers['x-request-id']);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control')),
      [],
    );
  }
  assert.equal(ids.size, answers.length);
});

test('unknown routes are 404 and wrong methods 405 with Allow, whatever else is wrong', async () => {
  expectRefusal(await get('/api/v1/customer/nothing?apiKey=x'), 'INTERNAL_RESOURCE_NOT_FOUND');
  expectRefusal(await get('/api/v1/%zz'), 'INTERNAL_RESOURCE_NOT_FOUND');
  expectRefusal(await get('/errors/NOTHING'), 'INTERNAL_RESOURCE_NOT_FOUND');
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'] as const) {
    const answer = await send(world.app, { method: method as 'GET', url: SPEND, payload: 'x' });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.allow, 'POST');
    if (method !== 'HEAD') expectRefusal(answer, 'PUBLIC_METHOD_NOT_ALLOWED');
  }
  const answer = await send(world.app, { method: 'POST', url: '/api/v1/ping', payload: 'x' });
  expectRefusal(answer, 'PUBLIC_METHOD_NOT_ALLOWED');
  assert.equal(answer.headers.allow, 'GET');
});

test('bodies are refused in the order 413, 415, 400, before the key is looked at', async () => {
  const large = 'x'.repeat(64 * 1024 + 1);
  const bare = { url: SPEND };
  const asText = { ...bare, headers: { 'content-type': 'text/plain' } };
  expectRefusal(await post(SPEND, large, asText), 'PUBLIC_BODY_TOO_LARGE');
  expectRefusal(await post(SPEND, 'x', asText), 'PUBLIC_MEDIA_TYPE_NOT_SUPPORTED');
  expectRefusal(
    await post(SPEND, '{}', { ...bare, headers: { 'content-encoding': 'gzip' } }),
    'PUBLIC_MEDIA_TYPE_NOT_SUPPORTED',
  );
  const malformed = [
    '',
    'x',
    '[]',
    'null',
    '{"a":1,"a":1}',
    '{"__proto__":{}}',
    '{"\\u005f_proto__":1}',
    `${'{"a":'.repeat(8)}{}${'}'.repeat(8)}`,
  ];
  for (const text of malformed) {
    expectRefusal(await post(SPEND, text, bare), 'PUBLIC_REQUEST_IS_NOT_VALID_JSON');
  }
  assert.match((await post(SPEND, '{"a":1,"a":1}', bare)).text, /"reason":"the body has a member twice"/);
  expectRefusal(await send(world.app, { method: 'POST', url: SPEND }), 'PUBLIC_REQUEST_IS_NOT_VALID_JSON');
  expectRefusal(await post(SPEND, '{}', bare), 'PUBLIC_API_KEY_IS_EMPTY');
});

test('the same key may stand in several places; two different keys are refused', async () => {
  const { dev, prod } = world.keys;
  const spend = { identityId: world.customers.own.identityId, amount: 0.000001 };
  const url = `${SPEND}?apiKey=${dev}`;
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  assert.equal((await post(SPEND, { ...spend, apiKey: dev }, { headers: bearer(dev) })).status, 200);
  assert.equal((await post(SPEND, { ...spend, apiKey: dev }, { url: SPEND })).status, 200);
  assert.equal((await post(SPEND, spend, { url: SPEND, headers: bearer(dev) })).status, 200);
  assert.equal((await post(SPEND, spend, { url: `${url}&apiKey=${dev}` })).status, 200);
  assert.equal(
    (await post(SPEND, spend, { url: SPEND, headers: { authorization: `bearer  ${dev}` } })).status,
    200,
  );
  const refused = [
    await post(SPEND, { ...spend, apiKey: prod }),
    await post(SPEND, spend, { headers: bearer(prod) }),
    await post(SPEND, spend, { url: `${url}&apiKey=${prod}` }),
    await get(`/api/v1/ping?apiKey=${dev}`, { headers: bearer(prod) }),
  ];
  for (const answer of refused) {
    expectRefusal(answer, 'PUBLIC_REQUEST_IS_NOT_VALID_JSON');
    assert.match(answer.text, /"reason":"the request has two different API keys"/);
  }
});

test('two Host, Authorization or Idempotency-Key headers, and an upgrade, are refused', async () => {
  const port = await listen();
  const { dev } = world.keys;
  const request = (...lines: string[]) =>
    talk(
      port,
      [`GET /api/v1/ping?apiKey=${dev} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n'),
    );
  assert.match(await request('Host: a'), /^HTTP\/1.1 200/);
  assert.match(await request('Host: a', 'Upgrade: h2c'), /^HTTP\/1.1 200/);
  const refused = [
    await request(),
    await request('Host: a', 'Host: a'),
    await request('Host: a', `Authorization: Bearer ${dev}`, `authorization: Bearer ${dev}`),
    await request('Host: a', 'Idempotency-Key: a', 'Idempotency-Key: a'),
    await request('Host: a', 'Upgrade: websocket'),
  ];
  for (const answer of refused) {
    assert.match(answer, /^HTTP\/1.1 400/);
    assert.match(answer, /PUBLIC_REQUEST_IS_NOT_VALID_JSON/);
  }
});

test('what is no HTTP, CONNECT, and headers beyond 16 KiB are answered in the published shape', async () => {
  const port = await listen();
  const malformed = await talk(port, 'GARBAGE\r\n\r\n');
  assert.match(malformed, /^HTTP\/1.1 400 [\s\S]*PUBLIC_REQUEST_IS_NOT_VALID_JSON/);
  const tunnel = await talk(port, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(tunnel, /^HTTP\/1.1 405 [\s\S]*PUBLIC_METHOD_NOT_ALLOWED/);
  const huge = await talk(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`);
  assert.match(huge, /^HTTP\/1.1 431 [\s\S]*PUBLIC_REQUEST_IS_NOT_VALID_JSON/);
  const chunked = await talk(
    port,
    `POST ${SPEND} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n${'x'.repeat(0x10001)}\r\n0\r\n\r\n`,
  );
  assert.match(chunked, /^HTTP\/1.1 413 [\s\S]*PUBLIC_BODY_TOO_LARGE/);
});

test('each state of a key has its own refusal', async () => {
  const ping = (apiKey: string) => get(`/api/v1/ping?apiKey=${apiKey}`);
  const { keys } = world;
  expectRefusal(await ping(''), 'PUBLIC_API_KEY_IS_EMPTY');
  expectRefusal(await ping('PROD'), 'PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT');
  expectRefusal(await ping('PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE'), 'PUBLIC_API_KEY_SAMPLE_VALUE');
  expectRefusal(await ping(keys.unknown), 'PUBLIC_API_KEY_DOES_NOT_EXIST');
  expectRefusal(await ping(keys.suspended), 'PUBLIC_API_KEY_IS_NOT_ACTIVE');
  expectRefusal(await ping(keys.deleted), 'PUBLIC_API_KEY_HAS_BEEN_DELETED');
  expectRefusal(await ping(keys.expired), 'PUBLIC_API_KEY_HAS_BEEN_EXPIRED');
  assert.deepEqual((await ping(keys.prod)).body, { success: true });
  assert.equal((await ping(keys.root)).headers['x-ratelimit-limit'], undefined);
});

test('a limited key is told its limit in every answer, and 429 comes before scope and validation', async () => {
  const { limited } = world.keys;
  const first = await post(SPEND, {}, { url: `${SPEND}?apiKey=${limited}` });
  expectRefusal(first, 'INTERNAL_VALIDATION_FAILED');
  assert.equal(first.headers['x-ratelimit-limit'], '1');
  assert.equal(first.headers['x-ratelimit-remaining'], '0');
  assert.match(String(first.headers['x-ratelimit-reset']), /^\d{10}$/);
  const second = await post(SPEND, {}, { url: `${SPEND}?apiKey=${limited}` });
  expectRefusal(second, 'PUBLIC_API_KEY_TOO_MANY_REQUEST');
  assert.ok(Number(second.headers['retry-after']) >= 1);
});

test('an endpoint outside the scopes of a key is 403, before validation', async () => {
  const url = `${SPEND}?apiKey=${world.keys.narrow}`;
  const answer = await post(SPEND, {}, { url });
  expectRefusal(answer, 'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED');
  assert.match(answer.text, /"scope":"credit-spend"/, 'says which scope is missing');
});

test('more than 100 unknown keys a minute from one address are 429; known keys go on', async () => {
  const remoteAddress = '192.0.2.7';
  const ping = (apiKey: string) => get(`/api/v1/ping?apiKey=${apiKey}`, { remoteAddress });
  const { unknown, dev } = world.keys;
  for (let i = 0; i < 100; i++) expectRefusal(await ping(unknown), 'PUBLIC_API_KEY_DOES_NOT_EXIST');
  const answer = await ping(unknown);
  expectRefusal(answer, 'PUBLIC_API_KEY_TOO_MANY_REQUEST');
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  assert.equal((await ping(dev)).status, 200);
});

test('metrics are for this machine, or for whoever has the token', async () => {
  const remoteAddress = '192.0.2.8';
  const authorization = 'Bearer a-token';
  const { text } = await get('/metrics');
  assert.match(text, /purser_http_request_seconds_bucket/);
  assert.match(text, /purser_writer_commands_total [1-9]/);
  for (const secret of [world.keys.dev, world.customers.own.identityId]) assert.ok(!text.includes(secret));
  assert.equal((await get('/metrics', { remoteAddress, headers: { authorization } })).status, 200);
  const refused = [
    await get('/metrics', { remoteAddress }),
    await get('/metrics', { remoteAddress, headers: { authorization: 'Bearer other' } }),
    await get('/metrics', { headers: { 'x-forwarded-for': '192.0.2.9' } }),
  ];
  for (const answer of refused) expectRefusal(answer, 'INTERNAL_RESOURCE_NOT_FOUND');
});

test('pages have a strict Content-Security-Policy; they and what monitors ask answer HEAD', async () => {
  for (const url of ['/', '/docs', '/errors', '/errors/INTERNAL_ERROR']) {
    const answer = await get(url);
    assert.equal(answer.status, 200, url);
    assert.match(String(answer.headers['content-type']), /^text\/html/);
    const policy = String(answer.headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; /);
    assert.doesNotMatch(policy, /http|\*|script-src[^;]*unsafe/);
    assert.equal((await send(world.app, { method: 'HEAD', url })).status, 200);
  }
  for (const url of ['/health/live', '/health/ready'])
    assert.equal((await send(world.app, { method: 'HEAD', url })).status, 200);
  const page = await get('/', { headers: { host: '"><script>alert(1)</script>' } });
  assert.doesNotMatch(page.text, /<script/);
  assert.match((await get('/docs/scalar.js')).text.slice(-200), /createApiReference/);
  for (const code of Object.keys(REFUSALS))
    assert.ok((await get(`/errors/${code}`)).text.includes(`<code>${code}`));
});

test('a route without a policy fails the build', async () => {
  const withoutPolicy = (app: App) => void app.get('/api/v1/forgotten', () => 'open to all');
  await assert.rejects(openWorld({ extraRoutes: withoutPolicy }), /\/api\/v1\/forgotten has no policy/);
});

test('the demo knows the key of the documentation', async () => {
  const demo = await openWorld({ demo: true });
  const url = '/api/v1/ping?apiKey=PRODPGrFxpGEtrOZfuWhnoJohUYBXuOE';
  // The world has not made the key: it is looked up like any other.
  assert.equal((await send(demo.app, { url })).code, 'PUBLIC_API_KEY_DOES_NOT_EXIST');
  await demo.close();
});

let port: number | undefined;

async function listen(): Promise<number> {
  if (port !== undefined) return port;
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  port = (world.app.server.address() as AddressInfo).port;
  return port;
}

/** Sends bytes and reads until the server closes or has answered. */
async function talk(toPort: number, bytes: string): Promise<string> {
  const socket = connect(toPort, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await Promise.race([once(socket, 'close'), once(socket, 'end')]);
  socket.destroy();
  return answer;
}
