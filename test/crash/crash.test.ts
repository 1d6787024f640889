import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresProcesses, signal, withServices } from '../doubt/data-folder.ts';
import { startServer } from '../harness.ts';
import { closeConnections } from '../history/call.ts';
import { type Ground, unknownId } from '../history/client.ts';
import { Chance } from '../history/options.ts';
import { type History, newHistory } from '../history/record.ts';
import { judge, runClients } from '../history/round.ts';
import { makeShop, makeSubjects } from '../history/world.ts';
import { DISASTERS, Victim } from './victim.ts';

const { CRASH_SEED, CRASH_SECONDS } = process.env;
const seed = CRASH_SEED ? Number(CRASH_SEED) : Math.floor(Math.random() * 2 ** 31);
const seconds = CRASH_SECONDS ? Number(CRASH_SECONDS) : 0;
const CLIENTS = 16;
const HOT = 3;
const SUBJECTS = 20;
/** An unknown outcome needs a COMMIT on its way at the very moment; it is tried this often. */
const MOST_TRIES = 6;
const UNSAFE = { PURSER_ALLOW_UNSAFE_DATABASE: '1' };

const skip = process.platform !== 'linux' && 'the processes of PostgreSQL are found through /proc';

/** How a run looked to the clients. */
function outcomesOf({ operations }: History) {
  const results = operations.flatMap(({ attempts }) => attempts.map(({ result }) => result));
  return {
    answers: results.filter((result) => result.kind === 'answered' && result.status === 200).length,
    unknown: results.filter((result) => unknownId(result) !== undefined).length,
    lostAfterSending: results.filter((result) => result.kind === 'lost' && result.sent).length,
  };
}

describe('kill -9', { skip, timeout: (seconds + 300) * 1000 }, () => {
  after(closeConnections);

  it(`of the server and of PostgreSQL loses nothing that was answered, and repeats nothing (--seed ${seed})`, async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'purser-crash-'));
    const victim = new Victim(dataDir);
    try {
      const { apiKey, subjects } = await withServices(dataDir, async (services) => {
        // Slow enough that a kill mostly finds a COMMIT on its way; what is answered is on disk all the same.
        await services.database.pool.query('ALTER DATABASE purser SET commit_delay = 5000');
        await services.database.pool.query('ALTER DATABASE purser SET commit_siblings = 0');
        const shop = await makeShop(services);
        return { ...shop, subjects: await makeSubjects(services, shop, SUBJECTS) };
      });
      await victim.start();
      const history = newHistory(subjects);
      let isOver = false;
      const ground: Ground = {
        ...{ history, apiKey, hot: HOT, persistent: true, isOver: () => isOver },
        servers: () => [victim.url, victim.url],
        figures: { takes: 0, refusals: 0, operations: 0 },
      };
      const running = runClients(ground, CLIENTS, seed);
      try {
        await killAgainAndAgain(victim, history);
      } finally {
        isOver = true;
        await running;
      }
      await victim.stop();
      const { faults } = await withServices(dataDir, (services) => judge(services, history));
      const outcomes = { ...outcomesOf(history), doubts: victim.doubts };
      console.log(JSON.stringify(outcomes));
      assert.deepEqual(faults.slice(0, 20), [], `${faults.length} faults (--seed ${seed})`);
      assert(outcomes.unknown > 0, 'an outcome was unknown');
      assert(outcomes.lostAfterSending > 0, 'an answer was lost');
    } finally {
      await victim.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('loses what was answered where commits do not wait for the disk, so the test would see a loss', async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'purser-crash-'));
    try {
      let losses: string[] = [];
      for (let i = 0; i < 3 && losses.length === 0; i++) losses = await loseSomething(dataDir);
      assert.notEqual(losses.length, 0, 'something was lost');
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

/** Every disaster once, then more by chance while there is time or until an outcome was unknown. */
async function killAgainAndAgain(victim: Victim, history: History): Promise<void> {
  const chance = new Chance(seed);
  const endsAtMs = performance.now() + seconds * 1000;
  const pause = () => sleep(500 + chance.below(1_000));
  await pause();
  for (const disaster of DISASTERS) {
    await victim.kill(disaster, chance);
    await pause();
  }
  const isMissing = () => outcomesOf(history).unknown === 0 || outcomesOf(history).lostAfterSending === 0;
  for (let tries = 1; performance.now() < endsAtMs || (tries < MOST_TRIES && isMissing()); tries++) {
    // The last of them is the one that leaves outcomes unknown.
    const disaster = performance.now() < endsAtMs ? chance.pick(DISASTERS) : DISASTERS.at(-1);
    await victim.kill(disaster ?? 'server', chance);
    await pause();
  }
}

/** A run in which PostgreSQL confirms commits that are only in its memory. @returns what was lost. */
async function loseSomething(dataDir: string): Promise<string[]> {
  const work = async (services: Parameters<typeof makeShop>[0]) => {
    const { pool } = services.database;
    await pool.query('ALTER DATABASE purser SET synchronous_commit = off');
    await pool.query("ALTER SYSTEM SET wal_writer_delay = '10s'");
    await pool.query("ALTER SYSTEM SET wal_writer_flush_after = '1GB'");
    await pool.query("ALTER SYSTEM SET bgwriter_delay = '10s'");
    await pool.query('SELECT pg_reload_conf()');
    const shop = await makeShop(services);
    return { ...shop, subjects: await makeSubjects(services, shop, SUBJECTS) };
  };
  const { apiKey, subjects } = await withServices(dataDir, work, UNSAFE);
  const server = await startServer({ dataDir, env: UNSAFE });
  const history = newHistory(subjects);
  let isOver = false;
  const ground: Ground = {
    ...{ history, apiKey, hot: HOT, persistent: false, isOver: () => isOver },
    servers: () => [server.url, server.url],
    figures: { takes: 0, refusals: 0, operations: 0 },
  };
  const running = runClients(ground, CLIENTS, seed);
  await sleep(1_500);
  signal(postgresProcesses(dataDir), 'SIGKILL');
  isOver = true;
  await running;
  await server.stop();
  const { faults } = await withServices(dataDir, (services) => judge(services, history), UNSAFE);
  return faults.filter((fault) => fault.includes('LOST'));
}
