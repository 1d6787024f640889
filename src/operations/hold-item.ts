import type { IdCipher } from '../ids.ts';
import { fromMicro } from '../ledger/amount.ts';
import type { HoldStep, ToldHold } from '../store/hold-history.ts';
import { toDate } from './log-item.ts';

/** A hold as credit-transaction tells it; credits as JSON numbers. */
export interface HoldItem {
  readonly id: string;
  readonly kind: 'hold';
  /** All that it was asked to reserve, extensions included. */
  readonly amount: number;
  /** What it reserves now; 0 once it has ended. */
  readonly reserved: number;
  readonly captured: number;
  readonly expiresAt: string;
  readonly endedBy?: 'captured' | 'released' | 'expired';
  readonly endedAt?: string;
  readonly description?: string;
  readonly insertedDate: string;
}

/** @returns the hold as an item; `steps` are all of its life. */
export function toHoldItem(ids: IdCipher, hold: ToldHold, steps: readonly HoldStep[]): HoldItem {
  const { endedBy, endedAtMs, description } = hold;
  return {
    id: ids.encode(hold.name),
    kind: 'hold',
    amount: fromMicro(askedFor(steps)),
    reserved: fromMicro(hold.reserved),
    captured: fromMicro(hold.captured),
    expiresAt: toDate(hold.expiresAtMs),
    ...(endedBy !== null && { endedBy }),
    ...(endedAtMs !== null && { endedAt: toDate(endedAtMs) }),
    ...(description !== null && { description }),
    insertedDate: toDate(hold.createdAtMs),
  };
}

/** What its creation and its extensions added up to, in millionths. */
function askedFor(steps: readonly HoldStep[]): bigint {
  let asked = 0n;
  let reserved = 0n;
  for (const step of steps) {
    if (step.kind === 'hold' || step.kind === 'extend') asked += step.reserved - reserved;
    reserved = step.reserved;
  }
  return asked;
}
