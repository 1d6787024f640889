import { Command, Option } from 'commander';
import { randomAlphanumerics } from '../ids.ts';
import { cancelOrder } from '../operations/cancel-order.ts';
import { markOrderPaid } from '../operations/mark-order-paid.ts';
import type { Caller, Services } from '../operations/services.ts';
import { ledgerOfOrder, listOrders, type OperatorOrder, showOrder } from '../operations/show-order.ts';
import type { OrderState } from '../store/order-rows.ts';
import { type Answer, type JsonOption, list, readDecided, table, UsageError } from './answer.ts';
import { readCount } from './arguments.ts';
import {
  AUTHOR,
  addLedgerOptions,
  callerOf,
  elsewhere,
  type LedgerOptions,
  tellMissing,
} from './name-customer.ts';
import { answerWithServices } from './with-services.ts';

interface OrderOptions extends LedgerOptions, JsonOption {}

/** How an operator names an order. */
type Name = { readonly hash: string } | { readonly orderNumber: string };

const STATES: readonly OrderState[] = ['waiting', 'paying', 'paid', 'cancelling', 'cancelled'];
const LISTED = 50;

/** `purser order list|show|mark-paid|cancel`. */
export function orderCommands(): Command {
  const order = new Command('order').description('list, show, mark as paid and cancel orders of customers');
  addList(order);
  addShow(order);
  addMarkPaid(order);
  addCancel(order);
  return order;
}

function addList(order: Command): void {
  interface Options extends OrderOptions {
    readonly state?: OrderState;
    readonly limit?: number;
  }
  addLedgerOptions(order.command('list'))
    .description('list orders, the newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option('--limit <number>', `how many at most (default: ${LISTED})`, readCount)
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- order list --state waiting')
    .action((options: Options) =>
      answerWithServices(options, async (services) => {
        const { state, limit = LISTED } = options;
        const { name: ledger, ...caller } = await callerOf(services, options);
        const orders = await listOrders(services, caller, { state, limit });
        const rows = orders.map(({ orderNumber, state: now, total, currency, createdAt, hash }) => [
          ...[orderNumber, now, `${total} ${currency}`, createdAt.toISOString(), hash],
        ]);
        const headings = ['NUMBER', 'STATE', 'TOTAL', 'CREATED', 'HASH'];
        return {
          json: { orders },
          text: rows.length > 0 ? table(headings, rows) : noOrders(ledger, state),
        };
      }),
    );
}

function noOrders(ledger: string, state: OrderState | undefined): string {
  const orders = state === undefined ? 'no orders' : `no orders that are ${state}`;
  return `There are ${orders} in ${ledger}; ${elsewhere(ledger)}.`;
}

function addShow(order: Command): void {
  addOrderOptions(order.command('show'))
    .description('show an order with its lines')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- order show 26000001')
    .action((name: string, options: OrderOptions) =>
      answerWithServices(options, (services) => forOrder(services, name, options, tellOrder)),
    );
}

function addMarkPaid(order: Command): void {
  addOrderOptions(order.command('mark-paid'))
    .description('say that an order is paid, which grants its credit; said twice, it grants once')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- order mark-paid 26000001')
    .action((argument: string, options: OrderOptions) =>
      answerWithServices(options, (services) =>
        forOrder(services, argument, options, async (_, caller, name) => {
          readDecided(await markOrderPaid(services, caller, name, requestOf()));
          return tellOrder(services, caller, name);
        }),
      ),
    );
}

function addCancel(order: Command): void {
  interface Options extends OrderOptions {
    readonly debt?: true;
  }
  addOrderOptions(order.command('cancel'))
    .description('cancel an order; of one that was paid, what is left of its credit is taken back')
    .option('--debt', 'let the customer owe what was used of the credit already')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- order cancel 26000001')
    .action((argument: string, options: Options) =>
      answerWithServices(options, (services) =>
        forOrder(services, argument, options, async (_, caller, name) => {
          const cancel = { order: name, debt: options.debt };
          readDecided(await cancelOrder(services, caller, cancel, requestOf()));
          return tellOrder(services, caller, name);
        }),
      ),
    );
}

function addOrderOptions(command: Command): Command {
  command.argument('<order>', 'its number, or its hash, which says the ledger too');
  return addLedgerOptions(command).option('--json', 'answer in JSON');
}

function nameOf(argument: string): Name {
  if (/^[0-9]{8,12}$/.test(argument)) return { orderNumber: argument };
  if (/^[A-Za-z0-9]{32}$/.test(argument)) return { hash: argument };
  throw new UsageError(`${argument} is no order number and no hash of 32 letters and digits.`);
}

/** Does the work for the order that the command line names. */
async function forOrder(
  services: Services,
  argument: string,
  options: LedgerOptions,
  work: (services: Services, caller: Caller, name: Name) => Promise<Answer>,
): Promise<Answer> {
  const name = nameOf(argument);
  if ('hash' in name && options.organisation === undefined && options.ledger === undefined) {
    const ledgerId = await tellMissing(ledgerOfOrder(services, name.hash), `order ${argument}`);
    return work(services, { ledgerId, author: AUTHOR }, name);
  }
  const { name: ledger, ...caller } = await callerOf(services, options);
  const hint = `order ${argument} in ${ledger}; ${elsewhere(ledger)}`;
  return tellMissing(work(services, caller, name), hint);
}

function requestOf() {
  return { requestId: randomAlphanumerics(16) };
}

async function tellOrder(services: Services, caller: Caller, name: Name): Promise<Answer> {
  const order = await showOrder(services, caller, name);
  return { json: order, text: `${orderText(order)}\n\n${itemTable(order)}` };
}

function orderText(order: OperatorOrder): string {
  return list([
    ['Order', order.orderNumber],
    ['State', order.state],
    ['Customer', order.customer && `${order.customer.email} (${order.customer.cuRefNo})`],
    ['Total', `${order.total} ${order.currency}`],
    ['Group', order.orderGroupId],
    ['Hash', order.hash],
    ['Created', order.createdAt.toISOString()],
    ['Paid', order.paidAt && `${order.paidAt.toISOString()} (${order.paidBy})`],
    ['Cancelled', order.cancelledAt && `${order.cancelledAt.toISOString()} (${order.cancelledBy})`],
  ]);
}

function itemTable({ items }: OperatorOrder): string {
  const rows = items.map(({ label, count, price, creditAmount, transactionId }) => [
    ...[label, String(count), String(price), String(creditAmount), transactionId ?? ''],
  ]);
  return table(['ITEM', 'COUNT', 'PRICE', 'CREDIT', 'TRANSACTION'], rows);
}
