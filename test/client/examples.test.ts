import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { openShop, type Shop } from './open-shop.ts';

const root = path.join(import.meta.dirname, '..', '..');

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

/** @returns the lines that an example prints. */
async function run(example: string): Promise<string[]> {
  const child = spawn(process.execPath, [path.join(root, 'examples', example)], {
    env: { PATH: process.env.PATH, PURSER_URL: shop.url, PURSER_API_KEY: shop.apiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  assert.deepEqual([code, complaints], [0, '']);
  return printed.trim().split('\n');
}

test('the example of a metered job captures in steps, gives back the rest and shows a refusal', async () => {
  assert.deepEqual(await run('metered-job.ts'), [
    '2.4 captured, 12.6 still set aside',
    '4.8 captured, 7.8 still set aside',
    '1.7 captured, 6.1 still set aside',
    'Once upon a time a hold was set aside and everybody got their change.',
    'Credit is not sufficient. 11.1 available, short by 999988.9.',
    '-1.7 story:850t',
    '-4.8 story:2400t',
    '-2.4 story:1200t',
    '11.1 credits are left.',
  ]);
});

test('the example of a shop logs in, tops up once and pays once', async () => {
  const { customer } = shop.connect();
  const login = await customer.magicAuth({ email: 'customer@example.com' });
  assert(login.success);
  const { creditBalance: before } = await customer.creditLog({ identityId: login.identityId });
  const lines = await run('shop.ts');
  assert.match(
    lines[0] ?? '',
    /^Order \d{8}, to be paid at http:\/\/127\.0\.0\.1:\d+\/order\/[A-Za-z0-9]{32}$/,
  );
  const orderNumber = lines[0]?.slice(6, 14);
  assert.deepEqual(lines.slice(1, 7), [
    `customer@example.com has ${before + 100} credits`,
    `30 pages printed, ${before + 85} credits left`,
    `30 pages printed, ${before + 85} credits left`,
    `5000000 pages are ${2_500_000 - before - 85} credits too many`,
    '-15 print:30p',
    `100 order ${orderNumber}`,
  ]);
  assert.equal(lines.at(-1), 'logged out');
});
