import { fromMicro } from '../ledger/amount.ts';
import { Refusal } from '../refusals.ts';
import { readCustomer } from '../store/customers.ts';
import type { Queryable } from '../store/database.ts';
import {
  findOrder,
  findOrderByHash,
  listOrderRows,
  type OrderName,
  type OrderRow,
  type OrderState,
  readOrderItems,
} from '../store/order-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { stillListed } from './return-url.ts';
import type { Caller, Services } from './services.ts';

/** One line of an order as people see it; credits and money are JSON numbers. */
export interface ShownItem {
  readonly label: string;
  /** Of one piece. */
  readonly price: number;
  /** Per cent, part of the price. */
  readonly vat: number | null;
  readonly count: number;
  /** Of one piece. */
  readonly creditAmount: number;
  /** The grant that it became. */
  readonly transactionId: string | null;
}

/** What the order's page shows: nothing about who ordered. */
export interface ShownOrder {
  readonly orderNumber: string;
  readonly state: OrderState;
  readonly currency: string;
  readonly total: number;
  readonly items: readonly ShownItem[];
  readonly returnUrl: string | null;
  readonly createdAt: Date;
  readonly paidAt: Date | null;
  readonly cancelledAt: Date | null;
}

/** What an operator sees. */
export interface OperatorOrder extends ShownOrder {
  readonly hash: string;
  readonly orderGroupId: string | null;
  readonly customer: { readonly cuRefNo: string; readonly email: string } | null;
  readonly notificationUrl: string | null;
  readonly paidBy: string | null;
  readonly cancelledBy: string | null;
}

/** One order in a list. */
export interface ListedOrder
  extends Pick<OrderRow, 'orderNumber' | 'hash' | 'state' | 'currency' | 'createdAt'> {
  readonly total: number;
}

/**
 * Shows an order to whoever knows its hash: that is as good as a key to its page, and to nothing else.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND
 */
export async function showOrderPage(
  { database }: Pick<Services, 'database'>,
  hash: string,
): Promise<ShownOrder & { readonly organisationName: string }> {
  const order = await findOrderByHash(database.pool, hash);
  if (!order) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  const organisation = await findOrganisationOfLedger(database.pool, order.ledgerId);
  const shown = await toShown(database.pool, order);
  const returnUrl = stillListed(organisation, shown.returnUrl);
  return { ...shown, returnUrl, organisationName: organisation?.name ?? '' };
}

/**
 * Finds the ledger of an order by its hash. For the operator of the installation alone, who may see all ledgers.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND
 */
export async function ledgerOfOrder({ database }: Pick<Services, 'database'>, hash: string): Promise<number> {
  const order = await findOrderByHash(database.pool, hash);
  if (!order) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return order.ledgerId;
}

/**
 * Shows an order of a ledger to an operator.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND
 */
export async function showOrder(
  { database }: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  name: OrderName,
): Promise<OperatorOrder> {
  const { pool } = database;
  const order = await findOrder(pool, ledgerId, name);
  if (!order) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  const customer = await readCustomer(pool, order.accountId);
  const { hash, orderGroupId, notificationUrl, paidBy, cancelledBy } = order;
  return {
    ...(await toShown(pool, order)),
    ...{ hash, orderGroupId, notificationUrl, paidBy, cancelledBy },
    customer: customer ? { cuRefNo: customer.cuRefNo, email: customer.email } : null,
  };
}

/** @returns the newest orders of a ledger, newest first. */
export async function listOrders(
  { database }: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  wish: { readonly state?: OrderState | undefined; readonly limit: number },
): Promise<ListedOrder[]> {
  const orders = await listOrderRows(database.pool, ledgerId, wish);
  return orders.map(({ orderNumber, hash, state, currency, createdAt, total }) => ({
    ...{ orderNumber, hash, state, currency, createdAt },
    total: fromMicro(total),
  }));
}

async function toShown(queryable: Queryable, order: OrderRow): Promise<ShownOrder> {
  const items = await readOrderItems(queryable, order.orderId);
  const total = items.reduce((sum, { price, count }) => sum + price * BigInt(count), 0n);
  const { orderNumber, state, currency, returnUrl, createdAt, paidAt, cancelledAt } = order;
  return {
    ...{ orderNumber, state, currency, returnUrl, createdAt, paidAt, cancelledAt },
    total: fromMicro(total),
    items: items.map(({ label, price, vat, count, creditAmount, transactionId }) => ({
      ...{ label, vat, count, transactionId },
      price: fromMicro(price),
      creditAmount: fromMicro(creditAmount),
    })),
  };
}
