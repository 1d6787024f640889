import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { openWorld, send } from '../../test/access/world.ts';

test('slow, failed and refused requests are one log line each, without a key, an identity or a query', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const world = await openWorld({ log, env: { PURSER_SLOW_REQUEST_MS: '0' } });
  after(() => world.close());
  const { dev, root, unknown } = world.keys;
  const { identityId } = world.customers.own;
  const spend = '/api/v1/customer/credit-spend';
  const secrets = [dev, root, unknown, identityId, 'apiKey=', 'secret-'];
  lines.length = 0;

  const requests = [
    { url: `/api/v1/ping?apiKey=${dev}` },
    { url: `/api/v1/ping?apiKey=${unknown}` },
    { url: '/api/v1/ping', headers: { authorization: `Bearer ${root}` } },
    { url: `${spend}?apiKey=${dev}` },
    { url: `/nowhere/secret-path?apiKey=${dev}` },
    { method: 'POST' as const, url: `${spend}?apiKey=${dev}`, payload: { identityId, amount: 1 } },
    {
      method: 'POST' as const,
      url: spend,
      payload: { identityId, amount: 1e9, apiKey: dev, description: 'secret-text' },
    },
    { method: 'POST' as const, url: spend, payload: { identityId: 'secret-shape', amount: -1, apiKey: dev } },
  ];
  for (const request of requests) await send(world.app, request);
  await new Promise((resolve) => setImmediate(resolve));

  assert.equal(lines.length, requests.length, lines.join(''));
  const routes = lines.map((line) => JSON.parse(line).route);
  assert.deepEqual(routes.slice(0, 6), [
    ...['GET /api/v1/ping', 'GET /api/v1/ping', 'GET /api/v1/ping', 'none', 'none'],
    'POST /api/v1/customer/credit-spend',
  ]);

  const { pool } = world.services.database;
  const { query } = pool;
  Object.assign(pool, { query: () => Promise.reject(new Error('a bug')) });
  await send(world.app, { url: `/api/v1/customer/get-account-info?apiKey=${dev}&identityId=${identityId}` });
  Object.assign(pool, { query });
  const failed = lines.filter((line) => line.includes('a bug'));
  assert.equal(failed.length, 1, 'a failure is logged with its cause');
  for (const secret of secrets) {
    for (const line of lines) assert.ok(!line.includes(secret), `${secret} stands in ${line}`);
  }
});
