import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startServer, type TestServer } from '../harness.ts';
import { closeConnections, type Result } from '../history/call.ts';
import { judge } from '../history/round.ts';
import { makeShop, makeSubjects } from '../history/world.ts';
import { Asking, told } from './asking.ts';
import { postgresProcesses, signal, withServices } from './data-folder.ts';
import { openPlace } from './place.ts';

const isLinux = process.platform === 'linux';

/** Holds the row of an account as somebody with psql would. @returns how to let go of it. */
async function holdRow(databaseUrl: string, accountId: number): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM purser.accounts WHERE account_id = $1 FOR UPDATE', [accountId]);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}

/** Runs `work` on a server with a PostgreSQL of its own in this folder, then judges the history. */
async function inFolder(
  dataDir: string,
  work: (server: TestServer, asking: Asking) => Promise<void>,
): Promise<void> {
  const asking = await withServices(dataDir, async (services) => {
    const shop = await makeShop(services);
    return new Asking(shop.apiKey, await makeSubjects(services, shop, 3));
  });
  const server = await startServer({ dataDir });
  try {
    await work(server, asking);
    const { faults } = await withServices(dataDir, (services) => judge(services, asking.history));
    assert.deepEqual(faults, []);
  } finally {
    signal(postgresProcesses(dataDir), 'SIGCONT');
    await server.stop();
  }
}

/** Asks for new files of PostgreSQL's log until there is no room for one. */
async function failOverLog(dataDir: string): Promise<void> {
  const address = { host: path.join(dataDir, 'socket'), port: 5432, user: 'purser', database: 'purser' };
  for (let i = 0; i < 40; i++) {
    const client = new pg.Client(address);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query("SELECT pg_logical_emit_message(false, 'test', 'x'), pg_switch_wal()");
    } catch {
      return;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Error('there was always room');
}

function assertUnavailable(results: readonly Result[]): void {
  for (const result of results) {
    const { status, outcome, transactionId } = told(result);
    assert.equal(status, 503);
    assert.equal(outcome, transactionId === undefined ? 'none' : 'unknown');
  }
}

describe('a database in trouble', { concurrency: 3 }, () => {
  after(closeConnections);

  it('keeps only that customer waiting whose row somebody else has locked for long', async () => {
    const { asking, close, faults, fresh, server, subjects } = await openPlace();
    try {
      const [one, two, three] = subjects;
      const letGo = await holdRow(fresh.url, one.accountId);
      const stuck = asking.spend(one, 5);
      let isWaiting = true;
      const waiting = asking.send(server.url, stuck).finally(() => {
        isWaiting = false;
      });
      for (let i = 0; i < 10; i++) {
        const others = [asking.spend(two, 1), asking.spend(three, 1)];
        const results = await Promise.all(others.map((each) => asking.send(server.url, each)));
        assert.deepEqual(
          results.map((each) => told(each).status),
          [200, 200],
        );
      }
      assert(isWaiting, 'the others were answered while the one waited');
      assert.deepEqual(told(await waiting), {
        ...{ status: 503, code: 'INTERNAL_OVERLOADED', outcome: 'none', transactionId: undefined },
      });
      await letGo();
      assert.equal(told(await asking.settle(server.url, stuck)).status, 200);
      assert.deepEqual(await faults(), []);
    } finally {
      await close();
    }
  });

  it('that is slow refuses what would wait too long, answers the rest, and recovers', async () => {
    const { asking, close, faults, proxy, server, subjects } = await openPlace();
    try {
      const [one, two, three] = subjects;
      assert.equal(told(await asking.send(server.url, asking.spend(one, 1))).status, 200);
      proxy.delayMs = 1_800;
      const results: Promise<Result>[] = [];
      for (let i = 0; i < 12; i++) {
        results.push(asking.send(server.url, asking.spend([one, two, three][i % 3] ?? one, 1)));
        await sleep(250);
      }
      const answers = (await Promise.all(results)).map(told);
      proxy.delayMs = 0;
      assert(answers.some(({ status }) => status === 200));
      const late = answers.filter(({ status }) => status !== 200);
      assert(late.length > 0, 'something waited too long');
      for (const { status, outcome } of late) assert.deepEqual([status, outcome], [503, 'none']);
      for (const operation of asking.history.operations) {
        assert.equal(told(await asking.settle(server.url, operation)).status, 200);
      }
      assert.deepEqual(await faults(), []);
    } finally {
      await close();
    }
  });

  it('does not keep a server that is asked to stop from finishing what was begun', async () => {
    const { asking, close, faults, fresh, server, subjects } = await openPlace();
    try {
      const [one, two] = subjects;
      assert.equal(told(await asking.send(server.url, asking.spend(two, 1))).status, 200);
      const letGo = await holdRow(fresh.url, one.accountId);
      const begun = [asking.spend(one, 5), asking.spend(one, 6, { key: false }), asking.spend(one, 700)];
      const results = begun.map((operation) => asking.send(server.url, operation));
      await sleep(300);
      const ended = server.stop();
      await sleep(300);
      await letGo();
      assert.deepEqual(
        (await Promise.all(results)).map((each) => told(each).status),
        [200, 200, 402],
      );
      assert.equal(await ended, 0);
      assert.equal(told(await asking.send(server.url, asking.spend(two, 1))).status, 0, 'nobody listens');
      assert.deepEqual(await faults(), []);
    } finally {
      await close();
    }
  });

  it('that stands still and goes on later has lost nothing, nor done anything twice', async (context) => {
    if (!isLinux) return skip(context, 'the processes of PostgreSQL are found through /proc');
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'purser-still-'));
    try {
      await inFolder(dataDir, async (server, asking) => {
        const [one, two, three] = asking.history.subjects;
        assert(one && two && three);
        assert.equal(told(await asking.send(server.url, asking.spend(one, 1))).status, 200);
        // Some are on their way at that moment, some come later.
        const early = [1, 2, 3, 4, 5, 6].map((n) => asking.spend(n % 2 ? one : two, n));
        const sent = early.map((operation) => asking.send(server.url, operation));
        await sleep(5);
        const still = postgresProcesses(dataDir);
        signal(still, 'SIGSTOP');
        await sleep(100);
        const late = [asking.spend(three, 3), asking.hold(two, 2), asking.grant(one, 8)];
        assertUnavailable(await Promise.all(late.map((operation) => asking.send(server.url, operation))));
        for (const result of await Promise.all(sent)) {
          if (told(result).status !== 200) assertUnavailable([result]);
        }
        signal(still, 'SIGCONT');
        for (const operation of [...early, ...late]) {
          assert.equal(told(await asking.settle(server.url, operation)).status, 200);
        }
        assert.deepEqual(postgresProcesses(dataDir)[0], still[0], 'it is the same PostgreSQL');
      });
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('that has no room on its disk refuses what changes credit and recovers without a restart', async (context) => {
    const mount = await mkdtemp(path.join(os.tmpdir(), 'purser-full-'));
    try {
      if (!isLinux || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=320m', 'none', mount]).status !== 0) {
        return skip(context, 'a small file system of its own can only be mounted by root on Linux');
      }
      await inFolder(path.join(mount, 'data'), async (server, asking) => {
        const [one] = asking.history.subjects;
        assert(one);
        assert.equal(told(await asking.send(server.url, asking.grant(one, 100_000))).status, 200);
        const filler = path.join(mount, 'filler');
        const { bavail, bsize } = await statfs(mount);
        await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
        let refused = 0;
        for (let i = 0; i < 2_000 && refused < 3; i++) {
          const result = await asking.send(server.url, asking.spend(one, 1));
          if (told(result).status === 200) continue;
          assertUnavailable([result]);
          refused += 1;
        }
        assert.equal(refused, 3, 'the disk was full');
        // PostgreSQL itself falls when its log finds no room; it must come back by itself as well.
        await failOverLog(path.join(mount, 'data'));
        assertUnavailable([await asking.send(server.url, asking.spend(one, 1))]);
        assert.match(server.logs(), /the embedded PostgreSQL went away/);
        await rm(filler);
        for (const operation of asking.history.operations) {
          if (told(operation.attempts.at(-1)?.result).status === 200) continue;
          assert.equal(told(await asking.settle(server.url, operation)).status, 200);
        }
      });
    } finally {
      spawnSync('umount', [mount]);
      await rm(mount, { recursive: true, force: true });
    }
  });
});

function skip(context: TestContext, reason: string): void {
  console.log(`skipped: ${reason}`);
  context.skip(reason);
}
