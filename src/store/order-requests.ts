import type { Queryable, Transaction } from './database.ts';

/** What a request with an Idempotency-Key asked for. */
export type OrderOperation = 'create' | 'mark-paid' | 'storno';

/** A request with an Idempotency-Key. */
export interface OrderRequestRow {
  readonly accountId: number;
  readonly keyHash: string;
  readonly requestHash: string;
  readonly orderId: number;
  readonly operation: OrderOperation;
  /** null until its order is where the request wants it. */
  readonly status: number | null;
  /** The answer; while there is no status, what a success will be answered. */
  readonly body: string;
}

/** @returns the request that this customer's key belongs to. */
export async function readOrderRequest(
  queryable: Queryable,
  accountId: number,
  keyHash: string,
): Promise<OrderRequestRow | undefined> {
  type Ids = 'accountId' | 'orderId';
  const { rows } = await queryable.query<Omit<OrderRequestRow, Ids> & Record<Ids, string>>(
    `SELECT account_id AS "accountId", key_hash AS "keyHash", request_hash AS "requestHash", order_id AS "orderId",
       operation, status, body
     FROM order_requests WHERE account_id = $1 AND key_hash = $2`,
    [accountId, keyHash],
  );
  const [row] = rows;
  return row && { ...row, accountId: Number(row.accountId), orderId: Number(row.orderId) };
}

/**
 * Lets orders of one customer be made one after the other, so that one with a used Idempotency-Key sees the first, and
 * none while it is erased.
 *
 * @returns false where the customer of this e-mail has been erased.
 */
export async function lockWhoOrders(tx: Transaction, accountId: number, email: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT FROM customers WHERE account_id = $1 AND email = $2 AND erased_at IS NULL FOR NO KEY UPDATE`,
    [accountId, email],
  );
  return rowCount === 1;
}

/** Binds a key to a request. @returns false where it is bound already; a twin that is just doing it is waited for. */
export async function insertOrderRequest(tx: Transaction, request: OrderRequestRow): Promise<boolean> {
  const { accountId, keyHash, requestHash, orderId, operation, status, body } = request;
  const { rowCount } = await tx.query(
    `INSERT INTO order_requests (account_id, key_hash, request_hash, order_id, operation, status, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, key_hash) DO NOTHING`,
    [accountId, keyHash, requestHash, orderId, operation, status, body],
  );
  return rowCount === 1;
}

/** Answers the requests for these operations on an order that wait for their answer; without a body as a success. */
export async function answerOrderRequests(
  tx: Transaction,
  orderId: number,
  operations: readonly OrderOperation[],
  { status, body }: { readonly status: number; readonly body?: string | undefined },
): Promise<void> {
  await tx.query(
    `UPDATE order_requests SET status = $3, body = coalesce($4, body)
     WHERE order_id = $1 AND operation = ANY($2::text[]) AND status IS NULL`,
    [orderId, operations, status, body],
  );
}
