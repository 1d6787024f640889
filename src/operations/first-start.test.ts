import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type FreshDatabase, freshDatabase, openTestServices } from '../../test/harness.ts';
import { hashSecret } from '../ids.ts';
import { findKeyByHash } from '../store/api-keys.ts';
import { listLedgers, listOrganisations } from '../store/organisations.ts';
import { readSession } from '../store/sessions.ts';
import { createOrganisation } from './create-organisation.ts';
import { runFirstStart, type Sample } from './first-start.ts';
import { listKeys } from './list-keys.ts';
import { readBalance } from './read-balance.ts';
import type { Services } from './services.ts';

const fresh: FreshDatabase[] = [];
after(async () => {
  for (const database of fresh) await database.drop();
});

/** Runs `work` on a new database; `reopen` gives the services of another process. */
async function onNewDatabase(
  work: (services: Services, reopen: () => Promise<Services>) => Promise<void>,
): Promise<void> {
  const database = await freshDatabase();
  fresh.push(database);
  const opened = [await openTestServices(database)];
  const reopen = async () => {
    const more = await openTestServices(database);
    opened.push(more);
    return more.services;
  };
  try {
    await work(opened[0]?.services ?? (await reopen()), reopen);
  } finally {
    for (const { stop } of opened) await stop();
  }
}

async function assertWhole(services: Services, sample: Sample | undefined): Promise<void> {
  assert.ok(sample);
  const { pool } = services.database;
  const [organisation, ...others] = await listOrganisations(pool);
  assert.deepEqual(others, []);
  assert.equal(organisation?.slug, 'my-organisation');
  const sandbox = (await listLedgers(pool)).find((ledger) => ledger.kind === 'sandbox')?.ledgerId;
  const key = await findKeyByHash(pool, hashSecret(sample.apiKey));
  assert.equal(key?.kind, 'DEV');
  assert.equal(key?.ledgerId, sandbox);
  assert.equal(key?.deletedAt, null);
  assert.deepEqual(key?.scopes, ['default', 'credit-grant']);
  const session = await readSession(pool, hashSecret(sample.identityId));
  assert.ok(session?.living);
  assert.equal(session.ledgerId, sandbox);
  assert.equal((await readBalance(services, session.accountId)).creditBalance, 510);
  const working = (await listKeys(services)).filter((each) => each.state === 'active');
  assert.equal(working.length, 1);
}

test('the first start makes a key and a sample customer with 510 credits; later starts make nothing', () =>
  onNewDatabase(async (services, reopen) => {
    const samples: Sample[] = [];
    await runFirstStart(services, (sample) => samples.push(sample));
    await runFirstStart(await reopen(), (sample) => samples.push(sample));
    assert.equal(samples.length, 1);
    await assertWhole(services, samples[0]);
  }));

test('of several processes that start at once on one database one makes the sample', () =>
  onNewDatabase(async (services, reopen) => {
    const samples: Sample[] = [];
    const all = [services, await reopen(), await reopen()];
    await Promise.all(all.map((each) => runFirstStart(each, (sample) => samples.push(sample))));
    assert.equal(samples.length, 1);
    await assertWhole(services, samples[0]);
  }));

test('a first start that broke off at any step is taken up again and ends whole', () =>
  onNewDatabase(async (_, reopen) => {
    // Each start breaks one step later than the one before, until one comes through.
    for (let allowed = 1; ; allowed++) {
      assert.ok(allowed < 200, 'no start came through');
      const services = breakAfter(await reopen(), allowed);
      const samples: Sample[] = [];
      const outcome = await runFirstStart(services, (sample) => samples.push(sample)).catch(
        (error: Error) => error.message,
      );
      if (outcome === undefined) {
        assert.ok(allowed > 5);
        await assertWhole(await reopen(), samples[0]);
        return;
      }
      assert.match(outcome, /broken on purpose/);
    }
  }));

test('where the operator has made an organisation already, nothing is added', () =>
  onNewDatabase(async (services) => {
    await createOrganisation(services, { name: 'Shop', currency: 'CZK', timeZone: 'Europe/Prague' });
    await runFirstStart(services, () => assert.fail('a sample was announced'));
    await runFirstStart(services, () => assert.fail('a sample was announced'));
    assert.equal((await listOrganisations(services.database.pool)).length, 1);
  }));

/** The same services, whose pool fails from the given number of checked-out connections or queries on. */
function breakAfter(services: Services, allowed: number): Services {
  let left = allowed;
  const spend = () => {
    left -= 1;
    if (left < 0) throw new Error('broken on purpose');
  };
  const { pool } = services.database;
  const breaking = new Proxy(pool, {
    get(target, name) {
      if (name === 'query') {
        return async (...words: Parameters<typeof pool.query>) => {
          spend();
          return target.query(...words);
        };
      }
      if (name === 'connect') {
        return async () => {
          spend();
          return target.connect();
        };
      }
      return Reflect.get(target, name, target);
    },
  });
  return { ...services, database: { ...services.database, pool: breaking } };
}
