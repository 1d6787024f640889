import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Purser } from './index.ts';
import type { PurserOptions } from './options.ts';

const apiKey = `PROD${'a'.repeat(28)}`;

test('options that cannot work are refused at once, without telling the key', () => {
  const baseUrl = 'http://127.0.0.1:3000';
  const wrong: Partial<PurserOptions>[] = [
    { baseUrl: '127.0.0.1:3000' },
    { baseUrl: 'https://user@host' },
    { baseUrl: `${baseUrl}/api/v1/` },
    { apiKey: `${apiKey}x` },
    { timeoutMs: 0 },
    { maxAttempts: 0.5 },
  ];
  for (const options of wrong) {
    assert.throws(
      () => new Purser({ baseUrl, apiKey, ...options }),
      (error) => error instanceof TypeError && !error.message.includes(apiKey),
    );
  }
});
