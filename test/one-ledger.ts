/** One sandbox on a real database, a clock that a test moves, and the operations of credit with plain numbers. */
import assert from 'node:assert/strict';
import { toMicro } from '../src/ledger/amount.ts';
import { adjustCredit } from '../src/operations/adjust-credit.ts';
import { captureHold } from '../src/operations/capture-hold.ts';
import { setLimits } from '../src/operations/change-account.ts';
import { extendHold } from '../src/operations/extend-hold.ts';
import { grantCredit } from '../src/operations/grant-credit.ts';
import { holdCredit } from '../src/operations/hold-credit.ts';
import { refundCredit } from '../src/operations/refund-credit.ts';
import { releaseHold } from '../src/operations/release-hold.ts';
import type { Caller, DecidedAnswer, Services } from '../src/operations/services.ts';
import { spendCredit } from '../src/operations/spend-credit.ts';
import { voidCredit } from '../src/operations/void-credit.ts';
import {
  freshDatabase,
  makeCustomer,
  makeOrganisation,
  openTestServices,
  type TestCustomer,
} from './harness.ts';

/** What an operation answered; the members of a success, or the code of a refusal. */
export interface Told {
  readonly status: number;
  readonly code: string | undefined;
  readonly transactionId: string;
  readonly holdId: string;
  readonly oldCreditBalance: number;
  readonly newCreditBalance: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Amounts are credits as JSON numbers. */
export interface OneLedger {
  readonly services: Services;
  readonly caller: Caller;
  newCustomer(): Promise<TestCustomer>;
  /** The ledger's present time, Unix milliseconds. */
  nowMs(): number;
  advance(ms: number): void;
  grant(
    customer: TestCustomer,
    amount: number,
    more?: { money?: number; priority?: number; expiresInMs?: number },
  ): Promise<Told>;
  spend(customer: TestCustomer, amount: number, idempotencyKey?: string): Promise<Told>;
  adjust(customer: TestCustomer, amount: number): Promise<Told>;
  hold(customer: TestCustomer, amount: number, expiresIn?: number, idempotencyKey?: string): Promise<Told>;
  extend(holdId: string, more: { addAmount?: number; expiresIn?: number }): Promise<Told>;
  capture(holdId: string, amount: number, final?: boolean): Promise<Told>;
  release(holdId: string): Promise<Told>;
  refund(transactionId: string, amount?: number): Promise<Told>;
  voidGrant(transactionId: string, debt?: boolean): Promise<Told>;
  limit(
    customer: TestCustomer,
    limits: { debtLimit?: number; monthlySoftLimit?: number; monthlyHardLimit?: number },
  ): Promise<void>;
  close(): Promise<void>;
}

function micro(credits: number): bigint {
  const amount = toMicro(credits);
  if (amount === undefined) throw new Error(`${credits} is no amount`);
  return amount;
}

function told({ status, body: text }: DecidedAnswer): Told {
  const body = JSON.parse(text);
  const { transactionId, holdId, oldCreditBalance, newCreditBalance, error } = body;
  return { status, code: error?.code, transactionId, holdId, oldCreditBalance, newCreditBalance, body };
}

/** Opens it; close it in `after`. */
export async function openOneLedger(): Promise<OneLedger> {
  let offsetMs = 0;
  const fresh = await freshDatabase();
  const { services, stop } = await openTestServices(fresh, { clockOffsetMs: () => offsetMs });
  const { sandbox } = await makeOrganisation(services);
  const caller = { ledgerId: sandbox, author: 'cli' };
  const request = (idempotencyKey?: string) => ({ requestId: 'test', idempotencyKey });
  return {
    services,
    caller,
    newCustomer: () => makeCustomer(services, sandbox),
    nowMs: () => Date.now() + offsetMs,
    advance(ms) {
      offsetMs += ms;
    },
    async grant({ cuRefNo }, amount, { money, priority, expiresInMs } = {}) {
      const grant = {
        customer: { cuRefNo },
        amount: micro(amount),
        amountMoney: money === undefined ? undefined : micro(money),
        priority,
        expirationDate:
          expiresInMs === undefined ? undefined : new Date(Date.now() + offsetMs + expiresInMs).toISOString(),
      };
      return told(await grantCredit(services, caller, grant, request()));
    },
    async spend({ identityId }, amount, idempotencyKey) {
      const spend = { identityId, amount: micro(amount) };
      return told(await spendCredit(services, caller, spend, request(idempotencyKey)));
    },
    async adjust({ cuRefNo }, amount) {
      const adjustment = { customer: { cuRefNo }, amount: micro(amount) };
      return told(await adjustCredit(services, caller, adjustment, request()));
    },
    async hold({ identityId }, amount, expiresIn, idempotencyKey) {
      const hold = { identityId, amount: micro(amount), expiresIn };
      return told(await holdCredit(services, caller, hold, request(idempotencyKey)));
    },
    async extend(holdId, { addAmount, expiresIn }) {
      const extension = {
        holdId,
        addAmount: addAmount === undefined ? undefined : micro(addAmount),
        expiresIn,
      };
      return told(await extendHold(services, caller, extension, request()));
    },
    async capture(holdId, amount, final = true) {
      return told(await captureHold(services, caller, { holdId, amount: micro(amount), final }, request()));
    },
    release: async (holdId) => told(await releaseHold(services, caller, { holdId }, request())),
    async refund(transactionId, amount) {
      const refund = { transactionId, amount: amount === undefined ? undefined : micro(amount) };
      return told(await refundCredit(services, caller, refund, request()));
    },
    voidGrant: async (transactionId, debt) =>
      told(await voidCredit(services, caller, { transactionId, debt }, request())),
    async limit({ cuRefNo }, { debtLimit, monthlySoftLimit, monthlyHardLimit }) {
      const maybe = (credits?: number) => (credits === undefined ? undefined : micro(credits));
      const answer = await setLimits(services, caller, {
        customer: { cuRefNo },
        debtLimit: maybe(debtLimit),
        monthlySoftLimit: maybe(monthlySoftLimit),
        monthlyHardLimit: maybe(monthlyHardLimit),
      });
      assert.equal(answer.status, 200, answer.body);
    },
    async close() {
      await stop();
      await fresh.drop();
    },
  };
}
