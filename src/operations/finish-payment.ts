import { DEFAULT_PRIORITY } from '../ledger/lot.ts';
import { answerOrderRequests } from '../store/order-requests.ts';
import { type KeptOrderItem, type OrderRow, readOrderItems } from '../store/order-rows.ts';
import { endPayment, refusePayment } from '../store/order-states.ts';
import type { Submission } from '../writer/job.ts';
import { hashIdempotency } from './idempotency.ts';
import { notifyAfter, wakeNotifier } from './notify-order.ts';
import { inOrderTransaction, SUCCESS_BODY, unknownOutcome } from './order-request.ts';
import type { DecidedAnswer, Services } from './services.ts';

/**
 * Writes the grants of an order whose payment was decided, all in one commit or none, and then notes that it is paid.
 * Any number of callers may do it at once and again: the grants have Idempotency-Keys of their own, made of the order,
 * its try to be paid and the line.
 *
 * @param order in the state `paying`.
 * @returns a success, or PUBLIC_CREDIT_TOO_LARGE: then the order waits again, or is cancelled where it was free.
 * @throws Refusal PUBLIC_OUTCOME_IS_UNKNOWN: it is finished later.
 */
export async function finishPayment(
  services: Services,
  order: OrderRow,
  requestId: string,
): Promise<DecidedAnswer> {
  const items = await readOrderItems(services.database.pool, order.orderId).catch((error: unknown) => {
    services.log.warn({ err: error }, 'an order could not be paid yet; it is finished later');
    throw unknownOutcome();
  });
  const credits = items.filter(({ creditAmount }) => creditAmount > 0n);
  const answers = await grantAll(services, order, credits, requestId);
  const refusal = refusalOf(answers);
  if (refusal) {
    await noteRefusal(services, order, items, refusal);
    return { ...refusal, replayed: false };
  }
  const grants = new Map(credits.map(({ item }, i) => [item, transactionIdOf(answers[i])]));
  await inOrderTransaction(
    services,
    async (tx) => {
      if (!(await endPayment(tx, order, grants))) return;
      await answerOrderRequests(tx, order.orderId, ['mark-paid', 'create'], { status: 200 });
      await notifyAfter(services, tx, order);
    },
    'begun',
  );
  wakeNotifier(services, order);
  return { status: 200, body: SUCCESS_BODY, replayed: false };
}

async function grantAll(
  { writer, log }: Services,
  order: OrderRow,
  credits: readonly KeptOrderItem[],
  requestId: string,
): Promise<DecidedAnswer[]> {
  const submissions = credits.map((item) => toGrant(order, item, requestId));
  const settled = await Promise.allSettled(writer.submitTogether(submissions));
  return settled.map((each) => {
    if (each.status === 'fulfilled') return each.value;
    log.warn(
      { err: each.reason, orderId: order.orderId },
      'an order could not be paid yet; it is finished later',
    );
    throw unknownOutcome();
  });
}

/** The space in its key keeps it apart from all keys of requests, which have visible characters alone. */
function toGrant(order: OrderRow, item: KeptOrderItem, requestId: string): Submission {
  const { orderId, ledgerId, accountId, orderNumber, hash, orderGroupId, payment, author, paidBy } = order;
  const amount = item.creditAmount * BigInt(item.count);
  const money = item.price * BigInt(item.count);
  const idempotencyKey = `order ${orderId} payment ${payment} item ${item.item}`;
  return {
    accountId,
    ledgerId,
    command: {
      kind: 'grant',
      amount,
      money,
      priority: DEFAULT_PRIORITY,
      expiresAtMs: null,
      description: `Order ${orderNumber}`,
      order: { orderNumber, hash, groupName: orderGroupId ?? undefined },
    },
    author: paidBy ?? author,
    requestId,
    idempotency: hashIdempotency({ requestId, idempotencyKey }, ['order-grant', amount, money]),
  };
}

/** Only 409 is a refusal for good, which these keys replay; anything else would be a fault of ours. */
function refusalOf(answers: readonly DecidedAnswer[]): DecidedAnswer | undefined {
  const refused = answers.filter(({ status }) => status !== 200);
  const cause = refused.find(({ body }) => !body.includes('"PUBLIC_CREDIT_BATCH_NOT_APPLIED"'));
  if (refused.length > 0 && cause?.status !== 409) {
    throw new Error(`The grants of an order were refused: ${cause?.body ?? refused[0]?.body}`);
  }
  return cause;
}

/** A free order is cancelled, since nobody would ever say again that it is paid. */
async function noteRefusal(
  services: Services,
  order: OrderRow,
  items: readonly KeptOrderItem[],
  { status, body }: DecidedAnswer,
): Promise<void> {
  const isFree = items.every(({ price }) => price === 0n);
  await inOrderTransaction(
    services,
    async (tx) => {
      if (!(await refusePayment(tx, order, isFree ? 'cancelled' : 'waiting'))) return;
      await answerOrderRequests(tx, order.orderId, ['mark-paid', 'create'], { status, body });
    },
    'begun',
  );
}

function transactionIdOf(answer: DecidedAnswer | undefined): string {
  return (JSON.parse(answer?.body ?? '{}') as { transactionId: string }).transactionId;
}
