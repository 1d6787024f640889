import { Refusal, refusalBody } from '../refusals.ts';
import type { Transaction } from '../store/database.ts';
import { lockOrder, type OrderName, type OrderRow, readOrderItems } from '../store/order-rows.ts';
import { beginPayment, endPayment } from '../store/order-states.ts';
import { finishPayment } from './finish-payment.ts';
import { hashIdempotency } from './idempotency.ts';
import { notifyAfter, wakeNotifier } from './notify-order.ts';
import {
  answerOfKey,
  bindKey,
  findRequest,
  inOrderTransaction,
  type OrderRequest,
  SUCCESS_BODY,
} from './order-request.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** What the first step has come to: the order as it is then, and the answer unless entries are to be written. */
export interface OrderStep {
  readonly order: OrderRow;
  readonly answer: DecidedAnswer | undefined;
}

/** Members of mark-paid. The API names an order by its hash, an operator by its number as well. */
export type MarkPaidRequest = Exclude<OrderName, { readonly orderId: number }>;

/**
 * Says that an order is paid, which grants its credit: once, however often it is said. PUBLIC_ORDER_IS_CANCELLED and
 * PUBLIC_CREDIT_TOO_LARGE are answers; after the latter the order waits as before.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND, PUBLIC_IDEMPOTENCY_KEY_REUSED, PUBLIC_OUTCOME_IS_UNKNOWN: what was
 *   begun is finished later.
 */
export async function markOrderPaid(
  services: Services,
  caller: Caller,
  name: MarkPaidRequest,
  context: RequestContext,
): Promise<DecidedAnswer> {
  const idempotency = hashIdempotency(context, ['shop/order/mark-paid', ...Object.values(name)]);
  const request: OrderRequest = { operation: 'mark-paid', idempotency, body: SUCCESS_BODY };
  const step = await inOrderTransaction(services, async (tx): Promise<OrderStep> => {
    const order = await lockOrder(tx, caller.ledgerId, name);
    if (!order) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    const known = await findRequest(tx, order.accountId, idempotency);
    if (known?.answer) return { order, answer: known.answer };
    const answer = await begin(services, tx, order, { caller, context });
    await bindKey(tx, order, request, answer);
    return { order: { ...order, paidBy: order.paidBy ?? caller.author }, answer };
  });
  const { order, answer } = step;
  wakeNotifier(services, order);
  if (answer) return answer;
  const own = await finishPayment(services, order, context.requestId);
  return answerOfKey(services, order, idempotency, own);
}

/** @returns the answer where it is decided at once. */
async function begin(
  services: Services,
  tx: Transaction,
  order: OrderRow,
  { caller, context }: { readonly caller: Caller; readonly context: RequestContext },
): Promise<DecidedAnswer | undefined> {
  const success = { status: 200, body: SUCCESS_BODY, replayed: false };
  switch (order.state) {
    case 'paying':
      return undefined;
    case 'paid':
      return success;
    case 'cancelling':
    case 'cancelled':
      return { ...success, status: 409, body: refusalBody('PUBLIC_ORDER_IS_CANCELLED', context.requestId) };
    case 'waiting': {
      await beginPayment(tx, order.orderId, caller.author);
      const items = await readOrderItems(tx, order.orderId);
      if (items.some(({ creditAmount }) => creditAmount > 0n)) return undefined;
      await endPayment(tx, order, new Map());
      await notifyAfter(services, tx, order);
      return success;
    }
  }
}
