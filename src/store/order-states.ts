import type { Transaction } from './database.ts';

/** Each of these does its one step of an order's life if the order is where the step begins, and says whether it was. */

/** waiting -> paying: from now on it will be paid, whatever happens. */
export async function beginPayment(tx: Transaction, orderId: number, paidBy: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE orders SET state = 'paying', paid_by = $2, changed_at = now()
     WHERE order_id = $1 AND state = 'waiting'`,
    [orderId, paidBy],
  );
  return rowCount === 1;
}

/** paying -> paid, with the grants that its lines became, by the lines' numbers. */
export async function endPayment(
  tx: Transaction,
  { orderId, payment }: { readonly orderId: number; readonly payment: number },
  grants: ReadonlyMap<number, string>,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE orders SET state = 'paid', paid_at = now(), changed_at = now()
     WHERE order_id = $1 AND state = 'paying' AND payment = $2`,
    [orderId, payment],
  );
  if (rowCount !== 1) return false;
  await tx.query(
    `UPDATE order_items SET transaction_id = n.transaction_id
     FROM unnest($2::smallint[], $3::text[]) AS n (item, transaction_id)
     WHERE order_items.order_id = $1 AND order_items.item = n.item`,
    [orderId, [...grants.keys()], [...grants.values()]],
  );
  return true;
}

/** paying -> waiting (or cancelled): the ledger refused this try, which never comes back. */
export async function refusePayment(
  tx: Transaction,
  { orderId, payment }: { readonly orderId: number; readonly payment: number },
  to: 'waiting' | 'cancelled',
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE orders SET state = $3, payment = payment + 1, paid_by = NULL, changed_at = now(),
       cancelled_by = CASE WHEN $3 = 'cancelled' THEN author END,
       cancelled_at = CASE WHEN $3 = 'cancelled' THEN now() END
     WHERE order_id = $1 AND state = 'paying' AND payment = $2`,
    [orderId, payment, to],
  );
  return rowCount === 1;
}

/** waiting -> cancelled, paid -> cancelling: from now on it will be taken back. */
export async function beginCancelling(
  tx: Transaction,
  orderId: number,
  { cancelledBy, debt }: { readonly cancelledBy: string; readonly debt: boolean },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE orders SET state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE 'cancelling' END,
       cancelled_by = $2, cancel_debt = $3, changed_at = now(),
       cancelled_at = CASE state WHEN 'waiting' THEN now() END
     WHERE order_id = $1 AND state IN ('waiting', 'paid')`,
    [orderId, cancelledBy, debt],
  );
  return rowCount === 1;
}

/** cancelling -> cancelled. */
export async function endCancelling(tx: Transaction, orderId: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE orders SET state = 'cancelled', cancelled_at = now(), changed_at = now()
     WHERE order_id = $1 AND state = 'cancelling'`,
    [orderId],
  );
  return rowCount === 1;
}
