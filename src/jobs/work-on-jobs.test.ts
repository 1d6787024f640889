import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
} from '../../test/harness.ts';
import { type Replying, startSmtpServer, type TestSmtpServer } from '../../test/smtp-server.ts';
import type { OpenServices } from '../open-services.ts';
import { inTransaction } from '../store/database.ts';
import { startJobQueue } from './job-queue.ts';
import { tasksOf } from './tasks.ts';
import { workOnJobs } from './work-on-jobs.ts';

const ADDRESSES = { day: '2026-06-17', ips: ['192.0.2.1'] };

describe('the job queue', () => {
  let fresh: FreshDatabase;
  let open: OpenServices;
  const closers: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    fresh = await freshDatabase();
    open = await openTestServices(fresh);
  });
  afterEach(async () => {
    // A queue that is left open keeps the process of the tests alive.
    for (const close of closers.splice(0).reverse()) await close();
    await open.stop();
    await fresh.drop();
  });

  const ask = async (sql: string): Promise<number> => {
    const { rows } = await open.services.database.pool.query<{ count: number }>(sql);
    return rows[0]?.count ?? 0;
  };
  const countJobs = () => ask('SELECT count(*)::integer AS count FROM purser_jobs.jobs');
  const countConnections = () =>
    ask(`SELECT count(*)::integer AS count FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'purser jobs'`);
  const waitFor = async (count: () => Promise<number>, isRight: (count: number) => boolean) => {
    for (let tries = 0; tries < 200; tries++) {
      if (isRight(await count())) return;
      await sleep(50);
    }
    assert.fail(`still ${await count()}`);
  };

  /** Works on jobs until `stop`, or the end of the test. */
  const work = ({ services }: OpenServices) => {
    const worker = workOnJobs(services);
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= worker.stop();
      return stopping;
    };
    closers.push(stop);
    return { stop };
  };
  /** Services that send mails to this server, and a mail that they may send. */
  const openWithSmtp = async (smtp: TestSmtpServer) => {
    const env = { PURSER_SMTP_URL: smtp.url, PURSER_MAIL_FROM: 'shop@example.com' };
    const opened = await openTestServices(fresh, { env });
    closers.push(opened.stop);
    return opened;
  };
  const startSmtp = async (replying?: Replying) => {
    const smtp = await startSmtpServer(replying);
    closers.push(smtp.stop);
    return smtp;
  };
  const addMails = async ({ services }: OpenServices, count: number) => {
    const { sandbox: ledgerId } = await makeOrganisation(services);
    const { accountId, email: recipient } = await makeCustomer(services, ledgerId);
    const mail = { ledgerId, accountId, recipient, message: { kind: 'already-registered' } } as const;
    await inTransaction(services.database, async (tx) => {
      for (let added = 0; added < count; added++) await services.mails.add(tx, mail);
    });
    services.mails.wake();
  };

  it('is not opened by who has no jobs, and with the first one', async () => {
    const idle = work(open);
    await sleep(300);
    assert.equal(
      await ask(`SELECT count(*)::integer AS count FROM pg_namespace WHERE nspname = 'purser_jobs'`),
      0,
    );
    await open.services.jobs.add('resolve-addresses', ADDRESSES);
    await waitFor(countJobs, (count) => count === 0);
    assert.ok((await countConnections()) > 0);
    await idle.stop();
    await waitFor(countConnections, (count) => count === 0);
    // With its tables there, but no work in them, it stays closed again.
    const next = work(open);
    await sleep(300);
    assert.equal(await countConnections(), 0);
    await next.stop();
  });

  it('is opened at the start where work was left behind', async () => {
    await open.services.jobs.add('resolve-addresses', ADDRESSES);
    assert.equal(await countJobs(), 1);
    const worker = work(open);
    await waitFor(countJobs, (count) => count === 0);
    await worker.stop();
  });

  it('has a job if and only if its transaction commits', async () => {
    const { database, jobs } = open.services;
    const rollback = inTransaction(database, async (tx) => {
      await jobs.add('resolve-addresses', ADDRESSES, tx);
      throw new Error('rolled back');
    });
    await assert.rejects(rollback, /rolled back/);
    assert.equal(await countJobs(), 0);
    // As many transactions as the pool has connections: none may need a second one, even for a process's first job.
    const { services, stop } = await openTestServices(fresh);
    closers.push(stop);
    await Promise.all(
      Array.from({ length: 10 }, () =>
        inTransaction(services.database, async (tx) => {
          await tx.query('SELECT pg_sleep(0.2)');
          await services.jobs.add('resolve-addresses', ADDRESSES, tx);
        }),
      ),
    );
    assert.equal(await countJobs(), 10);
  });

  it('can be added to for the first time by many at once, in processes of their own', async () => {
    const others = await Promise.all(Array.from({ length: 3 }, () => openTestServices(fresh)));
    await Promise.all(
      others.flatMap(({ services }) =>
        Array.from({ length: 8 }, () =>
          inTransaction(services.database, (tx) => services.jobs.add('resolve-addresses', ADDRESSES, tx)),
        ),
      ),
    );
    assert.equal(await countJobs(), 24);
    for (const other of others) await other.stop();
  });

  it('ends, and not the process with it, when the database is away as a job ends', async () => {
    const { database, log, jobs } = open.services;
    let isAway = false;
    const failing = {
      ...database,
      openPool(name: string, size: number) {
        const pool = database.openPool(name, size);
        const connect = pool.connect.bind(pool);
        const mayConnect = () => (isAway ? Promise.reject(new Error('away')) : connect());
        return Object.assign(pool, { connect: mayConnect });
      },
    };
    await jobs.add('resolve-addresses', ADDRESSES);
    const ended = Promise.withResolvers<void>();
    const task = async () => {
      isAway = true;
    };
    await startJobQueue(failing, log, { 'resolve-addresses': task }, () => ended.resolve());
    await ended.promise;
    // Two minutes later it counts as abandoned, and another process does it.
    assert.equal(await countJobs(), 1);
    await open.services.database.pool.query(
      "UPDATE purser_jobs._private_jobs SET locked_at = locked_at - interval '2 minutes'",
    );
    work(open);
    await waitFor(countJobs, (count) => count === 0);
  });

  it('gives a job up at last, with a figure, and tries it again before', async () => {
    const { services } = open;
    const broken = { ...services, database: { ...services.database, pool: undefined as never } };
    const task = tasksOf(broken)['resolve-addresses'];
    assert.ok(task);
    const { signal } = new AbortController();
    await assert.rejects(task(ADDRESSES, { isLast: false, signal }));
    await task(ADDRESSES, { isLast: true, signal });
    assert.equal(services.jobs.figures.givenUp, 1);
  });

  it('sends a hundred mails without pausing between them', async () => {
    const smtp = await startSmtp();
    const opened = await openWithSmtp(smtp);
    work(opened);
    await addMails(opened, 100);
    await waitFor(
      async () => smtp.mails.length,
      (count) => count === 100,
    );
  });

  it('breaks a job off when the process stops, and leaves it to the next', async () => {
    let hangs = true;
    const smtp = await startSmtp((command) => (command === 'END' && hangs ? 'hang' : undefined));
    const opened = await openWithSmtp(smtp);
    const first = work(opened);
    await addMails(opened, 1);
    await waitFor(
      async () => smtp.connections,
      (count) => count > 0,
    );
    const startedAt = performance.now();
    await first.stop();
    assert.ok(performance.now() - startedAt < 4_500, 'the stop did not wait for the mail server');
    hangs = false;
    work(await openWithSmtp(smtp));
    await waitFor(
      async () => smtp.mails.length,
      (count) => count === 1,
    );
  });
});
