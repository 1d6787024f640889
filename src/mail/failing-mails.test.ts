import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { openTestServices } from '../../test/harness.ts';
import { type OneMailer, openOneMailer } from '../../test/one-mailer.ts';
import { startSmtpServer } from '../../test/smtp-server.ts';
import { workOnJobs } from '../jobs/work-on-jobs.ts';
import { sendMail } from './send-mail.ts';
import { isFinal, openSmtp } from './smtp.ts';

const { signal } = new AbortController();
const FIRST = { isLast: false, signal };
const LAST = { isLast: true, signal };

describe('mails that cannot be sent', () => {
  let mailer: OneMailer;
  before(async () => {
    mailer = await openOneMailer();
  });
  after(() => mailer.close());

  it('are tried again when the server refuses them for now', async () => {
    let refusals = 1;
    await mailer.withSmtp(
      (command) => (command.startsWith('RCPT') && refusals-- > 0 ? '451 greylisted' : undefined),
      async ({ services }, smtp) => {
        const worker = workOnJobs(services);
        await mailer.add(services);
        services.mails.wake();
        await mailer.waitUntilSent(services);
        await worker.stop();
        assert.equal(smtp.mails.length, 1);
        assert.deepEqual((await mailer.newest(services)).attempts, 2);
        assert.deepEqual(services.mails.figures, { sent: 1, failedAttempts: 1, givenUp: 0, kept: 0 });
      },
    );
  });
  it('are given up at once when the server refuses the recipient or the mail for good', async () => {
    for (const stage of ['RCPT', 'END'])
      await mailer.withSmtp(
        (command) => (command.startsWith(stage) ? '550 5.1.1 no such mailbox' : undefined),
        async ({ services }) => {
          await mailer.add(services);
          const { mailId } = await mailer.newest(services);
          await sendMail(services, { mailId }, FIRST);
          const { sent, givenUp, hasText, error } = await mailer.newest(services);
          assert.deepEqual({ sent, givenUp, hasText }, { sent: false, givenUp: true, hasText: false });
          assert.match(error ?? '', /no such mailbox/);
          assert.equal(services.mails.figures.givenUp, 1);
          // A second job for it finds nothing to do.
          await sendMail(services, { mailId }, FIRST);
          assert.equal((await mailer.newest(services)).attempts, 1);
        },
      );
  });

  it('are tried again when it is the login or our own address that is refused, and given up at last', async () => {
    for (const [stage, reply] of [
      ['CONNECT', '554 not from you'],
      ['MAIL', '553 sender not allowed'],
    ] as const)
      await mailer.withSmtp(
        (command) => (command.startsWith(stage) ? reply : undefined),
        async ({ services }) => {
          await mailer.add(services);
          const { mailId } = await mailer.newest(services);
          await assert.rejects(sendMail(services, { mailId }, FIRST), /not/);
          assert.equal((await mailer.newest(services)).givenUp, false);
          await sendMail(services, { mailId }, LAST);
          const { givenUp, attempts } = await mailer.newest(services);
          assert.deepEqual({ givenUp, attempts }, { givenUp: true, attempts: 2 });
        },
      );
  });

  it('are given up at last where no process has an SMTP server any more, and their links are gone', async () => {
    await mailer.withSmtp(
      () => undefined,
      async ({ services }) => mailer.add(services),
    );
    const { services, stop } = await openTestServices(mailer.fresh);
    const { mailId } = await mailer.newest(services);
    await assert.rejects(sendMail(services, { mailId }, FIRST), /no SMTP server/);
    assert.equal((await mailer.newest(services)).hasText, true);
    await sendMail(services, { mailId }, LAST);
    const { givenUp, hasText } = await mailer.newest(services);
    assert.deepEqual({ givenUp, hasText }, { givenUp: true, hasText: false });
    await stop();
  });

  it('leave no address of their recipient in what is said of a failure', async () => {
    await mailer.withSmtp(
      (command) => (command.startsWith('RCPT') ? `450 <${mailer.customer.email}> is busy` : undefined),
      async ({ services }) => {
        await mailer.add(services);
        const { mailId } = await mailer.newest(services);
        const failing = sendMail(services, { mailId }, FIRST);
        await assert.rejects(failing, (error: Error) => {
          assert.match(String(error.stack), /450 <\(recipient\)> is busy/);
          return !String(error.stack).includes(mailer.customer.email);
        });
        await sendMail(services, { mailId }, LAST);
        assert.match((await mailer.newest(services)).error ?? '', /^(?!.*@).*busy/);
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
});
