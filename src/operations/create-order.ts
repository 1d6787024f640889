import { randomAlphanumerics } from '../ids.ts';
import { MAX_AMOUNT, type Micro } from '../ledger/amount.ts';
import { type Fault, Refusal, validationFailed } from '../refusals.ts';
import type { Transaction } from '../store/database.ts';
import { lockWhoOrders } from '../store/order-requests.ts';
import {
  insertOrder,
  lockOrder,
  type OrderItemRow,
  type OrderRow,
  readLedgerForOrder,
  takeOrderNumber,
} from '../store/order-rows.ts';
import { collectFaults } from './collect-faults.ts';
import { checkCustomer, findOrInsertCustomer } from './create-customer.ts';
import { finishPayment } from './finish-payment.ts';
import { hashIdempotency } from './idempotency.ts';
import { notifyAfter } from './notify-order.ts';
import { answerOfKey, bindKey, findRequest, inOrderTransaction } from './order-request.ts';
import { webhookFault } from './post-webhook.ts';
import { checkReturnUrl } from './return-url.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from './services.ts';

/** One line of an order, decoded: price 0 or more, count from 1. */
export interface OrderLine {
  readonly label: string;
  readonly price: Micro;
  /** Per cent, part of the price. */
  readonly vat?: number | undefined;
  readonly count?: number | undefined;
  /** Credit that one piece grants. */
  readonly creditAmount?: Micro | undefined;
}

/** Members of shop/order/create, decoded. */
export interface CreateOrderRequest {
  readonly email: string;
  readonly items: readonly OrderLine[];
  readonly currency?: string | undefined;
  readonly orderGroupId?: string | undefined;
  readonly returnUrl?: string | undefined;
  readonly notificationUrl?: string | undefined;
  /** Normalised. */
  readonly customerRealIp?: string | undefined;
}

const MOST = BigInt(MAX_AMOUNT) * 1_000_000n;

/**
 * Makes an order, and the customer where the e-mail is unknown. One whose prices are all 0 is paid at once and grants
 * its credit; any other waits until someone says that it is paid. PUBLIC_CREDIT_TOO_LARGE is an answer.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED (another currency, sums that are too large, addresses that lead to no
 *   listed origin), PUBLIC_IDEMPOTENCY_KEY_REUSED, PUBLIC_OUTCOME_IS_UNKNOWN: what was begun is finished later.
 */
export async function createOrder(
  services: Services,
  caller: Caller,
  request: CreateOrderRequest,
  context: RequestContext,
): Promise<DecidedAnswer> {
  const items = request.items.map(toItem);
  const idempotency = hashIdempotency(context, membersOf(request, items));
  const { faults: addressFaults, ...addresses } = await checkAddresses(services, caller, request);
  const step = await inOrderTransaction(services, async (tx) => {
    const ledger = await readLedgerForOrder(tx, caller.ledgerId);
    if (!ledger) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    const faults = [...sumFaults(items), ...currencyFaults(request, ledger.currency)];
    if (faults.length > 0) throw validationFailed([...faults, ...addressFaults]);
    const accountId = await findWhoOrders(tx, caller, request.email);
    const known = await findRequest(tx, accountId, idempotency);
    if (known?.answer) return { answer: known.answer };
    const begun = known && (await lockOrder(tx, caller.ledgerId, { orderId: known.orderId }));
    if (begun) return { order: begun, body: answerBody(services, begun) };
    // Judged here, so that a late retry gets its first answer though the list of origins has changed since.
    if (addressFaults.length > 0) throw validationFailed(addressFaults);
    const number = await takeOrderNumber(tx, caller.ledgerId, ledger.year);
    const order = await insertOrder(tx, {
      ledgerId: caller.ledgerId,
      accountId,
      orderNumber: `${String(ledger.year % 100).padStart(2, '0')}${String(number).padStart(6, '0')}`,
      hash: randomAlphanumerics(32),
      orderGroupId: request.orderGroupId || undefined,
      currency: ledger.currency,
      state: firstState(items),
      ...addresses,
      ip: request.customerRealIp,
      author: caller.author,
      items,
    });
    const body = answerBody(services, order);
    const answer = order.state === 'paying' ? undefined : { status: 200, body, replayed: false };
    await bindKey(tx, order, { operation: 'create', idempotency, body }, answer);
    if (order.state === 'paid') await notifyAfter(services, tx, order);
    return answer ? { answer } : { order, body };
  });
  if (request.notificationUrl !== undefined) services.jobs.wake();
  if ('answer' in step) return step.answer;
  const paid = await finishPayment(services, step.order, context.requestId);
  const own = paid.status === 200 ? { ...paid, body: step.body } : paid;
  return answerOfKey(services, step.order, idempotency, own);
}

/** Finds or makes the customer, and keeps it from being erased until the order is there. */
async function findWhoOrders(tx: Transaction, { ledgerId }: Caller, given: string): Promise<number> {
  const customer = checkCustomer({ email: given });
  for (let tries = 0; tries < 2; tries++) {
    const { accountId, email } = await findOrInsertCustomer(tx, ledgerId, customer);
    // One who was erased meanwhile has another address now, and this one is free.
    if (await lockWhoOrders(tx, accountId, email)) return accountId;
  }
  throw validationFailed([{ pointer: '/customer/email', message: 'is that of a customer who was erased' }]);
}

function toItem({ label, price, vat, count = 1, creditAmount = 0n }: OrderLine): OrderItemRow {
  return { label, price, vat: vat ?? null, count, creditAmount };
}

/** Free, it is paid; it is `paying` while its credit is being granted. */
function firstState(items: readonly OrderItemRow[]): 'waiting' | 'paying' | 'paid' {
  if (items.some(({ price }) => price > 0n)) return 'waiting';
  return items.some(({ creditAmount }) => creditAmount > 0n) ? 'paying' : 'paid';
}

/** No sum of an order is larger than what any one request may name. */
function sumFaults(items: readonly OrderItemRow[]): Fault[] {
  const faults: Fault[] = [];
  const sum = (of: 'price' | 'creditAmount') =>
    items.reduce((total, item) => total + item[of] * BigInt(item.count), 0n);
  const message = (what: string) => `must have ${what} of at most 1,000,000,000 in all, counts included`;
  if (sum('price') > MOST) faults.push({ pointer: '/items', message: message('prices') });
  if (sum('creditAmount') > MOST) faults.push({ pointer: '/items', message: message('credit') });
  return faults;
}

function currencyFaults({ currency }: CreateOrderRequest, own: string): Fault[] {
  if (currency === undefined || currency === own) return [];
  return [{ pointer: '/currency', message: `must be ${own}, the organisation's currency` }];
}

interface Addresses {
  readonly returnUrl: string | undefined;
  readonly notificationUrl: string | undefined;
  readonly faults: readonly Fault[];
}

/** @returns the addresses as they are kept, and all that is wrong with them. */
async function checkAddresses(
  services: Services,
  { ledgerId }: Caller,
  request: CreateOrderRequest,
): Promise<Addresses> {
  const faults: Fault[] = [];
  const check = async (member: 'returnUrl' | 'notificationUrl') => {
    const url = request[member];
    if (url === undefined) return undefined;
    return collectFaults(faults, () => checkReturnUrl(services, ledgerId, url, `/${member}`));
  };
  const returnUrl = await check('returnUrl');
  const notificationUrl = await check('notificationUrl');
  const message = notificationUrl && webhookFault(new URL(notificationUrl), services);
  if (message) faults.push({ pointer: '/notificationUrl', message });
  return { returnUrl, notificationUrl, faults };
}

/** What makes a repeated request the same: not how the customer is named, nor the one currency that there can be. */
function membersOf(request: CreateOrderRequest, items: readonly OrderItemRow[]): (string | undefined)[] {
  const { orderGroupId, returnUrl, notificationUrl, customerRealIp } = request;
  const lines = items.map(({ label, price, vat, count, creditAmount }) => [
    ...[label, price.toString(), vat, count, creditAmount.toString()],
  ]);
  return [
    ...['shop/order/create', JSON.stringify(lines), orderGroupId || undefined],
    ...[returnUrl, notificationUrl, customerRealIp],
  ];
}

/** Its page is where it is paid, too. */
function answerBody({ publicAddress }: Services, { orderNumber, hash }: OrderRow): string {
  const page = `${publicAddress.url}/order/${hash}`;
  return JSON.stringify({ orderNumber, hash, links: { orderPageLink: page, payLink: page } });
}
