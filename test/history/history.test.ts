import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { OpenServices } from '../../src/open-services.ts';
import {
  type FreshDatabase,
  freshDatabase,
  openTestServices,
  startServer,
  type TestServer,
} from '../harness.ts';
import { closeConnections } from './call.ts';
import { readOptions } from './options.ts';
import { addReach, missingReach, newReach } from './reach.ts';
import { newHistory } from './record.ts';
import { checkLogs, judge, runClients } from './round.ts';
import { makeShop, makeSubjects } from './world.ts';

const { seed, seconds } = readOptions(12);
const CLIENTS = 32;
const HOT = 4;
const COLD = 40;
/** A round has customers of its own and is judged at its end, so that a long run does not outgrow memory. */
const ROUND_SECONDS = 30;

describe('two server processes on one database', () => {
  let fresh: FreshDatabase;
  let open: OpenServices;
  let servers: TestServer[];

  before(async () => {
    fresh = await freshDatabase();
    open = await openTestServices(fresh);
  });
  after(async () => {
    closeConnections();
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await open.stop();
    await fresh.drop();
  });

  it(`give every customer one serial history, every effect once (--seed ${seed} --seconds ${seconds})`, async () => {
    const { services } = open;
    const shop = await makeShop(services);
    servers = await Promise.all([1, 2].map(() => startServer({ databaseUrl: fresh.url })));
    const urls = servers.map(({ url }) => url);
    const reach = newReach();
    const endsAtMs = performance.now() + seconds * 1000;
    for (let round = 0; performance.now() < endsAtMs; round++) {
      const subjects = await makeSubjects(services, shop, HOT + COLD);
      const history = newHistory(subjects);
      const roundEndsAtMs = Math.min(endsAtMs, performance.now() + ROUND_SECONDS * 1000);
      const ground = {
        ...{ history, servers: () => urls, apiKey: shop.apiKey, hot: HOT, persistent: false },
        isOver: () => performance.now() > roundEndsAtMs,
        figures: { takes: 0, refusals: 0, operations: 0 },
      };
      await runClients(ground, CLIENTS, seed + round);
      const { faults, rows } = await judge(services, history);
      faults.push(...(await checkLogs(urls[0] ?? '', shop.apiKey, subjects, services)));
      assert.deepEqual(faults.slice(0, 20), [], `${faults.length} faults (--seed ${seed})`);
      addReach(reach, history, rows);
    }
    console.log(JSON.stringify(reach));
    assert.deepEqual(missingReach(reach), []);
  });
});
