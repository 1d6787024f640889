/**
 * A second reading of the rules of credit, written from their text alone: a plain walk over lists of lots, holds
 * and entries, as slow as it likes. It shares no code with src/ledger, so that both must be wrong in the same way
 * to agree.
 */
import type { NaiveAccount } from './naive-account.ts';
import { capture, extend, hold, release } from './naive-holds.ts';
import {
  isBeyondAfterTaking,
  judge,
  noteExpiring,
  noteExpiringLot,
  noteSoftLimit,
  setLimits,
} from './naive-judge.ts';
import { refund, voidGrant } from './naive-undoing.ts';
import {
  inCredits,
  isBeyond,
  isBinding,
  type NaiveAnswer,
  type NaiveCommand,
  type NaiveRequest,
  NOT_AUTHORIZED,
  NOT_FOUND,
  refused,
  TOO_LARGE,
} from './naive-words.ts';

/** Asks an account for something at this instant. */
export function ask(account: NaiveAccount, request: NaiveRequest, instant: number): NaiveAnswer {
  if (request.isElsewhere) return NOT_FOUND;
  const now = Math.max(instant, account.latest);
  account.bookDue(now);
  const known = request.key === undefined ? undefined : account.keys.get(request.key);
  if (known && known.content === request.content) return { ...known.answer, replayed: true };
  if (request.sessionHasEnded) return NOT_AUTHORIZED;
  if (known) {
    // That there is nothing of the name, or that it is of the wrong kind, is said first.
    const { code } = decide(account.copy(), request.command, now);
    return code === NOT_FOUND.code ? NOT_FOUND : refused(422, 'PUBLIC_IDEMPOTENCY_KEY_REUSED');
  }
  const owedBefore = account.debt;
  const lotsBefore = account.lots.length;
  const answer = decide(account, request.command, now);
  for (const lot of account.lots.slice(lotsBefore)) noteExpiringLot(account, lot, now);
  const { debt } = account;
  if (owedBefore === 0n && debt > 0n) {
    account.events.push({ kind: 'debt-begun', at: now, details: { debt: inCredits(debt) } });
  }
  if (request.key !== undefined && isBinding(answer)) {
    account.keys.set(request.key, { content: request.content, answer });
  }
  return answer;
}

function decide(account: NaiveAccount, command: NaiveCommand, now: number): NaiveAnswer {
  switch (command.kind) {
    case 'look':
      return { status: 200, replayed: false };
    case 'note-expiring':
      noteExpiring(account, now);
      return { status: 200, replayed: false };
    case 'limits':
      return setLimits(account, command, now);
    case 'ban':
      if (command.banned !== account.banned) {
        account.banned = command.banned;
        account.change(command.banned ? 'ban' : 'unban', now);
      }
      return { status: 200, replayed: false };
    case 'grant':
      return bring(account, 'grant', command, command.priority, now);
    case 'adjustment':
      if (command.amount > 0n) return bring(account, 'adjustment', command, 50, now);
      return adjustDown(account, -command.amount, now);
    case 'spend':
      return spend(account, command.amount, now);
    case 'hold':
      return hold(account, command.amount, command.expiresIn, now);
    case 'extend':
      return extend(account, command, now);
    case 'capture':
      return capture(account, command, now);
    case 'release':
      return release(account, command.hold, now);
    case 'refund':
      return refund(account, command.entry, command.amount, now);
    case 'void':
      return voidGrant(account, command.entry, command.debt, now);
  }
}

function spend(account: NaiveAccount, amount: bigint, now: number): NaiveAnswer {
  const refusal = judge(account, amount, { unpinned: amount, pinned: 0n }, now);
  if (refusal) return refusal;
  const answer = take(account, 'spend', amount, now);
  noteSoftLimit(account, now);
  return answer;
}

function adjustDown(account: NaiveAccount, amount: bigint, now: number): NaiveAnswer {
  if (isBeyondAfterTaking(account, { unpinned: amount, pinned: 0n }, now)) return TOO_LARGE;
  return take(account, 'adjustment', amount, now);
}

/** Rules 3 and 4. */
function take(account: NaiveAccount, kind: 'spend' | 'adjustment', amount: bigint, now: number): NaiveAnswer {
  const slices = account.takeFree(amount, now);
  const owed = slices.reduce((sum, slice) => sum + slice.amount, amount);
  if (owed > 0n) slices.push(account.owe(owed));
  return { status: 200, entry: account.add(kind, slices, now), replayed: false };
}

function bring(
  account: NaiveAccount,
  kind: 'grant' | 'adjustment',
  { amount, money, expiresAt }: { amount: bigint; money: bigint; expiresAt: number | null },
  priority: number,
  now: number,
): NaiveAnswer {
  if (expiresAt !== null && expiresAt <= now) return refused(422, 'INTERNAL_VALIDATION_FAILED');
  if (isBeyond(account.balance + amount) || isBeyond(account.balanceMoney + money)) return TOO_LARGE;
  const opening = account.open(amount, money, priority, expiresAt);
  const entry = account.add(kind, [opening], now);
  account.settle(now);
  return { status: 200, entry, replayed: false };
}
