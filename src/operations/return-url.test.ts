import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeOrganisation,
  openTestDatabase,
  type TestOrganisation,
} from '../../test/harness.ts';
import type { Database } from '../store/database.ts';
import { checkReturnUrl } from './return-url.ts';
import { changeOrganisation } from './update-organisation.ts';

let fresh: FreshDatabase;
let database: Database;
let shop: TestOrganisation;
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
  shop = await makeOrganisation({ database }, { slug: 'shop' });
  const origins = ['https://Shop.example.com/', 'http://localhost:8080', 'https://shop.example.com:443'];
  await changeOrganisation({ database }, { organisation: 'shop', origins });
});
after(async () => {
  await database.close();
  await fresh.drop();
});

const check = (url: string, ledgerId = shop.live) =>
  checkReturnUrl({ database }, ledgerId, url, '/returnUrl');

test('an address on a listed origin is kept as the URL standard writes it', async () => {
  assert.equal(await check('https://shop.example.com'), 'https://shop.example.com/');
  assert.equal(await check(' https://SHOP.example.com:443/a/../b?c=d#e'), 'https://shop.example.com/b?c=d#e');
  assert.equal(await check('https:\\\\shop.example.com\\a'), 'https://shop.example.com/a');
  assert.equal(await check('http://localhost:8080/x', shop.sandbox), 'http://localhost:8080/x');
});

test('an address that leads anywhere else is refused', async () => {
  for (const url of [
    ...['', '/back', 'shop.example.com', '//shop.example.com', 'javascript:alert(1)', 'data:text/html,x'],
    ...['http://shop.example.com', 'https://shop.example.com:8443', 'https://shop.example.com.evil.example'],
    ...['https://evil.example', 'https://shop.example.com@evil.example/', 'https://a:b@shop.example.com/'],
    ...[
      'https://evil.example/https://shop.example.com',
      'ftp://shop.example.com',
      'https://sub.shop.example.com',
    ],
    ...[
      'https://evil.example\\@shop.example.com',
      'blob:https://shop.example.com/x',
      'http://localhost:8081',
    ],
  ])
    await assertFaults(check(url), ['/returnUrl']);
});

test('origins are those of one organisation, each once, and can be taken off', async () => {
  const other = await makeOrganisation({ database }, { slug: 'other' });
  await assertFaults(check('https://shop.example.com', other.live), ['/returnUrl']);
  const changed = await changeOrganisation({ database }, { organisation: 'shop', name: ' The shop ' });
  assert.equal(changed.name, 'The shop');
  assert.deepEqual(changed.origins, ['https://shop.example.com', 'http://localhost:8080']);
  const change = { organisation: 'other', origins: ['https://other.example.com'] };
  await changeOrganisation({ database }, change);
  assert.equal(await check('https://other.example.com', other.live), 'https://other.example.com/');
  await changeOrganisation({ database }, { ...change, origins: [] });
  await assertFaults(check('https://other.example.com', other.live), ['/returnUrl']);
});

test('what is no origin is not listed', async () => {
  for (const origin of [
    ...['shop.example.com', 'https://shop.example.com/path', 'https://shop.example.com?', 'ftp://a.example'],
    ...['https://a:b@shop.example.com', 'https://*.example.com', '', 'https://shop.example.com/#'],
  ]) {
    const change = { organisation: 'other', origins: ['https://fine.example', origin] };
    await assertFaults(changeOrganisation({ database }, change), ['/origin']);
  }
  await assertFaults(changeOrganisation({ database }, { organisation: 'none', name: 'x' }), [
    '/organisation',
  ]);
  await assertFaults(changeOrganisation({ database }, { organisation: 'other', name: ' ' }), ['/name']);
});
