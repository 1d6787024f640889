import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openTestServices, startServer } from '../../test/harness.ts';
import { CONFIRM, mailSettings, type OneMailer, openOneMailer, TOKEN } from '../../test/one-mailer.ts';
import { startSmtpServer } from '../../test/smtp-server.ts';
import { workOnJobs } from '../jobs/work-on-jobs.ts';
import { PublicAddress } from '../public-address.ts';
import { inTransaction } from '../store/database.ts';
import { deleteOldMails } from '../store/mails.ts';
import { Mails } from './mails.ts';
import { sendMail } from './send-mail.ts';

const { signal } = new AbortController();
const FIRST = { isLast: false, signal };

describe('mails', () => {
  let mailer: OneMailer;
  before(async () => {
    mailer = await openOneMailer();
  });
  after(() => mailer.close());

  it('are sent after the commit, with both parts, and their links are gone then', async () => {
    await mailer.withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        const worker = workOnJobs(services);
        await mailer.add(services);
        services.mails.wake();
        await mailer.waitUntilSent(services);
        await worker.stop();
        const [mail, ...others] = smtp.mails;
        assert.ok(mail);
        assert.equal(others.length, 0);
        assert.deepEqual(mail.envelope, [
          'MAIL FROM:<shop@mail.example.com>',
          `RCPT TO:<${mailer.customer.email}>`,
        ]);
        assert.match(
          mail.raw,
          new RegExp(`^From: "?${mailer.organisation.slug}"? <shop@mail.example.com>\\r$`, 'm'),
        );
        assert.match(mail.raw, new RegExp(`^To: <?${mailer.customer.email}>?\\r$`, 'm'));
        assert.match(mail.raw, /^Auto-Submitted: auto-generated\r$/m);
        assert.match(mail.raw, /^Message-ID: <purser-mail-\d+-\d+@mail\.example\.com>\r$/m);
        assert.match(mail.raw, /^Content-Type: text\/plain; charset=utf-8\r$/m);
        assert.match(mail.raw, /^Content-Type: text\/html; charset=utf-8\r$/m);
        assert.equal(mail.raw.replaceAll('=\r\n', '').split(`/confirm/${TOKEN}`).length - 1, 3);
        const { sent, hasText, attempts } = await mailer.newest(services);
        assert.deepEqual({ sent, hasText, attempts }, { sent: true, hasText: false, attempts: 1 });
        assert.equal(services.mails.figures.sent, 1);
      },
    );
  });

  it('of a transaction that rolls back are never sent', async () => {
    await mailer.withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        const worker = workOnJobs(services);
        const { database, mails } = services;
        const { sandbox: ledgerId } = mailer.organisation;
        const { accountId, email: recipient } = mailer.customer;
        const rollback = inTransaction(database, async (tx) => {
          await mails.add(tx, { ledgerId, accountId, recipient, message: CONFIRM });
          throw new Error('rolled back');
        });
        await assert.rejects(rollback, /rolled back/);
        mails.wake();
        await mailer.add(services);
        mails.wake();
        await mailer.waitUntilSent(services);
        await worker.stop();
        assert.equal(smtp.mails.length, 1);
      },
    );
  });

  it('whose link has expired are not sent', async () => {
    await mailer.withSmtp(
      () => undefined,
      async ({ services }, smtp) => {
        await mailer.add(services, {
          kind: 'reset-password',
          token: TOKEN,
          expiresAt: new Date(Date.now() - 1_000),
        });
        await sendMail(services, await mailer.newest(services), FIRST);
        const { givenUp, error } = await mailer.newest(services);
        assert.deepEqual([givenUp, error, smtp.connections], [true, 'its link has expired', 0]);
      },
    );
  });

  it('of a process that died between commit and sending are sent by another', async () => {
    const smtp = await startSmtpServer();
    const { services, stop } = await openTestServices(mailer.fresh, { env: mailSettings(smtp.url) });
    // This process works on no jobs: what it commits is what a killed one leaves behind.
    await mailer.add(services);
    const { mailId } = await mailer.newest(services);
    const server = await startServer({ databaseUrl: mailer.fresh.url, env: mailSettings(smtp.url) });
    await mailer.waitUntilSent(services);
    assert.equal((await mailer.newest(services)).mailId, mailId);
    assert.equal(await server.stop(), 0);
    await stop();
    assert.equal(smtp.mails.length, 1);
    await smtp.stop();
  });

  it('of a process that died in the middle of sending are sent by another, under the same Message-ID', async () => {
    let hangs = true;
    const smtp = await startSmtpServer((command) => (command === 'END' && hangs ? 'hang' : undefined));
    const { services, stop } = await openTestServices(mailer.fresh, { env: mailSettings(smtp.url) });
    await mailer.add(services);
    const first = await startServer({ databaseUrl: mailer.fresh.url, env: mailSettings(smtp.url) });
    while ((await mailer.newest(services)).attempts === 0) await sleep(50);
    first.kill('SIGKILL');
    await first.ended;
    hangs = false;
    // As if the two minutes were over, after which no job can still be under way.
    await services.database.pool.query(
      `UPDATE purser_jobs._private_jobs SET locked_at = locked_at - interval '2 minutes' WHERE locked_at IS NOT NULL`,
    );
    const second = await startServer({ databaseUrl: mailer.fresh.url, env: mailSettings(smtp.url) });
    await mailer.waitUntilSent(services);
    assert.equal(await second.stop(), 0);
    assert.equal((await mailer.newest(services)).attempts, 2);
    await stop();
    await smtp.stop();
  });

  it('take no header, and no second recipient, from a name or an address', async () => {
    await mailer.withSmtp(
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
          await mailer.add(services, CONFIRM, recipient);
          await sendMail(services, await mailer.newest(services), FIRST);
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
    const { services, stop } = await openTestServices(mailer.fresh);
    const { pool } = services.database;
    for (const baseUrl of ['http://localhost:8080', 'https://credit.example.com']) {
      const lines: string[] = [];
      const publicAddress = new PublicAddress({ baseUrl, host: '127.0.0.1', port: 3_000 });
      const log = pino({}, { write: (line) => void lines.push(line) });
      await mailer.add({ ...services, mails: new Mails({ ...services, publicAddress, log }, undefined) });
      const where = 'read it at http://localhost:8080/dev/mailbox';
      assert.deepEqual([lines.length, lines[0]?.includes(where)], [1, baseUrl.startsWith('http:')]);
    }
    await pool.query('DELETE FROM mails WHERE kept');
    await mailer.add(services);
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
