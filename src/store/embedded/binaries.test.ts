import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { linkLibraries } from './binaries.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'purser-binaries-'));
after(() => rm(folder, { recursive: true, force: true }));

test('missing links of libraries are made, once, also by several processes at once', async () => {
  const native = path.join(folder, 'native');
  await mkdir(path.join(native, 'lib'), { recursive: true });
  await writeFile(path.join(native, 'lib', 'libx.so.1.2'), 'library');
  const links = [
    { source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' },
    { source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so' },
  ];
  await writeFile(path.join(native, 'pg-symlinks.json'), JSON.stringify(links));
  await Promise.all([linkLibraries(folder), linkLibraries(folder), linkLibraries(folder)]);
  await linkLibraries(folder);
  assert.equal(await readlink(path.join(native, 'lib', 'libx.so.1')), 'libx.so.1.2');
  assert.equal(await readFile(path.join(native, 'lib', 'libx.so'), 'utf8'), 'library');
});
