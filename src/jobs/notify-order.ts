import type { Services } from '../operations/services.ts';
import { readOrderNotification } from '../store/notification-rows.ts';
import type { Attempt } from './job-queue.ts';

const MOST_MS = 10_000;

/**
 * The job that tells a shop the state of its order: a POST of `{orderNumber, hash, state}` to the order's
 * notificationUrl, with the state that it has now, so that a late one cannot take the shop back.
 *
 * @throws why the shop could not be told, to be tried again. After the last time a line in the log is left.
 */
export async function notifyOrder(
  { database, log }: Pick<Services, 'database' | 'log'>,
  { orderId }: { readonly orderId: number },
  { isLast }: Attempt,
): Promise<void> {
  const notification = await readOrderNotification(database.pool, orderId);
  if (!notification) return;
  const { url, origins, orderNumber, hash, state } = notification;
  try {
    // Asked again here: an operator may have struck it off since.
    if (!origins.includes(new URL(url).origin)) throw new Error('its origin is not listed any more');
    await postJson(url, { orderNumber, hash, state });
  } catch (error) {
    const reason = reasonOf(error);
    if (!isLast) throw new Error(`the shop was not told of order ${orderNumber}: ${reason}`);
    log.error({ orderId, orderNumber, reason }, 'a shop could not be told of its order');
  }
}

/** @throws Error unless it is answered with 2xx in time. A redirect is no such answer: it could lead anywhere. */
async function postJson(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'Purser' },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(MOST_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

/** fetch hides what went wrong behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
