import type { Queryable, Transaction } from './database.ts';

/** paying and cancelling: decided, but its entries may not all be written yet. */
export type OrderState = 'waiting' | 'paying' | 'paid' | 'cancelling' | 'cancelled';

/** An order as it is kept. */
export interface OrderRow {
  readonly orderId: number;
  readonly ledgerId: number;
  readonly accountId: number;
  readonly orderNumber: string;
  readonly hash: string;
  readonly orderGroupId: string | null;
  readonly currency: string;
  readonly state: OrderState;
  /** 1 for the first try to pay it, one more after each that was refused. */
  readonly payment: number;
  readonly returnUrl: string | null;
  readonly notificationUrl: string | null;
  readonly ip: string | null;
  readonly author: string;
  readonly paidBy: string | null;
  readonly cancelledBy: string | null;
  readonly cancelDebt: boolean;
  readonly createdAt: Date;
  readonly paidAt: Date | null;
  readonly cancelledAt: Date | null;
}

/** One line of an order; price and credit are of one piece, in millionths. */
export interface OrderItemRow {
  readonly label: string;
  readonly price: bigint;
  /** Per cent, part of the price. */
  readonly vat: number | null;
  readonly count: number;
  readonly creditAmount: bigint;
}

/** A line as it is kept. */
export interface KeptOrderItem extends OrderItemRow {
  readonly item: number;
  /** Public id of its grant, once the order is paid. */
  readonly transactionId: string | null;
}

/** An order to be added. */
export type NewOrder = Pick<
  OrderRow,
  'ledgerId' | 'accountId' | 'orderNumber' | 'hash' | 'currency' | 'state' | 'author'
> & {
  readonly orderGroupId: string | undefined;
  readonly returnUrl: string | undefined;
  readonly notificationUrl: string | undefined;
  readonly ip: string | undefined;
  readonly items: readonly OrderItemRow[];
};

/** What names an order within a ledger. */
export type OrderName =
  | { readonly hash: string }
  | { readonly orderNumber: string }
  | { readonly orderId: number };

type Ids = 'orderId' | 'ledgerId' | 'accountId';
type OrderColumns = Omit<OrderRow, Ids> & Record<Ids, string>;

const COLUMNS = `order_id AS "orderId", ledger_id AS "ledgerId", account_id AS "accountId",
  order_number AS "orderNumber", hash, order_group_id AS "orderGroupId", currency, state, payment,
  return_url AS "returnUrl", notification_url AS "notificationUrl", ip, author, paid_by AS "paidBy",
  cancelled_by AS "cancelledBy", cancel_debt AS "cancelDebt", created_at AS "createdAt", paid_at AS "paidAt",
  cancelled_at AS "cancelledAt"`;

function toOrder(row: OrderColumns): OrderRow {
  return {
    ...row,
    orderId: Number(row.orderId),
    ledgerId: Number(row.ledgerId),
    accountId: Number(row.accountId),
  };
}

/** The currency and the present year of a ledger's organisation. The ledger cannot be emptied before the commit. */
export async function readLedgerForOrder(
  tx: Transaction,
  ledgerId: number,
): Promise<{ readonly currency: string; readonly year: number } | undefined> {
  const { rows } = await tx.query<{ currency: string; year: number }>(
    `SELECT o.currency, extract(year FROM now() AT TIME ZONE o.time_zone)::integer AS year
     FROM ledgers l JOIN organisations o ON o.organisation_id = l.organisation_id
     WHERE l.ledger_id = $1 FOR KEY SHARE OF l`,
    [ledgerId],
  );
  return rows[0];
}

/** Takes the next number of this ledger and year; nobody else gets one before the commit, so there are no gaps. */
export async function takeOrderNumber(tx: Transaction, ledgerId: number, year: number): Promise<number> {
  const { rows } = await tx.query<{ number: number }>(
    `INSERT INTO order_numbers (ledger_id, year, last_number) VALUES ($1, $2, 1)
     ON CONFLICT (ledger_id, year) DO UPDATE SET last_number = order_numbers.last_number + 1
     RETURNING last_number AS number`,
    [ledgerId, year],
  );
  return rows[0]?.number ?? 0;
}

/** Adds an order with its lines; one that is paid already is so from now. */
export async function insertOrder(tx: Transaction, order: NewOrder): Promise<OrderRow> {
  const { ledgerId, accountId, orderNumber, hash, orderGroupId, currency, state } = order;
  const { returnUrl, notificationUrl, ip, author, items } = order;
  const { rows } = await tx.query<OrderColumns>(
    `INSERT INTO orders (ledger_id, account_id, order_number, hash, order_group_id, currency, state, return_url,
       notification_url, ip, author, paid_by, paid_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::inet, $11,
       CASE WHEN $7 <> 'waiting' THEN $11 END, CASE WHEN $7 = 'paid' THEN now() END)
     RETURNING ${COLUMNS}`,
    [
      ...[ledgerId, accountId, orderNumber, hash, orderGroupId, currency, state],
      ...[returnUrl, notificationUrl, ip, author],
    ],
  );
  const [row] = rows;
  if (!row) throw new Error('An order was inserted and is not there.');
  await tx.query(
    `INSERT INTO order_items (order_id, item, label, price, vat, count, credit_amount)
     SELECT $1, n.item, n.label, n.price, n.vat, n.count, n.credit_amount
     FROM unnest($2::smallint[], $3::text[], $4::bigint[], $5::numeric[], $6::integer[], $7::bigint[])
       AS n (item, label, price, vat, count, credit_amount)`,
    [
      row.orderId,
      items.map((_, i) => i + 1),
      items.map(({ label }) => label),
      items.map(({ price }) => price),
      items.map(({ vat }) => vat),
      items.map(({ count }) => count),
      items.map(({ creditAmount }) => creditAmount),
    ],
  );
  return toOrder(row);
}

function nameColumn(name: OrderName): { column: string; value: string | number } {
  if ('hash' in name) return { column: 'hash', value: name.hash };
  if ('orderNumber' in name) return { column: 'order_number', value: name.orderNumber };
  return { column: 'order_id', value: name.orderId };
}

/** @returns the order of this name, provided that it is of this ledger. */
export async function findOrder(
  queryable: Queryable,
  ledgerId: number,
  name: OrderName,
): Promise<OrderRow | undefined> {
  const { column, value } = nameColumn(name);
  const { rows } = await queryable.query<OrderColumns>(
    `SELECT ${COLUMNS} FROM orders WHERE ledger_id = $1 AND ${column} = $2`,
    [ledgerId, value],
  );
  return rows.map(toOrder)[0];
}

/**
 * The same, locked: its state changes for nobody else, and its customer is not erased, before the commit. The customer
 * comes first, as for whoever makes an order or erases one, or two of them would wait for each other.
 */
export async function lockOrder(
  tx: Transaction,
  ledgerId: number,
  name: OrderName,
): Promise<OrderRow | undefined> {
  const { column, value } = nameColumn(name);
  await tx.query(
    `SELECT FROM customers
     WHERE account_id = (SELECT account_id FROM orders WHERE ledger_id = $1 AND ${column} = $2) FOR KEY SHARE`,
    [ledgerId, value],
  );
  const { rows } = await tx.query<OrderColumns>(
    `SELECT ${COLUMNS} FROM orders WHERE ledger_id = $1 AND ${column} = $2 FOR NO KEY UPDATE`,
    [ledgerId, value],
  );
  return rows.map(toOrder)[0];
}

/** @returns the order of this hash in any ledger: whoever knows a hash may see its page. */
export async function findOrderByHash(queryable: Queryable, hash: string): Promise<OrderRow | undefined> {
  const { rows } = await queryable.query<OrderColumns>(`SELECT ${COLUMNS} FROM orders WHERE hash = $1`, [
    hash,
  ]);
  return rows.map(toOrder)[0];
}

/** @returns the newest orders of a ledger, newest first, each with the sum of its prices in millionths. */
export async function listOrderRows(
  queryable: Queryable,
  ledgerId: number,
  { state, limit }: { readonly state?: OrderState | undefined; readonly limit: number },
): Promise<(OrderRow & { readonly total: bigint })[]> {
  const { rows } = await queryable.query<OrderColumns & { readonly total: string }>(
    `SELECT ${COLUMNS},
       (SELECT coalesce(sum(i.price * i.count), 0) FROM order_items i WHERE i.order_id = orders.order_id) AS total
     FROM orders WHERE ledger_id = $1 AND ($2::text IS NULL OR state = $2)
     ORDER BY order_id DESC LIMIT $3`,
    [ledgerId, state, limit],
  );
  return rows.map((row) => ({ ...toOrder(row), total: BigInt(row.total) }));
}

/** @returns all orders of a customer, oldest first. */
export async function listOrdersOfAccount(queryable: Queryable, accountId: number): Promise<OrderRow[]> {
  const { rows } = await queryable.query<OrderColumns>(
    `SELECT ${COLUMNS} FROM orders WHERE account_id = $1 ORDER BY order_id`,
    [accountId],
  );
  return rows.map(toOrder);
}

/** @returns orders whose decided state was reached longer ago than this and is not finished, the oldest first. */
export async function listUnfinishedOrders(
  queryable: Queryable,
  { olderThanMs, limit }: { readonly olderThanMs: number; readonly limit: number },
): Promise<OrderRow[]> {
  const { rows } = await queryable.query<OrderColumns>(
    `SELECT ${COLUMNS} FROM orders
     WHERE state IN ('paying', 'cancelling') AND changed_at <= now() - make_interval(secs => $1 / 1000.0)
     ORDER BY changed_at LIMIT $2`,
    [olderThanMs, limit],
  );
  return rows.map(toOrder);
}

/** @returns the lines of an order, in their order. */
export async function readOrderItems(queryable: Queryable, orderId: number): Promise<KeptOrderItem[]> {
  interface Columns extends Omit<KeptOrderItem, 'price' | 'creditAmount' | 'vat'> {
    readonly price: string;
    readonly creditAmount: string;
    readonly vat: string | null;
  }
  const { rows } = await queryable.query<Columns>(
    `SELECT item, label, price, vat, count, credit_amount AS "creditAmount", transaction_id AS "transactionId"
     FROM order_items WHERE order_id = $1 ORDER BY item`,
    [orderId],
  );
  return rows.map((row) => ({
    ...row,
    price: BigInt(row.price),
    creditAmount: BigInt(row.creditAmount),
    vat: row.vat === null ? null : Number(row.vat),
  }));
}

/**
 * Takes what says something about the customer out of its orders: addresses, links and the name of a group. Numbers,
 * lines and states stay, as the entries do.
 */
export async function blankOrdersOf(tx: Transaction, accountId: number): Promise<void> {
  await tx.query(
    `UPDATE orders SET ip = NULL, return_url = NULL, notification_url = NULL, order_group_id = NULL
     WHERE account_id = $1`,
    [accountId],
  );
}
