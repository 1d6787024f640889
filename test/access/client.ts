import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import { REFUSALS } from '../../src/refusals.ts';
import { type Answer, memberOf, send, type World } from './world.ts';

/** Sends requests with the key of the sandbox. */
export interface Client {
  /** `body` may be text that no program would write. */
  post(url: string, body: unknown, more?: InjectOptions): Promise<Answer>;
  get(url: string, more?: InjectOptions): Promise<Answer>;
}

/** @param open gives the world, which is there only once the test runs. */
export function clientOf(open: () => World): Client {
  return {
    post(url, body, more = {}) {
      const { app, keys } = open();
      const payload = typeof body === 'string' ? body : JSON.stringify(body);
      const headers = { 'content-type': 'application/json', ...more.headers };
      return send(app, { method: 'POST', url: `${url}?apiKey=${keys.dev}`, payload, ...more, headers });
    },
    get: (url, more = {}) => send(open().app, { method: 'GET', url, ...more }),
  };
}

/** Checks a refusal whole: status, words, headers. */
export function expectRefusal(answer: Answer, code: keyof typeof REFUSALS): void {
  assert.equal(answer.code, code, answer.text);
  assert.equal(answer.status, REFUSALS[code].status);
  const error = memberOf(answer.body, 'error');
  assert.equal(memberOf(answer.body, 'success'), false);
  assert.equal(memberOf(error, 'message'), REFUSALS[code].message);
  assert.equal(memberOf(error, 'description'), REFUSALS[code].description);
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
  if (answer.status === 401) assert.equal(answer.headers['www-authenticate'], 'Bearer');
}

/** @returns where the faults of a request were found. */
export function pointers(answer: Answer): unknown[] {
  const errors = memberOf(memberOf(answer.body, 'error'), 'errors');
  assert.ok(Array.isArray(errors), answer.text);
  return errors.map((fault) => memberOf(fault, 'pointer'));
}
