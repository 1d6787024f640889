import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type FreshDatabase, freshDatabase, openTestDatabase, testLog } from '../../test/harness.ts';
import { letPass } from '../../test/people.ts';
import { deleteOldAttempts } from '../store/attempts.ts';
import type { Database } from '../store/database.ts';
import { type GuessOrigin, takeGuess, takeRegistrationFrom, welcomeOwner } from './slow-guessing.ts';

const STRANGER = {
  ledgerId: 1,
  email: 'owner@example.com',
  customerRealIp: undefined,
  isKnownAddress: false,
};
const OWNER = { ...STRANGER, customerRealIp: '1.1.1.1', isKnownAddress: true };

let fresh: FreshDatabase;
let database: Database;
before(async () => {
  fresh = await freshDatabase();
  database = openTestDatabase(fresh);
});
after(async () => {
  await database.close();
  await fresh.drop();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE attempts');
});

const take = (origin: GuessOrigin) => takeGuess({ database, log: testLog }, origin);

/** Guesses wrongly until it has to wait. @returns how many went through. */
async function guessUntilSlowed(origin: GuessOrigin): Promise<number> {
  for (let count = 0; count < 100; count++) if (!(await take(origin))) return count;
  throw new Error('nothing slows it');
}

test('after five failures each further attempt waits twice as long, 15 minutes at most', async () => {
  assert.equal(await guessUntilSlowed(STRANGER), 5);
  for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]) {
    await letPass(database, seconds - 1);
    assert.equal(await take(STRANGER), undefined, `${seconds - 1} seconds are not enough`);
    await letPass(database, 1);
    assert.ok(await take(STRANGER), `${seconds} seconds are`);
  }
});

test('attempts that come too early prolong nothing', async () => {
  await guessUntilSlowed(STRANGER);
  for (let i = 0; i < 20; i++) assert.equal(await take(STRANGER), undefined);
  await letPass(database, 2);
  assert.ok(await take(STRANGER));
});

test('one failure is forgotten each hour, all of them after a day', async () => {
  await guessUntilSlowed(STRANGER);
  await letPass(database, 2 * 3_600);
  assert.equal(await guessUntilSlowed(STRANGER), 2);
  await letPass(database, 25 * 3_600);
  await deleteOldAttempts(database.pool);
  assert.equal((await database.pool.query('SELECT FROM attempts')).rows.length, 0);
  assert.equal(await guessUntilSlowed(STRANGER), 5);
});

test('strangers share one count an account, whatever addresses they come from', async () => {
  let through = 0;
  for (let i = 0; i < 50; i++) if (await take({ ...STRANGER, customerRealIp: `10.0.0.${i}` })) through++;
  assert.equal(through, 5);
});

test('what strangers guess never slows the owner at a known address, nor the other way round', async () => {
  await guessUntilSlowed(STRANGER);
  assert.equal(await guessUntilSlowed({ ...STRANGER, customerRealIp: '2.2.2.2' }), 0);
  assert.equal(await guessUntilSlowed(OWNER), 5);
  await letPass(database, 2);
  assert.equal(await guessUntilSlowed(STRANGER), 1);
  await (await take(OWNER))?.succeeded(database.pool);
  assert.equal(await guessUntilSlowed(OWNER), 5);
  assert.equal(await take({ ...OWNER, customerRealIp: '3.3.3.3', isKnownAddress: false }), undefined);
});

test('the owner gets in from a known address that others, too, guess from', async () => {
  for (let i = 0; i < 30; i++) await take({ ...OWNER, email: `a${i}@example.com`, isKnownAddress: false });
  assert.equal(await take({ ...OWNER, isKnownAddress: false }), undefined, 'the address has to wait');
  assert.ok(await take(OWNER));
});

test('the owner who has set a new password gets in while others go on guessing', async () => {
  await guessUntilSlowed(STRANGER);
  const { ledgerId, email } = STRANGER;
  await welcomeOwner(database.pool, { ledgerId, email, customerRealIp: '9.9.9.9' });
  await guessUntilSlowed(STRANGER);
  assert.ok(await take({ ...STRANGER, customerRealIp: '9.9.9.9' }));
  await letPass(database, 25 * 3_600);
  await guessUntilSlowed(STRANGER);
  assert.equal(
    await take({ ...STRANGER, customerRealIp: '9.9.9.9' }),
    undefined,
    'a day later it is forgotten',
  );
});

test('the owner without an address has what strangers counted forgotten by a new password', async () => {
  await guessUntilSlowed(STRANGER);
  await welcomeOwner(database.pool, STRANGER);
  assert.ok(await take(STRANGER));
});

test('the owner who has set a new password gets in at a known address where the old one was tried too often', async () => {
  for (let i = 0; i < 3; i++) {
    await guessUntilSlowed(OWNER);
    await letPass(database, 4);
  }
  await guessUntilSlowed(OWNER);
  await guessUntilSlowed({ ...OWNER, email: 'another@example.com' });
  // On the page behind the link no address is known.
  await welcomeOwner(database.pool, { ...OWNER, customerRealIp: undefined });
  assert.ok(await take(OWNER));
  assert.equal(await take({ ...OWNER, email: 'another@example.com' }), undefined);
});

test('whoever has an IPv6 network is one guesser, also where its addresses are known', async () => {
  const addresses = Array.from({ length: 40 }, (_, i) => `2001:db8:1:1::${(i + 1).toString(16)}`);
  const throughAs = async (origin: (ip: string, place: number) => GuessOrigin) => {
    let through = 0;
    for (const [place, ip] of addresses.entries()) if (await take(origin(ip, place))) through++;
    return through;
  };
  assert.equal(await throughAs((customerRealIp) => ({ ...OWNER, customerRealIp })), 5);
  const spray = await throughAs((customerRealIp, place) => ({
    ...{ ...STRANGER, email: `a${place}@example.com`, customerRealIp },
  }));
  assert.equal(spray, 20);
});

test('a network that is known since its addresses were shortened counts as one', async () => {
  let through = 0;
  for (let i = 0; i < 40; i++) {
    if (await take({ ...OWNER, customerRealIp: `1.1.1.${i}` })) through++;
    if (await take({ ...OWNER, customerRealIp: `2001:db8:1:${i}::1` })) through++;
  }
  assert.equal(through, 10);
});

test('one address that tries many accounts is slowed, and a success of its own does not help it', async () => {
  let through = 0;
  for (let i = 0; i < 40; i++) {
    const guess = await take({ ...STRANGER, email: `a${i}@example.com`, customerRealIp: '6.6.6.6' });
    if (!guess) continue;
    through++;
    const own = await take({ ...STRANGER, email: 'attacker@example.com', customerRealIp: '6.6.6.6' });
    await own?.succeeded(database.pool);
  }
  assert.equal(through, 20);
  assert.ok(await take({ ...STRANGER, customerRealIp: '7.7.7.7' }), 'another address goes through');
  await letPass(database, 5 * 60);
  assert.ok(await take({ ...STRANGER, customerRealIp: '6.6.6.6' }), 'one is forgotten each minute');
});

test('an attempt that an account refuses does not count for its address', async () => {
  await guessUntilSlowed(STRANGER);
  for (let i = 0; i < 30; i++)
    assert.equal(await take({ ...STRANGER, customerRealIp: '5.5.5.5' }), undefined);
  assert.ok(await take({ ...STRANGER, email: 'other@example.com', customerRealIp: '5.5.5.5' }));
});

test('who comes without an address, as the machine itself, is not held up by what is done to other accounts', async () => {
  const local = { ...STRANGER, customerRealIp: '127.0.0.1' };
  for (let i = 0; i < 40; i++) {
    assert.ok(await take({ ...local, email: `a${i}@example.com` }));
    assert.ok(await takeRegistrationFrom(database.pool, 1, '127.0.0.1'));
  }
  assert.equal(await guessUntilSlowed({ ...local, isKnownAddress: true }), 5);
  assert.equal(await take(STRANGER), undefined, 'it shares the count of strangers');
});

test('an attempt that was none is given back', async () => {
  for (let i = 0; i < 30; i++) await (await take({ ...STRANGER, customerRealIp: '4.4.4.4' }))?.undo();
  assert.equal(await guessUntilSlowed({ ...STRANGER, customerRealIp: '4.4.4.4' }), 5);
});

test('accounts of two ledgers with one e-mail address count apart', async () => {
  await guessUntilSlowed(STRANGER);
  assert.ok(await take({ ...STRANGER, ledgerId: 2 }));
});

test('nobody registers many addresses at once from one place', async () => {
  const register = () => takeRegistrationFrom(database.pool, 1, '8.8.8.8');
  const went = await Promise.all(Array.from({ length: 30 }, register));
  assert.equal(went.filter((may) => may).length, 20);
  assert.equal(await takeRegistrationFrom(database.pool, 1, undefined), true);
});

test('no address of either kind can be read in what is counted', async () => {
  await guessUntilSlowed(OWNER);
  await guessUntilSlowed({ ...STRANGER, customerRealIp: '1.1.1.1' });
  const { rows } = await database.pool.query<{ subject: string }>('SELECT subject FROM attempts');
  assert.ok(rows.length >= 3);
  for (const { subject } of rows) assert.match(subject, /^[a-z-]+(:[A-Za-z0-9+/=]{44}){1,2}$/);
});
