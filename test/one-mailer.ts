/** One customer, a server for its mails that replies as a test wants, and what became of the newest mail. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MailMessage } from '../src/mail/mails.ts';
import type { OpenServices } from '../src/open-services.ts';
import type { Services } from '../src/operations/services.ts';
import { inTransaction } from '../src/store/database.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
  type TestOrganisation,
} from './harness.ts';
import { type Replying, startSmtpServer, type TestSmtpServer } from './smtp-server.ts';

export const TOKEN = 'JjCQQFR5pKQc8z23aurXhKsTV8i1jRpf';
export const CONFIRM: MailMessage = { kind: 'confirm-registration', token: TOKEN };

/** What is kept of a mail. */
export interface MailState {
  readonly mailId: number;
  readonly sent: boolean;
  readonly givenUp: boolean;
  readonly attempts: number;
  readonly hasText: boolean;
  readonly error: string | null;
}

/** What it hands out needs no `this`. */
export interface OneMailer {
  readonly fresh: FreshDatabase;
  readonly organisation: TestOrganisation;
  readonly customer: TestCustomer;
  /** Runs with services that send to a server that replies so. */
  withSmtp(
    replying: Replying,
    run: (open: OpenServices, smtp: TestSmtpServer) => Promise<void>,
  ): Promise<void>;
  add(services: Services, message?: MailMessage, recipient?: string): Promise<void>;
  newest(services: Services): Promise<MailState>;
  waitUntilSent(services: Services): Promise<void>;
  close(): Promise<void>;
}

/** Opens it on a database of its own. */
export async function openOneMailer(): Promise<OneMailer> {
  const fresh = await freshDatabase();
  const { services, stop } = await openTestServices(fresh);
  const organisation = await makeOrganisation(services);
  const customer = await makeCustomer(services, organisation.sandbox);
  await stop();
  return {
    ...{ fresh, organisation, customer, newest, waitUntilSent },
    async withSmtp(replying, run) {
      const smtp = await startSmtpServer(replying);
      const open = await openTestServices(fresh, { env: mailSettings(smtp.url) });
      try {
        await run(open, smtp);
      } finally {
        await open.stop();
        await smtp.stop();
      }
    },
    add: ({ database, mails }, message = CONFIRM, recipient = customer.email) =>
      inTransaction(database, (tx) =>
        mails.add(tx, { ledgerId: organisation.sandbox, accountId: customer.accountId, recipient, message }),
      ),
    close: () => fresh.drop(),
  };
}

/** The settings that send mails to a server at this address. */
export function mailSettings(url: string): Record<string, string> {
  return { PURSER_SMTP_URL: url, PURSER_MAIL_FROM: 'shop@mail.example.com' };
}

async function newest({ database }: Services): Promise<MailState> {
  const { rows } = await database.pool.query<Omit<MailState, 'mailId'> & { mailId: string }>(
    `SELECT mail_id AS "mailId", sent_at IS NOT NULL AS sent, given_up_at IS NOT NULL AS "givenUp", attempts,
       text_part IS NOT NULL OR html_part IS NOT NULL AS "hasText", last_error AS error
     FROM mails ORDER BY mail_id DESC LIMIT 1`,
  );
  const [row] = rows;
  assert.ok(row);
  return { ...row, mailId: Number(row.mailId) };
}

async function waitUntilSent(services: Services): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await newest(services)).sent) return;
    await sleep(50);
  }
  assert.fail(JSON.stringify(await newest(services)));
}
