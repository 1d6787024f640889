import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { openWorld, send } from '../../test/access/world.ts';
import { CommitInDoubtError } from '../store/database.ts';
import { isUnreachable } from './answer-error.ts';

const withCode = (code: string, more: object = {}) => Object.assign(new Error('broken'), { code, ...more });

test('an error that says that the database cannot serve us is told from a bug', () => {
  const unreachable: Error[] = [
    ...[
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'EPIPE',
      '57P01',
      '57P03',
      '57014',
      '53100',
      '53300',
      '08006',
    ],
    ...['55P03', '25006', '58030'],
  ].map((code) => withCode(code));
  unreachable.push(withCode('ENOENT', { syscall: 'connect' }));
  unreachable.push(new Error('timeout exceeded when trying to connect'));
  unreachable.push(new Error('Connection terminated unexpectedly'));
  unreachable.push(new Error('the batch failed', { cause: withCode('ECONNREFUSED') }));
  for (const error of unreachable) assert.ok(isUnreachable(error), String(error));
  const bugs = [
    withCode('42P01'),
    withCode('23505'),
    withCode('22P02'),
    withCode('ENOENT'),
    new TypeError('x'),
  ];
  for (const error of [...bugs, 'ECONNREFUSED', undefined]) assert.equal(isUnreachable(error), false);
});

test('while the database is away reads are 503 with outcome none, and they work again when it is back', async () => {
  const world = await openWorld();
  const { pool } = world.services.database;
  const query = pool.query.bind(pool);
  const { dev } = world.keys;
  const { identityId } = world.customers.own;
  const url = `/api/v1/customer/get-account-info?apiKey=${dev}&identityId=${identityId}`;
  const away = () => Promise.reject(new pg.DatabaseError('terminating connection', 0, 'error'));
  Object.assign(pool, { query: () => Promise.reject(withCode('ECONNREFUSED')) });
  for (const address of [url, '/health/ready']) {
    const answer = await send(world.app, { url: address });
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.code, 'INTERNAL_OVERLOADED');
    assert.match(answer.text, /"outcome":"none"/);
    assert.equal(answer.headers['retry-after'], '1');
  }
  Object.assign(pool, { query: away });
  const bug = await send(world.app, { url });
  assert.equal(bug.status, 500);
  assert.equal(bug.code, 'INTERNAL_ERROR');
  assert.doesNotMatch(bug.text, /terminating/);
  Object.assign(pool, { query });
  assert.equal((await send(world.app, { url })).status, 200);
  assert.equal((await send(world.app, { url: '/health/ready' })).status, 200);
  await world.close();
});

test('a change whose commit got no answer is never called one that did not happen', async () => {
  const world = await openWorld();
  const { pool } = world.services.database;
  const connect = pool.connect.bind(pool);
  const lost = new CommitInDoubtError(new Error('Connection terminated unexpectedly'));
  Object.assign(pool, { connect: () => Promise.reject(lost) });
  const url = `/api/v1/customer/magic-auth?apiKey=${world.keys.dev}`;
  const answer = await send(world.app, {
    ...{ method: 'POST' as const, url, headers: { 'content-type': 'application/json' } },
    payload: '{"email":"customer@example.com"}',
  });
  Object.assign(pool, { connect });
  assert.deepEqual([answer.status, answer.code], [503, 'PUBLIC_OUTCOME_IS_UNKNOWN']);
  assert.match(answer.text, /"outcome":"unknown"/);
  await world.close();
});
