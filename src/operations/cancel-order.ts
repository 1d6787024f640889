import { Refusal } from '../refusals.ts';
import type { Transaction } from '../store/database.ts';
import { answerOrderRequests } from '../store/order-requests.ts';
import { lockOrder, type OrderName, type OrderRow, readOrderItems } from '../store/order-rows.ts';
import { beginCancelling, endCancelling } from '../store/order-states.ts';
import type { Submission } from '../writer/job.ts';
import { finishPayment } from './finish-payment.ts';
import { hashIdempotency } from './idempotency.ts';
import type { OrderStep } from './mark-order-paid.ts';
import { notifyAfter, wakeNotifier } from './notify-order.ts';
import {
  answerOfKey,
  bindKey,
  findRequest,
  inOrderTransaction,
  type OrderRequest,
  SUCCESS_BODY,
  unknownOutcome,
} from './order-request.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** Members of storno. The API names an order by its number, an operator by its hash as well. */
export interface CancelRequest {
  readonly order: Exclude<OrderName, { readonly orderId: number }>;
  /** Whether the customer owes what was used of the credit already; false unless given. */
  readonly debt?: boolean | undefined;
}

const SUCCESS: DecidedAnswer = { status: 200, body: SUCCESS_BODY, replayed: false };

/** Enough for an order that is being paid and cancelled by several callers at once. */
const MOST_TRIES = 5;

/**
 * Takes an order back: one that waits is never paid, of one that was paid the grants are voided (rule 8). Said again,
 * it takes what has become free since, such as what a hold had set aside; the first one decides about the debt.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND, PUBLIC_IDEMPOTENCY_KEY_REUSED, PUBLIC_OUTCOME_IS_UNKNOWN: what was
 *   begun is finished later.
 */
export async function cancelOrder(
  services: Services,
  caller: Caller,
  { order: name, debt = false }: CancelRequest,
  context: RequestContext,
): Promise<DecidedAnswer> {
  const idempotency = hashIdempotency(context, ['shop/order/storno', ...Object.values(name), debt]);
  const request: OrderRequest = { operation: 'storno', idempotency, body: SUCCESS_BODY };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const step = await inOrderTransaction(services, async (tx): Promise<OrderStep> => {
      const order = await lockOrder(tx, caller.ledgerId, name);
      if (!order) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
      const known = await findRequest(tx, order.accountId, idempotency);
      if (known?.answer) return { order, answer: known.answer };
      const begun = await begin(services, tx, order, { cancelledBy: caller.author, debt });
      await bindKey(tx, order, request, begun.answer);
      return begun;
    });
    const { order, answer } = step;
    wakeNotifier(services, order);
    if (answer) return answer;
    if (order.state !== 'paying') {
      await finishCancelling(services, order, context.requestId);
      return answerOfKey(services, order, idempotency, SUCCESS);
    }
    // One that is just being paid is paid first: then all its grants are there to be voided, and none can follow.
    await finishPayment(services, order, context.requestId);
  }
  throw unknownOutcome();
}

async function begin(
  services: Services,
  tx: Transaction,
  order: OrderRow,
  by: { readonly cancelledBy: string; readonly debt: boolean },
): Promise<OrderStep> {
  switch (order.state) {
    case 'paying':
    case 'cancelling':
      return { order, answer: undefined };
    case 'cancelled':
      // One that was never paid has nothing to be voided.
      return {
        order: { ...order, cancelledBy: by.cancelledBy },
        answer: order.paidAt === null ? SUCCESS : undefined,
      };
    case 'waiting':
      await beginCancelling(tx, order.orderId, by);
      await notifyAfter(services, tx, order);
      return { order, answer: SUCCESS };
    case 'paid': {
      await beginCancelling(tx, order.orderId, by);
      const { cancelledBy, debt: cancelDebt } = by;
      return { order: { ...order, state: 'cancelling', cancelledBy, cancelDebt }, answer: undefined };
    }
  }
}

/**
 * Voids the grants of an order and then notes that it is cancelled. Any number of callers may do it at once and
 * again, as with finishPayment.
 *
 * @param order in the state `cancelling`, or `cancelled` to void what has become free since.
 * @throws Refusal PUBLIC_OUTCOME_IS_UNKNOWN: it is finished later.
 */
export async function finishCancelling(
  services: Services,
  order: OrderRow,
  requestId: string,
): Promise<void> {
  const { writer, log, database } = services;
  const { orderId } = order;
  const isLater = (error: unknown): never => {
    log.warn({ err: error, orderId }, 'an order could not be cancelled yet; it is finished later');
    throw unknownOutcome();
  };
  const items = await readOrderItems(database.pool, orderId).catch(isLater);
  const voids = items.flatMap(({ item, transactionId }) =>
    transactionId === null ? [] : [toVoid(services, order, { item, transactionId }, requestId)],
  );
  const settled = await Promise.allSettled(voids.map((each) => writer.submit(each)));
  for (const each of settled) {
    if (each.status === 'rejected') isLater(each.reason);
    // 409: nothing of it was left to take, which is as good.
    else if (each.value.status !== 200 && each.value.status !== 409) {
      throw new Error(`The void of an order was refused: ${each.value.body}`);
    }
  }
  await inOrderTransaction(
    services,
    async (tx) => {
      if (await endCancelling(tx, orderId)) await notifyAfter(services, tx, order);
      await answerOrderRequests(tx, orderId, ['storno'], SUCCESS);
    },
    'begun',
  );
  wakeNotifier(services, order);
}

/** All voids of a grant together take no more than it brought, so one of a cancelled order needs no key. */
function toVoid(
  { ids }: Services,
  order: OrderRow,
  { item, transactionId }: { readonly item: number; readonly transactionId: string },
  requestId: string,
): Submission {
  const { orderId, ledgerId, accountId, orderNumber, state, author, cancelledBy, cancelDebt: debt } = order;
  const name = ids.decode(transactionId);
  if (!name) throw new Error(`The order ${orderId} names ${transactionId}, which is no transaction.`);
  const { seq, attempt } = name;
  const idempotencyKey = state === 'cancelled' ? undefined : `order ${orderId} void ${item}`;
  return {
    accountId,
    ledgerId,
    command: { kind: 'void', seq, attempt, debt, description: `Order ${orderNumber} cancelled` },
    author: cancelledBy ?? author,
    requestId,
    idempotency: hashIdempotency({ requestId, idempotencyKey }, ['order-void', transactionId, debt]),
  };
}
