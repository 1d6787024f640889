import type { Transaction } from '../store/database.ts';
import { findOrder, type OrderRow } from '../store/order-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import type { Services } from './services.ts';

const PATIENCE_MS = 10_000;

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
  { database }: Pick<Services, 'database'>,
  { ledgerId, orderId }: { readonly ledgerId: number; readonly orderId: number },
): Promise<void> {
  const order = await findOrder(database.pool, ledgerId, { orderId });
  // An order of a sandbox that was emptied, or of a customer who was erased, is not told of.
  if (!order?.notificationUrl) return;
  const organisation = await findOrganisationOfLedger(database.pool, ledgerId);
  const { origin } = new URL(order.notificationUrl);
  // An origin that was taken off the list since is not called any more. That it stands there makes it safe to call:
  // an operator of this server has put it there, private or not.
  if (!organisation?.origins.includes(origin)) return;
  const { orderNumber, hash } = order;
  const state = order.state === 'cancelling' ? 'cancelled' : order.state;
  const response = await fetch(order.notificationUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orderNumber, hash, state }),
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(`The shop answered ${response.status} to the news of order ${orderNumber}.`);
}
