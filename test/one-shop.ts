/** A shop on a real database: orders with plain numbers, and services whose next steps a test can make fail. */
import assert from 'node:assert/strict';
import { toMicro } from '../src/ledger/amount.ts';
import { cancelOrder } from '../src/operations/cancel-order.ts';
import { createOrder } from '../src/operations/create-order.ts';
import { markOrderPaid } from '../src/operations/mark-order-paid.ts';
import { readCreditLog } from '../src/operations/read-credit-log.ts';
import type { Caller, DecidedAnswer, Services } from '../src/operations/services.ts';
import { verifyLedgers } from '../src/operations/verify-ledger.ts';
import { findOrderByHash, type OrderState } from '../src/store/order-rows.ts';
import {
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
  type TestOrganisation,
} from './harness.ts';

/** A line with credits and money as JSON numbers. */
export interface Line {
  readonly price: number;
  readonly count?: number;
  readonly creditAmount?: number;
}

/** What an order was answered. */
export interface MadeOrder {
  readonly orderNumber: string;
  readonly hash: string;
  readonly links: { readonly orderPageLink: string; readonly payLink: string };
}

/** What an operation answered: 200, or the code of its refusal. */
export type Told = 200 | string;

export interface OneShop {
  readonly services: Services;
  readonly organisation: TestOrganisation;
  readonly caller: Caller;
  /** What a second process has: nothing in memory is shared with the first. */
  openOther(): Promise<Services>;
  newCustomer(credit?: number): Promise<TestCustomer>;
  order(email: string, lines: readonly Line[], more?: OrderMore): Promise<MadeOrder>;
  pay(order: MadeOrder, more?: CallMore): Promise<Told>;
  cancel(order: MadeOrder, more?: CallMore & { debt?: boolean }): Promise<Told>;
  stateOf(order: MadeOrder): Promise<OrderState | undefined>;
  /** The amounts of the customer's entries, oldest first. */
  amounts(customer: TestCustomer): Promise<number[]>;
  /** Checks every invariant of the ledgers. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface CallMore {
  readonly services?: Services;
  readonly idempotencyKey?: string | undefined;
}

export interface OrderMore extends CallMore {
  readonly notificationUrl?: string;
  readonly returnUrl?: string;
  readonly orderGroupId?: string;
}

/** @returns 200, or the code of a refusal, whether it was answered or thrown. */
export async function codeOf(decided: Promise<DecidedAnswer>): Promise<Told> {
  try {
    const { status, body } = await decided;
    if (status === 200) return 200;
    return (JSON.parse(body) as { error: { code: string } }).error.code;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code !== 'string') throw error;
    return code;
  }
}

function micro(credits: number): bigint {
  const amount = toMicro(credits);
  if (amount === undefined) throw new Error(`${credits} is no amount`);
  return amount;
}

/** @returns lines as createOrder takes them. */
export function linesOf(lines: readonly Line[]) {
  return lines.map(({ price, count, creditAmount }, i) => ({
    label: `Line ${i + 1}`,
    price: micro(price),
    count,
    creditAmount: creditAmount === undefined ? undefined : micro(creditAmount),
  }));
}

/** Opens it; close it in `after`. */
export async function openOneShop(): Promise<OneShop> {
  const fresh = await freshDatabase();
  const { services, stop } = await openTestServices(fresh);
  const organisation = await makeOrganisation(services, { slug: 'acme', currency: 'CZK' });
  const caller = { ledgerId: organisation.sandbox, author: 'cli' };
  const others: (() => Promise<void>)[] = [];
  const contextOf = ({ idempotencyKey }: CallMore) => ({ requestId: 'test', idempotencyKey });
  return {
    services,
    organisation,
    caller,
    async openOther() {
      const other = await openTestServices(fresh);
      others.push(other.stop);
      return other.services;
    },
    newCustomer: (credit) =>
      makeCustomer(services, organisation.sandbox, credit === undefined ? {} : { credit }),
    async order(email, lines, { services: own = services, idempotencyKey, ...more } = {}) {
      const request = { email, items: linesOf(lines), ...more };
      const answer = await createOrder(own, caller, request, contextOf({ idempotencyKey }));
      assert.equal(answer.status, 200, answer.body);
      return JSON.parse(answer.body) as MadeOrder;
    },
    pay: ({ hash }, more = {}) =>
      codeOf(markOrderPaid(more.services ?? services, caller, { hash }, contextOf(more))),
    cancel: ({ orderNumber }, { debt, ...more } = {}) =>
      codeOf(
        cancelOrder(more.services ?? services, caller, { order: { orderNumber }, debt }, contextOf(more)),
      ),
    stateOf: async ({ hash }) => (await findOrderByHash(services.database.pool, hash))?.state,
    async amounts({ cuRefNo }) {
      const { items } = await readCreditLog(services, caller, { cuRefNo });
      return items.map(({ amount }) => amount).reverse();
    },
    async verify() {
      const findings: string[] = [];
      await verifyLedgers(services, { onFinding: ({ text }) => findings.push(text) });
      assert.deepEqual(findings, []);
    },
    async close() {
      for (const stopOther of others) await stopOther();
      await stop();
      await fresh.drop();
    },
  };
}

/** Where in the life of an order a process may end: around its grants or voids, or when all is there but its state. */
export type CrashPoint = 'before the entries' | 'behind the entries' | 'before the last note';

/** Every one of them. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  'before the entries',
  'behind the entries',
  'before the last note',
];

/**
 * @returns services of a process that dies at this point: what it was about to do is not done, and its caller hears of
 *   an unknown outcome.
 */
export function crashingAt(services: Services, point: CrashPoint): Services {
  const { writer, database } = services;
  const die = () => Promise.reject(new Error('the process is gone'));
  if (point === 'before the last note') {
    let transactions = 0;
    // The first transaction begins the order, the second one notes its end.
    const connect = () => (++transactions > 1 ? die() : database.pool.connect());
    const pool = { connect, query: database.pool.query.bind(database.pool) } as typeof database.pool;
    return { ...services, database: { ...database, pool } };
  }
  const isWritten = point === 'behind the entries';
  return {
    ...services,
    writer: {
      async submit(submission) {
        if (isWritten) await writer.submit(submission);
        return die();
      },
      submitTogether(submissions) {
        const written = isWritten ? writer.submitTogether(submissions) : [];
        return submissions.map(async (_, i) => {
          await written[i];
          return die();
        });
      },
      stop: () => writer.stop(),
      figures: writer.figures,
    },
  };
}
