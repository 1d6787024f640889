import type { Queryable, Transaction } from './database.ts';

/** A mail as it is written. */
export interface NewMailRow {
  readonly ledgerId: number;
  readonly accountId: number;
  readonly kind: string;
  /** The organisation's name, which it is sent under. */
  readonly senderName: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** After this there is no point in sending it. */
  readonly expiresAt: Date | null;
  /** Whether it is only kept, because there is no SMTP server. */
  readonly kept: boolean;
}

/** Adds a mail. @returns its id. */
export async function insertMail(tx: Transaction, mail: NewMailRow): Promise<number> {
  const { rows } = await tx.query<{ mailId: string }>({
    name: 'insert-mail',
    text: `
      INSERT INTO mails (ledger_id, account_id, kind, sender_name, recipient, subject, text_part, html_part,
        expires_at, kept)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING mail_id AS "mailId"`,
    values: [
      ...[mail.ledgerId, mail.accountId, mail.kind, mail.senderName, mail.recipient, mail.subject],
      ...[mail.text, mail.html, mail.expiresAt, mail.kept],
    ],
  });
  return Number(rows[0]?.mailId);
}

/** A mail that waits to be sent. */
export interface WaitingMail {
  readonly senderName: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly createdAt: Date;
  readonly isExpired: boolean;
}

/** Counts an attempt. @returns the mail, or undefined where nothing is to be sent any more. */
export async function beginSending(queryable: Queryable, mailId: number): Promise<WaitingMail | undefined> {
  const { rows } = await queryable.query<WaitingMail>({
    name: 'begin-sending',
    text: `
      UPDATE mails SET attempts = attempts + 1
      WHERE mail_id = $1 AND sent_at IS NULL AND given_up_at IS NULL AND NOT kept
      RETURNING sender_name AS "senderName", recipient, subject, text_part AS text, html_part AS html,
        created_at AS "createdAt", coalesce(expires_at <= now(), false) AS "isExpired"`,
    values: [mailId],
  });
  return rows[0];
}

/** Notes that it was sent; its parts are gone. */
export async function setMailSent(queryable: Queryable, mailId: number): Promise<void> {
  await queryable.query({
    name: 'set-mail-sent',
    text: `
      UPDATE mails SET sent_at = now(), text_part = NULL, html_part = NULL, last_error = NULL
      WHERE mail_id = $1`,
    values: [mailId],
  });
}

/** Notes why it could not be sent. One that is given up loses its parts. */
export async function setMailFailed(
  queryable: Queryable,
  mailId: number,
  failure: { readonly reason: string; readonly isGivenUp: boolean },
): Promise<void> {
  await queryable.query({
    name: 'set-mail-failed',
    text: `
      UPDATE mails SET last_error = $2, given_up_at = CASE WHEN $3 THEN now() END,
        text_part = CASE WHEN NOT $3 THEN text_part END, html_part = CASE WHEN NOT $3 THEN html_part END
      WHERE mail_id = $1`,
    values: [mailId, failure.reason, failure.isGivenUp],
  });
}

/** A mail as the mailbox shows it. */
export interface KeptMail {
  readonly mailId: number;
  readonly senderName: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly createdAt: Date;
}

/** @returns the newest kept mails, the newest first. */
export async function listKeptMails(queryable: Queryable, most: number): Promise<KeptMail[]> {
  const { rows } = await queryable.query<Omit<KeptMail, 'mailId'> & { mailId: string }>({
    name: 'list-kept-mails',
    text: `
      SELECT mail_id AS "mailId", sender_name AS "senderName", recipient, subject, text_part AS text,
        created_at AS "createdAt"
      FROM mails WHERE kept ORDER BY mail_id DESC LIMIT $1`,
    values: [most],
  });
  return rows.map((row) => ({ ...row, mailId: Number(row.mailId) }));
}

/** Deletes all mails to a customer: those that wait are not sent any more. */
export async function deleteMailsOfAccount(tx: Transaction, accountId: number): Promise<void> {
  await tx.query({
    name: 'delete-mails-of-account',
    text: 'DELETE FROM mails WHERE account_id = $1',
    values: [accountId],
  });
}

/** Deletes what is old; kept ones hold their links, so they are kept for a shorter time. */
export async function deleteOldMails(
  queryable: Queryable,
  days: { readonly all: number; readonly kept: number },
): Promise<void> {
  await queryable.query({
    name: 'delete-old-mails',
    text: `
      DELETE FROM mails WHERE created_at < now() - make_interval(days => $1)
        OR kept AND created_at < now() - make_interval(days => $2)`,
    values: [days.all, days.kept],
  });
}
