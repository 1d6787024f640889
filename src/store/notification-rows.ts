import type { Queryable } from './database.ts';

/** What a shop is told of its order. */
export interface OrderNotification {
  readonly orderNumber: string;
  readonly hash: string;
  readonly state: 'waiting' | 'paid' | 'cancelled';
  readonly url: string;
  /** Where the organisation lets such addresses lead to, now. */
  readonly origins: readonly string[];
}

/** @returns undefined where the order is gone, or nobody is to be told of it. */
export async function readOrderNotification(
  queryable: Queryable,
  orderId: number,
): Promise<OrderNotification | undefined> {
  const { rows } = await queryable.query<OrderNotification>({
    name: 'read-order-notification',
    // Of an order in the middle of a change it is decided what comes.
    text: `
      SELECT o.order_number AS "orderNumber", o.hash, o.notification_url AS url, g.origins,
        CASE o.state WHEN 'paying' THEN 'paid' WHEN 'cancelling' THEN 'cancelled' ELSE o.state END AS state
      FROM orders o
      JOIN ledgers l ON l.ledger_id = o.ledger_id
      JOIN organisations g ON g.organisation_id = l.organisation_id
      WHERE o.order_id = $1 AND o.notification_url IS NOT NULL`,
    values: [orderId],
  });
  return rows[0];
}
