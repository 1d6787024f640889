import type { Transaction } from '../store/database.ts';
import { findOrder, type OrderRow } from '../store/order-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { postWebhook } from './post-webhook.ts';
import type { Services } from './services.ts';
import { signWebhook, webhookSecret } from './webhook-signature.ts';

/** Lets the shop be told of an order's new state, in the commit of that. Call wakeNotifier afterwards. */
export async function notifyAfter(
  { jobs }: Pick<Services, 'jobs'>,
  tx: Transaction,
  { ledgerId, orderId, notificationUrl }: Pick<OrderRow, 'ledgerId' | 'orderId' | 'notificationUrl'>,
): Promise<void> {
  if (notificationUrl !== null) await jobs.add('notify-order', { ledgerId, orderId }, tx);
}

/** Lets the news leave now; without it they leave at the next look of the job queue. */
export function wakeNotifier(
  { jobs }: Pick<Services, 'jobs'>,
  { notificationUrl }: Pick<OrderRow, 'notificationUrl'>,
): void {
  if (notificationUrl !== null) jobs.wake();
}

/**
 * Tells the shop the state that its order has now, which is the newest even where an older one could not be told.
 *
 * @throws where the shop could not be told; it is tried again.
 */
export async function notifyOrder(
  { database, privateWebhooks }: Pick<Services, 'database' | 'privateWebhooks'>,
  { ledgerId, orderId }: { readonly ledgerId: number; readonly orderId: number },
): Promise<void> {
  const order = await findOrder(database.pool, ledgerId, { orderId });
  // An order of a sandbox that was emptied, or of a customer who was erased, is not told of.
  if (!order?.notificationUrl) return;
  const organisation = await findOrganisationOfLedger(database.pool, ledgerId);
  const url = new URL(order.notificationUrl);
  // An origin that was taken off the list since is not called any more.
  if (!organisation?.origins.includes(url.origin)) return;
  const { orderNumber, hash } = order;
  const state = order.state === 'cancelling' ? 'cancelled' : order.state;
  const message = { id: `${hash}.${state}`, body: JSON.stringify({ orderNumber, hash, state }) };
  const secret = await webhookSecret(database, ledgerId);
  const headers = signWebhook(secret, message, Date.now());
  const status = await postWebhook(url, message.body, headers, { privateWebhooks });
  if (status < 200 || status > 299) {
    throw new Error(`The shop answered ${status} to the news of order ${orderNumber}.`);
  }
}
