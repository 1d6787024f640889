import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  startServer,
  type TestCustomer,
  type TestOrganisation,
} from '../../test/harness.ts';
import { type Replying, startSmtpServer, type TestSmtpServer } from '../../test/smtp-server.ts';
import { workOnJobs } from '../jobs/work-on-jobs.ts';
import type { OpenServices } from '../open-services.ts';
import type { Services } from '../operations/services.ts';
import { PublicAddress } from '../public-address.ts';
import { inTransaction } from '../store/database.ts';
import { deleteOldMails } from '../store/mails.ts';
import { type MailMessage, Mails } from './mails.ts';
import { sendMail } from './send-mail.ts';
import { isFinal, openSmtp } from './smtp.ts';

const TOKEN = 'JjCQQFR5pKQc8z23aurXhKsTV8i1jRpf';
const CONFIRM: MailMessage = { kind: 'confirm-registration', token: TOKEN };
const { signal } = new AbortController();
const FIRST = { isLast: false, signal };
const LAST = { isLast: true, signal };

interface MailState {
  readonly sent: boolean;
  readonly givenUp: boolean;
  readonly attempts: number;
  readonly hasText: boolean;
  readonly error: string | null;
}

describe('mails', () => {
  let fresh: FreshDatabase;
  let organisation: TestOrganisation;
  let customer: TestCustomer;

  before(async () => {
    fresh = await freshDatabase();
    const { services, stop } = await openTestServices(fresh);
    organisation = await makeOrganisation(services);
    customer = await makeCustomer(services, organisation.sandbox);
    await stop();
  });
  after(() => fresh.drop());

  /** Runs with services that send to a server that replies so. */
  const withSmtp = async (
    replying: Replying,
    run: (open: OpenServices, smtp: TestSmtpServer) => Promise<void>,
  ) => {
    const smtp = await startSmtpServer(replying);
    const open = await openTestServices(fresh, { env: mailSettings(smtp.url) });
    try {
      await run(open, smtp);
    } finally {
      await open.stop();
      await smtp.stop();
    }
  };
  const add = ({ database, mails }: Services, message: MailMessage = CONFIRM, recipient = customer.email) =>
    inTransaction(database, (tx) =>
      mails.add(tx, { ledgerId: organisation.sandbox, accountId: customer.accountId, recipient, message }),
    );
  const newest = async ({ database }: Services): Promise<MailState & { mailId: number }> => {
    const { rows } = await database.pool.query<MailState & { mailId: string }>(
      `SELECT mail_id AS "mailId", sent_at IS NOT NULL AS sent, given_up_at IS NOT NULL AS "givenUp", attempts,
         text_part IS NOT NULL OR html_part IS NOT NULL AS "hasText", last_error AS error
       FROM mails ORDER BY mail_id DESC LIMIT 1`,
    );
    const [row] = rows;
    assert.ok(row);
    return { ...row, mailId: Number(row.mailId) };
  };
  const waitUntilSent = async (services: Services) => {
    for (let tries = 0; tries < 200; tries++) {
      if ((await newest(services)).sent) return;
      await sleep(50);
    }
    assert.fail(JSON.stringify(await newest(services)));
  };

  it('are sent after the commit, with both parts, and their links are gone then', async () => {
    await withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        const worker = workOnJobs(services);
        await add(services);
        services.mails.wake();
        await waitUntilSent(services);
        await worker.stop();
        const [mail, ...others] = smtp.mails;
        assert.ok(mail);
        assert.equal(others.length, 0);
        assert.deepEqual(mail.envelope, ['MAIL FROM:<shop@mail.example.com>', `RCPT TO:<${customer.email}>`]);
        assert.match(
          mail.raw,
          new RegExp(`^From: "?${organisation.slug}"? <shop@mail.example.com>\\r$`, 'm'),
        );
        assert.match(mail.raw, new RegExp(`^To: <?${customer.email}>?\\r$`, 'm'));
        assert.match(mail.raw, /^Auto-Submitted: auto-generated\r$/m);
        assert.match(mail.raw, /^Message-ID: <purser-mail-\d+-\d+@mail\.example\.com>\r$/m);
        assert.match(mail.raw, /^Content-Type: text\/plain; charset=utf-8\r$/m);
        assert.match(mail.raw, /^Content-Type: text\/html; charset=utf-8\r$/m);
        assert.equal(mail.raw.replaceAll('=\r\n', '').split(`/confirm/${TOKEN}`).length - 1, 3);
        const { sent, hasText, attempts } = await newest(services);
        assert.deepEqual({ sent, hasText, attempts }, { sent: true, hasText: false, attempts: 1 });
        assert.equal(services.mails.figures.sent, 1);
      },
    );
  });

  it('of a transaction that rolls back are never sent', async () => {
    await withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        const worker = workOnJobs(services);
        const { database, mails } = services;
        const { sandbox: ledgerId } = organisation;
        const { accountId, email: recipient } = customer;
        const rollback = inTransaction(database, async (tx) => {
          await mails.add(tx, { ledgerId, accountId, recipient, message: CONFIRM });
          throw new Error('rolled back');
        });
        await assert.rejects(rollback, /rolled back/);
        mails.wake();
        await add(services);
        mails.wake();
        await waitUntilSent(services);
        await worker.stop();
        assert.equal(smtp.mails.length, 1);
      },
    );
  });

  it('are tried again when the server refuses them for now', async () => {
    await withSmtp(
      (command) => (command.startsWith('RCPT') && refusals-- > 0 ? '451 greylisted' : undefined),
      async ({ services }, smtp) => {
        const worker = workOnJobs(services);
        await add(services);
        services.mails.wake();
        await waitUntilSent(services);
        await worker.stop();
        assert.equal(smtp.mails.length, 1);
        assert.deepEqual((await newest(services)).attempts, 2);
        assert.deepEqual(services.mails.figures, { sent: 1, failedAttempts: 1, givenUp: 0, kept: 0 });
      },
    );
  });
  let refusals = 1;

  it('are given up at once when the server refuses the recipient or the mail for good', async () => {
    for (const stage of ['RCPT', 'END'])
      await withSmtp(
        (command) => (command.startsWith(stage) ? '550 5.1.1 no such mailbox' : undefined),
        async ({ services }) => {
          await add(services);
          const { mailId } = await newest(services);
          await sendMail(services, { mailId }, FIRST);
          const { sent, givenUp, hasText, error } = await newest(services);
          assert.deepEqual({ sent, givenUp, hasText }, { sent: false, givenUp: true, hasText: false });
          assert.match(error ?? '', /no such mailbox/);
          assert.equal(services.mails.figures.givenUp, 1);
          // A second job for it finds nothing to do.
          await sendMail(services, { mailId }, FIRST);
          assert.equal((await newest(services)).attempts, 1);
        },
      );
  });

  it('are tried again when it is the login or our own address that is refused, and given up at last', async () => {
    for (const [stage, reply] of [
      ['CONNECT', '554 not from you'],
      ['MAIL', '553 sender not allowed'],
    ] as const)
      await withSmtp(
        (command) => (command.startsWith(stage) ? reply : undefined),
        async ({ services }) => {
          await add(services);
          const { mailId } = await newest(services);
          await assert.rejects(sendMail(services, { mailId }, FIRST), /not/);
          assert.equal((await newest(services)).givenUp, false);
          await sendMail(services, { mailId }, LAST);
          const { givenUp, attempts } = await newest(services);
          assert.deepEqual({ givenUp, attempts }, { givenUp: true, attempts: 2 });
        },
      );
  });

  it('are given up at last where no process has an SMTP server any more, and their links are gone', async () => {
    await withSmtp(
      () => undefined,
      async ({ services }) => add(services),
    );
    const { services, stop } = await openTestServices(fresh);
    const { mailId } = await newest(services);
    await assert.rejects(sendMail(services, { mailId }, FIRST), /no SMTP server/);
    assert.equal((await newest(services)).hasText, true);
    await sendMail(services, { mailId }, LAST);
    const { givenUp, hasText } = await newest(services);
    assert.deepEqual({ givenUp, hasText }, { givenUp: true, hasText: false });
    await stop();
  });

  it('leave no address of their recipient in what is said of a failure', async () => {
    await withSmtp(
      (command) => (command.startsWith('RCPT') ? `450 <${customer.email}> is busy` : undefined),
      async ({ services }) => {
        await add(services);
        const { mailId } = await newest(services);
        const failing = sendMail(services, { mailId }, FIRST);
        await assert.rejects(failing, (error: Error) => {
          assert.match(String(error.stack), /450 <\(recipient\)> is busy/);
          return !String(error.stack).includes(customer.email);
        });
        await sendMail(services, { mailId }, LAST);
        assert.match((await newest(services)).error ?? '', /^(?!.*@).*busy/);
      },
    );
  });

  it('do not wait for a server that hangs', async () => {
    const outgoing = {
      ...{ messageId: 'x', senderName: 'Shop', recipient: 'customer@example.com', subject: 'x' },
      ...{ text: 'x', html: 'x', createdAt: new Date() },
    };
    for (const stage of ['CONNECT', 'EHLO', 'RCPT', 'DATA', 'END']) {
      const server = await startSmtpServer((command) => (command.startsWith(stage) ? 'hang' : undefined));
      const smtp = openSmtp({ url: server.url, from: 'shop@example.com' }, 300);
      const error = await smtp.send(outgoing, signal).catch((thrown: unknown) => thrown);
      await server.stop();
      assert.ok(error instanceof Error, stage);
      assert.equal(isFinal(error), false, stage);
    }
    // One that takes connections and then tells a byte now and then.
    const dribbling = createServer((socket) => {
      const timer = setInterval(() => socket.write('2'), 20);
      socket.on('close', () => clearInterval(timer)).on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(dribbling, 'listening');
    const url = `smtp://127.0.0.1:${(dribbling.address() as AddressInfo).port}`;
    await assert.rejects(openSmtp({ url, from: 'shop@example.com' }, 300).send(outgoing, signal));
    dribbling.close();
  });

  it('whose link has expired are not sent', async () => {
    await withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        await add(services, {
          kind: 'reset-password',
          token: TOKEN,
          expiresAt: new Date(Date.now() - 1_000),
        });
        await sendMail(services, await newest(services), FIRST);
        const { givenUp, error } = await newest(services);
        assert.deepEqual([givenUp, error, smtp.connections], [true, 'its link has expired', 0]);
      },
    );
  });

  it('of a process that died between commit and sending are sent by another', async () => {
    const smtp = await startSmtpServer();
    const { services, stop } = await openTestServices(fresh, { env: mailSettings(smtp.url) });
    // This process works on no jobs: what it commits is what a killed one leaves behind.
    await add(services);
    const { mailId } = await newest(services);
    const server = await startServer({ databaseUrl: fresh.url, env: mailSettings(smtp.url) });
    await waitUntilSent(services);
    assert.equal((await newest(services)).mailId, mailId);
    assert.equal(await server.stop(), 0);
    await stop();
    assert.equal(smtp.mails.length, 1);
    await smtp.stop();
  });

  it('of a process that died in the middle of sending are sent by another, under the same Message-ID', async () => {
    let hangs = true;
    const smtp = await startSmtpServer((command) => (command === 'END' && hangs ? 'hang' : undefined));
    const { services, stop } = await openTestServices(fresh, { env: mailSettings(smtp.url) });
    await add(services);
    const first = await startServer({ databaseUrl: fresh.url, env: mailSettings(smtp.url) });
    while ((await newest(services)).attempts === 0) await sleep(50);
    first.kill('SIGKILL');
    await first.ended;
    hangs = false;
    // As if the two minutes were over, after which no job can still be under way.
    await services.database.pool.query(
      `UPDATE purser_jobs._private_jobs SET locked_at = locked_at - interval '2 minutes' WHERE locked_at IS NOT NULL`,
    );
    const second = await startServer({ databaseUrl: fresh.url, env: mailSettings(smtp.url) });
    await waitUntilSent(services);
    assert.equal(await second.stop(), 0);
    assert.equal((await newest(services)).attempts, 2);
    await stop();
    await smtp.stop();
  });

  it('take no header, and no second recipient, from a name or an address', async () => {
    await withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        const { pool } = services.database;
        const names = [
          'Shop\r\nBcc: thief@example.com',
          'Boss <thief@example.com>, Shop',
          'Žlutý "kůň" \u2028x',
        ];
        const sendAndCheck = async (recipient?: string) => {
          const before = smtp.mails.length;
          await add(services, CONFIRM, recipient);
          await sendMail(services, await newest(services), FIRST);
          assert.equal(smtp.mails.length, before + 1);
          const mail = smtp.mails.at(-1);
          // One sender and one recipient.
          assert.equal(mail?.envelope.length, 2);
          const headers = mail.raw.slice(0, mail.raw.indexOf('\r\n\r\n'));
          assert.doesNotMatch(headers, /^(bcc|cc):/im);
          assert.equal(headers.match(/^(from|to|subject):/gim)?.length, 3);
          assert.match(headers, /^From: ("[^"]*"|[^"<]*)\s+<shop@mail\.example\.com>\r$/m);
        };
        for (const name of names) {
          await pool.query('UPDATE organisations SET name = $1', [name]);
          await sendAndCheck();
        }
        await sendAndCheck('customer@example.com>\r\nRCPT TO:<thief@example.com');
        await sendAndCheck('customer@example.com\r\nBcc: thief@example.com');
        await sendAndCheck('customer@example.com, thief@example.com');
        await pool.query('UPDATE organisations SET name = slug');
      },
    );
  });

  it('are kept without SMTP settings, and deleted when they are old', async () => {
    const { services, stop } = await openTestServices(fresh);
    const { pool } = services.database;
    for (const baseUrl of ['http://localhost:8080', 'https://credit.example.com']) {
      const lines: string[] = [];
      const publicAddress = new PublicAddress({ baseUrl, host: '127.0.0.1', port: 3_000 });
      const log = pino({}, { write: (line) => void lines.push(line) });
      await add({ ...services, mails: new Mails({ ...services, publicAddress, log }, undefined) });
      const where = 'read it at http://localhost:8080/dev/mailbox';
      assert.deepEqual([lines.length, lines[0]?.includes(where)], [1, baseUrl.startsWith('http:')]);
    }
    await pool.query('DELETE FROM mails WHERE kept');
    await add(services);
    const [kept] = await services.mails.listKept(50);
    assert.ok(kept?.text.includes(`/confirm/${TOKEN}`));
    assert.equal(services.mails.figures.kept, 1);
    const count = async () =>
      (await pool.query<{ kept: boolean }>('SELECT kept FROM mails')).rows.map((row) => row.kept);
    const before = await count();
    await deleteOldMails(pool, { all: 30, kept: 7 });
    assert.equal((await count()).length, before.length);
    await pool.query("UPDATE mails SET created_at = now() - interval '8 days'");
    await deleteOldMails(pool, { all: 30, kept: 7 });
    const left = await count();
    assert.deepEqual([left.length, left.includes(true)], [before.length - 1, false]);
    await pool.query("UPDATE mails SET created_at = now() - interval '31 days'");
    await deleteOldMails(pool, { all: 30, kept: 7 });
    assert.deepEqual(await count(), []);
    await stop();
  });
});

function mailSettings(url: string): Record<string, string> {
  return { PURSER_SMTP_URL: url, PURSER_MAIL_FROM: 'shop@mail.example.com' };
}
