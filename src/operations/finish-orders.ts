import { setTimeout as sleep } from 'node:timers/promises';
import { listUnfinishedOrders } from '../store/order-rows.ts';
import { finishCancelling } from './cancel-order.ts';
import { finishPayment } from './finish-payment.ts';
import type { Services } from './services.ts';

/** Finishes what crashed or overloaded processes have begun, so that nobody has to call again. */
export interface OrderFinisher {
  stop(): Promise<void>;
}

const EVERY_MS = 60_000;
/** Whoever has begun an order is done with it long before. */
const LEAVE_ALONE_MS = 15_000;
const AT_ONCE = 100;
const STOP_PATIENCE_MS = 5_000;

/**
 * Finishes orders that are decided to be paid or cancelled and are not. Failures are logged: the next call finds the
 * order again.
 *
 * @param leaveAloneMs orders whose state is younger are left to whoever works on them.
 * @returns how many were finished.
 */
export async function finishOrders(
  services: Services,
  leaveAloneMs: number = LEAVE_ALONE_MS,
): Promise<number> {
  const { database, log } = services;
  let finished = 0;
  for (const order of await listUnfinishedOrders(database.pool, {
    olderThanMs: leaveAloneMs,
    limit: AT_ONCE,
  })) {
    const { orderId, state } = order;
    try {
      if (state === 'paying') await finishPayment(services, order, 'finish-orders');
      else await finishCancelling(services, order, 'finish-orders');
      finished += 1;
      log.info({ orderId, state }, 'an order that was left unfinished is finished');
    } catch (error) {
      log.warn(
        { err: error, orderId, state },
        'an order could not be finished; it is tried again in a minute',
      );
    }
  }
  return finished;
}

/** Looks for unfinished orders now and every minute. */
export function startOrderFinisher(services: Services): OrderFinisher {
  const round = () =>
    finishOrders(services).catch((error: unknown) => {
      services.log.warn(
        { err: error },
        'unfinished orders could not be looked for; it is tried again in a minute',
      );
    });
  let working: Promise<unknown> = round();
  const timer = setInterval(() => {
    working = working.then(round);
  }, EVERY_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      // A database that is away must not keep a server from stopping.
      await Promise.race([working, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
    },
  };
}
