import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Refusal } from '../refusals.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { normalisePassword, passwordFault } from './normalise-password.ts';
import { NO_PASSWORD, openPasswords, type Passwords } from './passwords.ts';

let passwords: Passwords;
before(() => {
  passwords = openPasswords();
});
after(() => passwords.stop());

const isOverloaded = (error: unknown) => error instanceof Refusal && error.code === 'INTERNAL_OVERLOADED';

test('a password fits its own hash and no other', async () => {
  const [first, second] = [await passwords.hash('correct horse'), await passwords.hash('correct horse')];
  assert.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(first, second, 'each has a salt of its own');
  assert.equal(await passwords.verify(second, 'correct horse'), true);
  for (const wrong of ['correct horse ', 'Correct horse', '', 'x'.repeat(200)]) {
    assert.equal(await passwords.verify(first, wrong), false, wrong);
  }
});

test('what stands for no password has the costs of a real one and is fitted by nothing', async () => {
  const costs = (hash: string) => hash.split('$').slice(1, 4);
  assert.deepEqual(costs(NO_PASSWORD), costs(await passwords.hash('any of them')));
  for (const guess of ['', 'password', '\u0000'])
    assert.equal(await passwords.verify(NO_PASSWORD, guess), false);
});

test('a hash that cannot be read is an error of its own and keeps nobody else waiting', async () => {
  const bad = assert.rejects(passwords.verify('nonsense', 'correct horse'), /could not be hashed/);
  assert.match(await passwords.hash('correct horse'), /^\$argon2id/);
  await bad;
});

test('the thread that hashes has the lowest priority, those that answer requests keep theirs', {
  skip: process.platform !== 'linux',
}, async () => {
  await passwords.hash('correct horse');
  const niceOf = (thread: string) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  };
  const nices = readdirSync('/proc/self/task').map(niceOf);
  const own = niceOf(String(process.pid));
  assert.ok(own < 19, 'run this test with an ordinary priority');
  assert.ok(nices.includes(19), nices.join());
  assert.ok(nices.filter((nice) => nice === own).length >= nices.length - 2, nices.join());
});

test('as many as may wait do; one more is refused at once, and after them there is room again', async () => {
  const few = openPasswords(3);
  try {
    const first = few.hash('correct horse');
    const waiting = [few.hash('a'), few.hash('b'), few.hash('c')];
    await assert.rejects(few.hash('d'), isOverloaded);
    for (const hash of await Promise.all([first, ...waiting])) assert.match(hash, /^\$argon2id/);
    assert.match(await few.hash('e'), /^\$argon2id/);
  } finally {
    await few.stop();
  }
});

test('who has waited for too long is refused without any work', async () => {
  const impatient = openPasswords(10, 1);
  try {
    const first = impatient.hash('correct horse');
    const second = assert.rejects(impatient.hash('correct horse'), isOverloaded);
    assert.match(await first, /^\$argon2id/);
    await second;
  } finally {
    await impatient.stop();
  }
});

test('a stop refuses what waits and what comes', async () => {
  const stopped = openPasswords();
  const waiting = Promise.allSettled([stopped.hash('a'), stopped.hash('b')]);
  await stopped.stop();
  for (const each of await waiting) assert.ok(each.status === 'rejected' && isOverloaded(each.reason));
  await assert.rejects(stopped.hash('c'), isOverloaded);
});

test('one that was never used has no thread to stop', () => openPasswords().stop());

test('letters with marks are the same however a keyboard composes them, and nothing is trimmed', () => {
  assert.equal(normalisePassword('Cafe\u0301 au lait'), normalisePassword('Café au lait'));
  assert.equal(normalisePassword('  spaces  '), '  spaces  ');
});

test('a password has 8 characters to 1,024 bytes of any kind, and is none that everybody tries first', () => {
  const takes = (password: string) => passwordFault(password) === undefined;
  for (const good of [
    '1234abcd',
    '        ',
    '😀'.repeat(8),
    'ž'.repeat(512),
    '😀'.repeat(256),
    'a\nb\tc d e',
  ]) {
    assert.ok(takes(good), good);
  }
  for (const bad of [
    '',
    '1234567',
    '😀'.repeat(7),
    'e\u0301'.repeat(7),
    'ž'.repeat(513),
    'x'.repeat(10_000),
  ]) {
    assert.ok(!takes(bad), bad);
  }
  for (const bad of ['ab\u0000cdefgh', '\ud800abcdefgh']) assert.ok(!takes(bad), JSON.stringify(bad));
  for (const bad of ['password', 'PassWord1', '12345678', 'qwertyuiop']) assert.ok(!takes(bad), bad);
  for (const common of COMMON_PASSWORDS)
    assert.ok(common.length >= 8 && common === common.toLowerCase(), common);
  assert.equal(passwordFault('short', '/newPassword')?.pointer, '/newPassword');
});
