import type { PublicName } from '../ids.ts';
import type { AccountChangeKind } from '../ledger/account.ts';
import type { Micro } from '../ledger/amount.ts';
import type { Done } from '../ledger/command.ts';
import type { AnsweredKey } from '../store/answered-keys.ts';
import type { Job } from './job.ts';

/** The random bits of what a decision wrote, part of its public ids, by the version that wrote it. */
export type Attempts = ReadonlyMap<number, number>;

/** What a success tells, whether it was written now or, for a replay, long ago. Amounts in millionths. */
export type Told = ToldEntry | ToldHoldEvent;

/** An answer like credit-spend's, with the members that captures and refunds add. */
export interface ToldEntry {
  readonly of: 'entry';
  readonly name: PublicName;
  readonly amount: Micro;
  /** The account's after the entry. */
  readonly balance: Micro;
  readonly capture: { readonly captured: Micro; readonly remaining: Micro } | undefined;
  readonly refundable: Micro | undefined;
}

/** The answer of a hold that was created, extended or released. */
export interface ToldHoldEvent {
  readonly of: 'hold';
  readonly name: PublicName;
  readonly kind: AccountChangeKind;
  readonly reserved: Micro;
  readonly expiresAtMs: number;
  readonly balance: Micro;
  readonly held: Micro;
  readonly debtLimit: Micro;
}

/** @returns the hold that a job's command names. */
function namedHold({ accountId, command }: Job): PublicName | undefined {
  if (!('hold' in command)) return undefined;
  return { accountId, seq: command.hold, attempt: command.attempt, isHold: true };
}

/** @returns what the answer to a command tells that was done now; undefined for one that tells nothing. */
export function tellOutcome(job: Job, { entry, holdEvent }: Done, attempts: Attempts): Told | undefined {
  const { accountId } = job;
  if (entry) {
    const { seq, version, amount, balance, relation } = entry;
    const name = { accountId, seq, attempt: attempts.get(version) ?? 0 };
    const { hold: capture, refundable } = relation;
    return { of: 'entry', name, amount, balance, capture, refundable };
  }
  const event = holdEvent?.hold;
  if (!holdEvent || !event) return undefined;
  const { hold: seq, reserved, expiresAtMs, balance, heldAnswered: held } = event;
  const created = { accountId, seq, attempt: attempts.get(holdEvent.version) ?? 0, isHold: true };
  const { kind, debtLimit } = holdEvent;
  const name = namedHold(job) ?? created;
  return { of: 'hold', name, kind, reserved, expiresAtMs, balance, held, debtLimit };
}

/** @returns what the answer told that is replayed now; undefined for a refusal. */
export function tellStored(job: Job, { entry, holdEvent }: AnsweredKey): Told | undefined {
  const { accountId } = job;
  if (entry) {
    const { seq, attempt, amount, balance, captured, remaining, refundable } = entry;
    const capture = captured === undefined ? undefined : { captured, remaining: remaining ?? 0n };
    return { of: 'entry', name: { accountId, seq, attempt }, amount, balance, capture, refundable };
  }
  if (!holdEvent) return undefined;
  const { hold: seq, attempt, ...told } = holdEvent;
  return { of: 'hold', name: namedHold(job) ?? { accountId, seq, attempt, isHold: true }, ...told };
}
