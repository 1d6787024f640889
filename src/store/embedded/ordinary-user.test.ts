import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { chooseOrdinaryUser } from './ordinary-user.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'purser-user-'));
after(() => rm(folder, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const onlyRoot = { skip: isRoot ? false : 'only root can try this' };
const notAllowed = async () => false;

async function makeDataDir(name: string, mode: number): Promise<string> {
  const outer = path.join(folder, name);
  const dataDir = path.join(outer, 'data');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o755);
  await chmod(outer, mode);
  return dataDir;
}

test('who is not root starts PostgreSQL as itself', { skip: isRoot ? 'this is root' : false }, async () => {
  const chosen = await chooseOrdinaryUser(folder, path.join(folder, 'postgres'), '/bin/true');
  assert.deepEqual(chosen, { prefix: [] });
});

test('without user namespaces root gives the data to a user who can reach them', onlyRoot, async () => {
  const dataDir = await makeDataDir('open', 0o755);
  const chosen = await chooseOrdinaryUser(dataDir, path.join(dataDir, 'postgres'), '/bin/true', notAllowed);
  assert.deepEqual(chosen.ids, { uid: 65_534, gid: 65_534 });
  assert.equal((await stat(dataDir)).uid, 65_534);
});

test(
  'where that user can not reach the data either, it is said and nothing is changed',
  onlyRoot,
  async () => {
    const dataDir = await makeDataDir('closed', 0o700);
    await assert.rejects(
      chooseOrdinaryUser(dataDir, path.join(dataDir, 'postgres'), '/bin/true', notAllowed),
      /does not run as root, user namespaces are not allowed here, and user 65534 can't reach/,
    );
    assert.equal((await stat(dataDir)).uid, 0);
  },
);

test('data that root owns are not given away later on', onlyRoot, async () => {
  const dataDir = await makeDataDir('later', 0o755);
  await mkdir(path.join(dataDir, 'postgres'));
  await assert.rejects(
    chooseOrdinaryUser(dataDir, path.join(dataDir, 'postgres'), '/bin/true', notAllowed),
    /belongs to root, and PostgreSQL can only use it in a user namespace/,
  );
});
