import { fromMicro, type Micro } from '../ledger/amount.ts';
import type { Refused } from '../ledger/command.ts';
import { type Decision, decide } from '../ledger/decide.ts';
import { Refusal, refusalBody } from '../refusals.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { type ExplainedLot, readExplainedLots } from '../store/explain-rows.ts';
import { readAccount } from '../writer/read-account.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import { toDate } from './log-item.ts';
import type { SpenderName } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, RequestContext, Services } from './services.ts';
import type { SpendMembers } from './spend-credit.ts';

/** A lot that would pay; credits and money as JSON numbers. */
export interface PayingLot {
  /** Of the entry that opened it. */
  readonly transactionId: string;
  readonly amount: number;
  readonly amountMoney: number;
  readonly priority: number;
  readonly expirationDate?: string;
}

/** The `error` of a refusal: these members and the figures of its code. */
interface RefusalError extends Readonly<Record<string, unknown>> {
  readonly code: string;
  readonly message: string;
  readonly description: string;
  readonly requestId: string;
}

/** What a spend would come to; credits as JSON numbers. */
export interface CreditPreview {
  readonly success: true;
  readonly wouldSucceed: boolean;
  /** The `error` that would be answered. */
  readonly refusal?: RefusalError;
  readonly oldCreditBalance: number;
  readonly newCreditBalance: number;
  /** In burn order. */
  readonly lots: readonly PayingLot[];
  /** The part that would be owed. */
  readonly debt?: number;
  /** The least top-up that would let it pass, where credit is all that is missing. */
  readonly smallestChange?: { readonly amount: number };
}

/**
 * Says what a spend would come to and changes nothing but what has fallen due, which is booked as before any read. The
 * rules themselves judge it, so that the spend right after has the same outcome unless something came in between.
 *
 * @throws Refusal INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function previewSpend(
  services: Services,
  caller: Caller,
  spend: SpenderName & SpendMembers,
  { requestId }: RequestContext,
): Promise<CreditPreview> {
  const { accountId } = await nameCustomerForReading(services, caller, spend);
  const { database } = services;
  await readBooked(services, accountId, () => lookAtFigures(services, database.pool, accountId));
  return inTransaction(
    database,
    async (tx) => {
      const { decision, balance } = await judge(services, caller, tx, accountId, spend);
      const [outcome] = decision.outcomes;
      if (outcome?.kind === 'refused') return refusedPreview(outcome, balance, decision, requestId);
      const entry = outcome?.kind === 'done' ? outcome.entry : undefined;
      if (!entry) throw new Error('a spend came to no entry');
      const taken = entry.slices.flatMap(({ lot, amount, money }) =>
        lot === undefined ? [] : [{ lot, amount, money }],
      );
      const lots = await readExplainedLots(tx, accountId, [...new Set(taken.map(({ lot }) => lot))]);
      const debt = entry.slices.find((slice) => slice.debt !== undefined);
      return {
        success: true as const,
        wouldSucceed: true,
        oldCreditBalance: fromMicro(entry.balance - entry.amount),
        newCreditBalance: fromMicro(entry.balance),
        lots: taken.map((slice) => toPayingLot(services, lots.get(slice.lot), slice)),
        ...(debt && { debt: fromMicro(-debt.amount) }),
      };
    },
    'snapshot',
  );
}

async function judge(
  services: Services,
  { author }: Caller,
  tx: Transaction,
  accountId: number,
  { amount, description, customerRealIp: ip }: SpendMembers,
): Promise<{ readonly decision: Decision; readonly balance: Micro }> {
  const read = await readAccount(tx, accountId, services.clockOffsetMs?.() ?? 0);
  if (!read) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  const command = { kind: 'spend', amount, description, ip } as const;
  const decision = decide(read.state, [{ command, author }], new Map(), read.clockMs, read.setting);
  if (!decision) throw new Error(`account ${accountId} could not be judged with all of it read`);
  return { decision, balance: read.state.account.balance };
}

/** What fell due between the booking and this look is part of the decision, as it would be of the spend's. */
function refusedPreview(
  { code, details }: Refused,
  balance: Micro,
  { changes }: Decision,
  requestId: string,
): CreditPreview {
  const creditBalance = fromMicro(changes?.account.balance ?? balance);
  const missing = code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT' ? Number(details.shortBy) : undefined;
  return {
    success: true,
    wouldSucceed: false,
    refusal: JSON.parse(refusalBody(code, requestId, details)).error,
    oldCreditBalance: creditBalance,
    newCreditBalance: creditBalance,
    lots: [],
    ...(missing !== undefined && { smallestChange: { amount: missing } }),
  };
}

function toPayingLot(
  { ids }: Services,
  lot: ExplainedLot | undefined,
  { amount, money }: { readonly amount: Micro; readonly money: Micro },
): PayingLot {
  if (!lot) throw new Error('a lot that would pay is not there');
  return {
    transactionId: ids.encode(lot.openedBy),
    amount: fromMicro(-amount),
    amountMoney: fromMicro(-money),
    priority: lot.priority,
    ...(lot.expiresAtMs !== null && { expirationDate: toDate(lot.expiresAtMs) }),
  };
}
