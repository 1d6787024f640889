import type { Logger } from 'pino';
import { isLoopbackHost } from '../ip/loopback.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { PublicAddress } from '../public-address.ts';
import type { Database, Transaction } from '../store/database.ts';
import { insertMail, type KeptMail, listKeptMails } from '../store/mails.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import type { Smtp } from './smtp.ts';
import { type MailMessage, oneLine, renderMail } from './templates.ts';

export type { KeptMail } from '../store/mails.ts';
export type { MailMessage } from './templates.ts';

/** Where mails that were kept are read, on this machine itself. */
export const MAILBOX_PATH = '/dev/mailbox';

/** A mail to a customer. */
export interface NewMail {
  readonly ledgerId: number;
  readonly accountId: number;
  /** One e-mail address. */
  readonly recipient: string;
  readonly message: MailMessage;
}

interface MailParts {
  readonly database: Pick<Database, 'pool'>;
  readonly jobs: Jobs;
  readonly publicAddress: PublicAddress;
  readonly log: Logger;
}

/** The mails to customers: written in the commit of what they tell of, sent afterwards by a job. */
export class Mails {
  /** Without it mails are kept for the page /dev/mailbox. */
  readonly smtp: Smtp | undefined;
  /** What has become of mails in this process. */
  readonly figures = { sent: 0, failedAttempts: 0, givenUp: 0, kept: 0 };
  readonly #parts: MailParts;

  constructor(parts: MailParts, smtp: Smtp | undefined) {
    this.#parts = parts;
    this.smtp = smtp;
  }

  /** Writes a mail that is sent if and only if `tx` commits; call `wake` afterwards. */
  async add(tx: Transaction, { ledgerId, accountId, recipient, message }: NewMail): Promise<void> {
    const { jobs, publicAddress, log } = this.#parts;
    const organisation = await findOrganisationOfLedger(tx, ledgerId);
    const senderName = oneLine(organisation?.name ?? '');
    const timeZone = organisation?.timeZone ?? 'UTC';
    const { url: baseUrl } = publicAddress;
    const { subject, text, html } = renderMail(message, { organisation: senderName, timeZone, baseUrl });
    const expiresAt = 'expiresAt' in message ? message.expiresAt : null;
    const { kind } = message;
    const kept = this.smtp === undefined;
    const mailId = await insertMail(tx, {
      ...{ ledgerId, accountId, kind, senderName, recipient, subject, text, html, expiresAt, kept },
    });
    if (!kept) return jobs.add('send-mail', { mailId }, tx);
    this.figures.kept += 1;
    // A server with a public address has no mailbox.
    const where = isLoopbackHost(new URL(baseUrl).host) ? `; read it at ${baseUrl}${MAILBOX_PATH}` : '';
    log.info({ mailId, recipient, subject }, `PURSER_SMTP_URL is not set: a mail is kept, not sent${where}`);
  }

  /** @returns the newest of the mails that were kept, the newest first. */
  listKept(most: number): Promise<KeptMail[]> {
    return listKeptMails(this.#parts.database.pool, most);
  }

  /** After the commit: starts to send what was added. Where it is forgotten, it takes some seconds longer. */
  wake(): void {
    this.#parts.jobs.wake();
  }
}
