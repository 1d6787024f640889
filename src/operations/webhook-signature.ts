import { createHmac } from 'node:crypto';
import type { Database } from '../store/database.ts';
import { readInstallationKey } from '../store/installation.ts';

/** A message to a shop's server, as it is signed. */
export interface WebhookMessage {
  /** The same at every try, so that a receiver can tell what it has had. */
  readonly id: string;
  readonly body: string;
}

/**
 * @returns the secret by which a ledger's messages are signed, in the form of Standard Webhooks: `whsec_` and 32 bytes
 *   in base64. It follows from the installation's key, so that no secret is stored for each ledger.
 */
export async function webhookSecret(database: Pick<Database, 'pool'>, ledgerId: number): Promise<string> {
  const key = await readInstallationKey(database, 'webhook-key', 32);
  return `whsec_${createHmac('sha256', key).update(`ledger ${ledgerId}`).digest('base64')}`;
}

/**
 * Signs a message as Standard Webhooks has it (version 1.0.0: HMAC-SHA256 over id, time and body).
 *
 * @param atMs when it is sent, Unix milliseconds.
 */
export function signWebhook(
  secret: string,
  { id, body }: WebhookMessage,
  atMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
