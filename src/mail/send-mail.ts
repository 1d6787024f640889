import type { Attempt } from '../jobs/job-queue.ts';
import type { Services } from '../operations/services.ts';
import { beginSending, setMailFailed, setMailSent, type WaitingMail } from '../store/mails.ts';
import { isFinal } from './smtp.ts';

/** Enough of a server's words to see what is wrong. */
const LONGEST_REASON = 500;

/**
 * The job that sends a mail. One that cannot be sent any more is given up: with a line in the log, in the metrics, and
 * in its row.
 *
 * @throws why it was not sent, to be tried again.
 */
export async function sendMail(
  { database, mails, log }: Pick<Services, 'database' | 'mails' | 'log'>,
  { mailId }: { readonly mailId: number },
  { isLast, signal }: Attempt,
): Promise<void> {
  const { smtp, figures } = mails;
  const mail = await beginSending(database.pool, mailId);
  if (!mail) return;
  const failure = mail.isExpired ? new Error('its link has expired') : await trySending(mail);
  if (!failure) {
    await setMailSent(database.pool, mailId);
    figures.sent += 1;
    return;
  }
  figures.failedAttempts += 1;
  const isGivenUp = (isLast && !signal.aborted) || mail.isExpired || isFinal(failure);
  // Whoever is erased must not stay in the queue's rows or in the log by what a server has said.
  const reason = failure.message.replaceAll(mail.recipient, '(recipient)').slice(0, LONGEST_REASON);
  await setMailFailed(database.pool, mailId, { reason, isGivenUp });
  if (!isGivenUp) throw new Error(reason);
  figures.givenUp += 1;
  log.error({ mailId, reason }, 'a mail is given up');

  async function trySending(waiting: WaitingMail): Promise<Error | undefined> {
    try {
      const messageId = `purser-mail-${mailId}-${waiting.createdAt.getTime()}`;
      if (!smtp) throw new Error('this process has no SMTP server; another one may');
      await smtp.send({ ...waiting, messageId }, signal);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
