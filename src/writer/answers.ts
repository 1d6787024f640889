import { fromMicro, type Micro } from '../ledger/amount.ts';
import type { Refused } from '../ledger/command.ts';
import { REFUSALS, Refusal, refusalBody } from '../refusals.ts';
import type { DecidedAnswer } from './job.ts';

/** The answer of credit-spend and of everything that answers like it; exactly four members, in this order. */
export function successAnswer(
  transactionId: string,
  amount: Micro,
  balance: Micro,
  replayed: boolean,
): DecidedAnswer {
  const oldBalance = fromMicro(balance - amount);
  const newBalance = fromMicro(balance);
  return {
    status: 200,
    body: `{"success":true,"transactionId":"${transactionId}","oldCreditBalance":${oldBalance},"newCreditBalance":${newBalance}}`,
    replayed,
  };
}

/** The answer of commands that add no entry. */
export const PLAIN_SUCCESS: DecidedAnswer = { status: 200, body: '{"success":true}', replayed: false };

/** The answer of a refusal that the rules decided. */
export function refusedAnswer({ code, details }: Refused, requestId: string): DecidedAnswer {
  return { status: REFUSALS[code].status, body: refusalBody(code, requestId, details), replayed: false };
}

/** Nothing happened and nothing will; repeat as you like. */
export function overloaded(): Refusal {
  return new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
}

/** It may have happened; `transactionId`, where there is an entry, is the id it has if it did. */
export function outcomeUnknown(transactionId: string | undefined): Refusal {
  const outcome = { outcome: 'unknown' };
  return new Refusal('PUBLIC_OUTCOME_IS_UNKNOWN', transactionId ? { ...outcome, transactionId } : outcome);
}
