import type { AccountRange, Of } from './audit-rows.ts';
import type { Transaction } from './database.ts';

/** A line of an order whose credit is not what the order's state says. */
export interface OrderFault {
  readonly orderNumber: string;
  /** From 1. */
  readonly item: number;
  /** Which try to pay the order. */
  readonly payment: number;
  /** Paid, but there is no grant; a grant, but that try was not paid; or a grant that does not fit the line. */
  readonly what: 'missing' | 'unasked' | 'different';
}

/**
 * Looks whether each line of credit has its grant exactly where its order was paid (I5). The grant is found by its
 * Idempotency-Key, made here anew as finish-payment.ts makes it; that a key has one entry at most is looked at elsewhere.
 */
export async function findOrderFaults(tx: Transaction, range: AccountRange): Promise<Of<OrderFault>[]> {
  const { rows } = await tx.query<Omit<Of<OrderFault>, 'accountId'> & { readonly accountId: string }>(
    `SELECT o.account_id AS "accountId", o.order_number AS "orderNumber", i.item, t.payment,
       CASE WHEN e.seq IS NULL THEN 'missing' WHEN t.is_paid THEN 'different' ELSE 'unasked' END AS what
     FROM orders o
     JOIN order_items i ON i.order_id = o.order_id AND i.credit_amount > 0
     CROSS JOIN LATERAL (
       SELECT payment, o.paid_at IS NOT NULL AND payment = o.payment AS is_paid,
         'order ' || o.order_id || ' payment ' || payment || ' item ' || i.item AS key
       FROM generate_series(1, o.payment) AS payment
     ) AS t
     LEFT JOIN entries e ON e.account_id = o.account_id
       AND e.key_hash = encode(substr(sha256(convert_to(t.key, 'UTF8')), 1, 16), 'hex')::uuid
     WHERE o.account_id > $1 AND o.account_id <= $2
       -- One that is just being paid may have its grants or not.
       AND NOT (o.state = 'paying' AND t.payment = o.payment)
       AND (t.is_paid <> (e.seq IS NOT NULL) OR t.is_paid AND (e.kind, e.amount, e.amount_money)
         <> ('grant', i.credit_amount * i.count, i.price * i.count) OR t.is_paid AND i.transaction_id IS NULL)
     ORDER BY o.order_id, i.item, t.payment`,
    [range.after, range.upTo],
  );
  return rows.map((row) => ({ ...row, accountId: Number(row.accountId) }));
}
