import { fromMicro } from '../ledger/amount.ts';
import type { Refused } from '../ledger/command.ts';
import { REFUSALS, Refusal, refusalBody } from '../refusals.ts';
import type { DecidedAnswer } from './job.ts';
import type { Told, ToldEntry, ToldHoldEvent } from './told.ts';

/**
 * The answer that tells an entry or a hold event; the members and their order are the contract's.
 *
 * @param id the public id of what is told: the entry's, or the hold's.
 * @param holdId of a capture, the public id of its hold.
 */
export function successAnswer(
  told: Told,
  id: string,
  holdId: string | undefined,
  replayed: boolean,
): DecidedAnswer {
  const body = told.of === 'entry' ? entryBody(told, id, holdId) : holdBody(told, id);
  return { status: 200, body, replayed };
}

/** Built by hand, since every spend has one; none of its texts needs escaping. */
function entryBody(
  { amount, balance, capture, refundable }: ToldEntry,
  id: string,
  holdId: string | undefined,
): string {
  const oldBalance = fromMicro(balance - amount);
  const newBalance = fromMicro(balance);
  let body = `{"success":true,"transactionId":"${id}","oldCreditBalance":${oldBalance},"newCreditBalance":${newBalance}`;
  if (capture) {
    if (holdId === undefined) throw new Error('a capture that names no hold');
    const { captured, remaining } = capture;
    body += `,"holdId":"${holdId}","captured":${fromMicro(captured)},"remaining":${fromMicro(remaining)}`;
  }
  if (refundable !== undefined) body += `,"refundable":${fromMicro(refundable)}`;
  return `${body}}`;
}

function holdBody(
  { kind, reserved, expiresAtMs, balance, held, debtLimit }: ToldHoldEvent,
  id: string,
): string {
  const figures = { creditBalance: fromMicro(balance), available: fromMicro(balance - held + debtLimit) };
  if (kind === 'release') {
    return JSON.stringify({ success: true, holdId: id, released: fromMicro(reserved), ...figures });
  }
  const expiresAt = new Date(expiresAtMs).toISOString();
  return JSON.stringify({ success: true, holdId: id, amount: fromMicro(reserved), expiresAt, ...figures });
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

/** It may have happened; `written`, where an entry or a hold tells, is the id that it has if it did. */
export function outcomeUnknown(
  written: { readonly id: string; readonly isHold: boolean } | undefined,
): Refusal {
  const named = written && (written.isHold ? { holdId: written.id } : { transactionId: written.id });
  return new Refusal('PUBLIC_OUTCOME_IS_UNKNOWN', { outcome: 'unknown', ...named });
}
