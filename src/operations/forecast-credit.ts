import type { AccountState } from '../ledger/account.ts';
import { availableOf } from '../ledger/account.ts';
import { fromMicro, type Micro, proportion } from '../ledger/amount.ts';
import { freeOf, isDue } from '../ledger/lot.ts';
import { Refusal } from '../refusals.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { sumUsedAfter } from '../store/forecast-rows.ts';
import { findPosition } from '../store/instant-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import { readAccount } from '../writer/read-account.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import { toDate } from './log-item.ts';
import type { SpenderName } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';
import { type CreditBucket, type FreeCredit, inBuckets, simulateBurn } from './simulate-burn.ts';

/** Free credit by its expiry, as JSON numbers; without a date it never expires. */
export interface ExpiringCredit {
  readonly expirationDate?: string;
  readonly amount: number;
  readonly amountMoney: number;
}

/** What becomes of the credit at the rate of the last days, as JSON numbers. */
export interface RateForecast {
  readonly days: number;
  /** Spent and captured in these days, less what was refunded of that. */
  readonly used: number;
  readonly perDay: number;
  /** When no free credit is left, by use or by expiry; absent: never. */
  readonly runsOutAt?: string;
  readonly expiresUnused: number;
  readonly unusedBuckets: readonly ExpiringCredit[];
}

/** A customer's credit from now on, as JSON numbers. */
export interface CreditForecast {
  readonly at: string;
  readonly creditBalance: number;
  readonly held: number;
  readonly available: number;
  readonly currency: string;
  readonly buckets: readonly ExpiringCredit[];
  readonly rates: readonly RateForecast[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const RATE_DAYS = [7, 30] as const;
const LAST_INSTANT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Says what expires when, how fast credit is used, and what that comes to. What open holds have set aside is left to
 * their jobs and not part of it.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function forecastCredit(
  services: Services,
  caller: Caller,
  name: SpenderName,
): Promise<CreditForecast> {
  const { accountId } = await nameCustomerForReading(services, caller, name);
  const { database } = services;
  await readBooked(services, accountId, () => lookAtFigures(services, database.pool, accountId));
  const { state, clockMs, used } = await inTransaction(
    database,
    async (tx) => {
      const read = await readAccount(tx, accountId, services.clockOffsetMs?.() ?? 0);
      if (!read) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
      return { ...read, used: await readUsed(tx, accountId, read.clockMs) };
    },
    'snapshot',
  );
  const organisation = await findOrganisationOfLedger(database.pool, caller.ledgerId);
  const credit = freeCredit(state, clockMs);
  const { account } = state;
  return {
    at: toDate(clockMs),
    creditBalance: fromMicro(account.balance),
    held: fromMicro(account.held),
    available: fromMicro(availableOf(account)),
    currency: organisation?.currency ?? '',
    buckets: inBuckets(credit).map(toExpiringCredit),
    rates: RATE_DAYS.map((days, i) => forecastAtRate(credit, days, used[i] ?? 0n, clockMs)),
  };
}

/** @returns what was used in the last of each of RATE_DAYS. */
async function readUsed(tx: Transaction, accountId: number, nowMs: number): Promise<Micro[]> {
  const [short, long] = RATE_DAYS;
  const { seq: later } = await findPosition(tx, accountId, nowMs - short * DAY_MS);
  const { seq: earlier } = await findPosition(tx, accountId, nowMs - long * DAY_MS);
  return sumUsedAfter(tx, accountId, [later, earlier]);
}

function freeCredit({ lots }: AccountState, nowMs: number): FreeCredit[] {
  return lots
    .filter((lot) => freeOf(lot) > 0n && !isDue(lot, nowMs))
    .map((lot) => {
      const { lot: number, priority, expiresAtMs, remaining, remainingMoney } = lot;
      const amount = freeOf(lot);
      const money = proportion(remainingMoney, amount, remaining);
      return { lot: number, priority, expiresAtMs, amount, money };
    });
}

function forecastAtRate(
  credit: readonly FreeCredit[],
  days: number,
  used: Micro,
  nowMs: number,
): RateForecast {
  const { runsOutAtMs, unused } = simulateBurn(credit, { used, perMs: days * DAY_MS }, nowMs);
  const isTold = runsOutAtMs !== null && runsOutAtMs <= LAST_INSTANT_MS;
  return {
    days,
    used: fromMicro(used),
    perDay: fromMicro(proportion(used, 1n, BigInt(days))),
    ...(isTold && { runsOutAt: toDate(runsOutAtMs) }),
    expiresUnused: fromMicro(unused.reduce((sum, { amount }) => sum + amount, 0n)),
    unusedBuckets: unused.map(toExpiringCredit),
  };
}

function toExpiringCredit({ expiresAtMs, amount, money }: CreditBucket): ExpiringCredit {
  return {
    ...(expiresAtMs !== null && { expirationDate: toDate(expiresAtMs) }),
    amount: fromMicro(amount),
    amountMoney: fromMicro(money),
  };
}
