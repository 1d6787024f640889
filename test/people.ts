import assert from 'node:assert/strict';
import type { Database } from '../src/store/database.ts';

/** A mail as it is kept where there is no SMTP server. */
export interface KeptMail {
  readonly kind: string;
  readonly text: string;
}

/** @returns the mails that were written to this address, the oldest first. */
export async function mailsTo({ pool }: Pick<Database, 'pool'>, email: string): Promise<KeptMail[]> {
  const { rows } = await pool.query<KeptMail>(
    'SELECT kind, text_part AS text FROM mails WHERE recipient = $1 ORDER BY mail_id',
    [email],
  );
  return rows;
}

/** @returns what the link of the newest mail to this address has in it. */
export async function newestToken(database: Pick<Database, 'pool'>, email: string): Promise<string> {
  const { text = '' } = (await mailsTo(database, email)).at(-1) ?? {};
  const token = /\/([A-Za-z0-9]{32})\b/.exec(text)?.[1];
  assert.ok(token, `there is no link in the newest mail to ${email}: ${text}`);
  return token;
}

/** Makes everything that a wait or a link's life hangs on older: what a test would otherwise have to wait for. */
export async function letPass({ pool }: Pick<Database, 'pool'>, seconds: number): Promise<void> {
  const past = 'make_interval(secs => $1)';
  for (const statement of [
    `UPDATE attempts SET last_at = last_at - ${past}`,
    `UPDATE registrations SET requested_at = requested_at - ${past}, expires_at = expires_at - ${past}`,
    `UPDATE password_resets SET requested_at = requested_at - ${past}, expires_at = expires_at - ${past}`,
  ])
    await pool.query(statement, [seconds]);
}
