import { isBinding, unknownId } from './client.ts';
import { type Attempt, millionths, type Operation } from './record.ts';
import type { EntryRow, HistoryRow, HoldEventRow } from './rows.ts';

/** Members of all successes together. */
type Success = Record<'transactionId' | 'holdId' | 'expiresAt', string> &
  Record<'oldCreditBalance' | 'newCreditBalance' | 'captured' | 'remaining' | 'refundable', number> &
  Record<'amount' | 'released' | 'creditBalance' | 'available', number>;

/** @returns what is wrong with the answers to an operation, given what came of it. */
export function checkAnswers(operation: Operation, effect: HistoryRow | undefined): string[] {
  const { attempts } = operation;
  const faults: string[] = [];
  const statuses = attempts.map(({ result }) => (result.kind === 'answered' ? result.status : undefined));
  const bodies = new Set<string>();
  let firsts = 0;
  for (const attempt of attempts) {
    const { result } = attempt;
    if (result.kind === 'lost') continue;
    faults.push(...checkStatus(operation, attempt));
    if (isBinding(attempt)) {
      bodies.add(result.body);
      if (result.replayed === false) firsts += 1;
    }
    const id = unknownId(result);
    if (id !== undefined && effect && idOf(effect) !== id && attempts.length === 1) {
      faults.push('an unknown outcome came with a wrong id');
    }
  }
  if (bodies.size > 1) faults.push(`has several answers: ${[...bodies].join(' ')}`);
  if (firsts > 1) {
    faults.push(`was decided ${firsts} times: ${JSON.stringify(attempts.map((a) => a.result))}`);
  }
  const acknowledged = statuses.includes(200);
  const isOpen = attempts.some(({ result }) => result.kind === 'lost' || unknownId(result) !== undefined);
  if (acknowledged && !effect) faults.push('LOST: was answered 200 and is not there');
  if (effect && !acknowledged && !isOpen) faults.push(`happened although answered ${statuses.join(', ')}`);
  if (effect && attempts.some(isDenied)) faults.push('happened although refused');
  if (effect && acknowledged) faults.push(...checkSuccess(operation, [...bodies][0] ?? '', effect));
  if (effect && !isWhatWasAsked(operation, effect)) {
    faults.push(`was written as ${effect.kind} of ${effect.entry?.amount ?? effect.event?.reserved}`);
  }
  const { looked } = operation;
  if (looked && (looked.status === 200) !== (effect !== undefined && idOf(effect) === looked.transactionId)) {
    faults.push(`credit-transaction answered ${looked.status}, what is there is ${effect && idOf(effect)}`);
  }
  return faults;
}

/** What a later attempt may yet do was not denied for good. */
function isDenied(attempt: Attempt): boolean {
  const { result } = attempt;
  return result.kind === 'answered' && [402, 409].includes(result.status) && isBinding(attempt);
}

function checkStatus(
  { kind, idempotencyKey, attempts }: Operation,
  { result, session, sentAtMs }: Operation['attempts'][number],
): string[] {
  if (result.kind === 'lost') return [];
  const { status, body, replayed } = result;
  const faults: string[] = [];
  if (status === 200 || status === 402 || status === 409) {
    if (replayed && idempotencyKey === undefined) faults.push('is a replay without a key');
  } else if (status === 401) {
    if (session?.endAskedAtMs === undefined) faults.push('401 although the session lives');
  } else if (status === 422) {
    // A grant that was sent late may have come after its own expiry.
    if (kind !== 'grant' || !/expirationDate/.test(body)) faults.push(`answered 422 ${body}`);
  } else if (status !== 503) faults.push(`answered ${status} ${body}`);
  const endedAtMs = session?.endedAtMs;
  const wasEnded = endedAtMs !== undefined && endedAtMs < sentAtMs;
  if (wasEnded && status === 200 && !(replayed ?? attempts.length > 1))
    faults.push('an ended session has spent');
  return faults;
}

function idOf({ entry, event }: HistoryRow): string | undefined {
  return entry?.id ?? event?.holdId;
}

function checkSuccess(operation: Operation, body: string, effect: HistoryRow): string[] {
  const answer = JSON.parse(body) as Success;
  const { entry, event } = effect;
  const agrees = entry
    ? agreesWithEntry(answer, entry, effect)
    : event !== undefined && agreesWithEvent(operation, answer, event, effect);
  return agrees ? [] : [`was answered ${body}, what was written is ${JSON.stringify(effect)}`];
}

function agreesWithEntry(answer: Success, entry: EntryRow, { kind, balance }: HistoryRow): boolean {
  const { transactionId, oldCreditBalance, newCreditBalance, holdId, captured, remaining, refundable } =
    answer;
  return (
    transactionId === entry.id &&
    millionths(newCreditBalance) === balance &&
    millionths(oldCreditBalance) === balance - entry.amount &&
    (kind !== 'capture' ||
      (holdId === entry.holdId &&
        millionths(captured) === entry.captured &&
        millionths(remaining) === entry.remaining)) &&
    (kind !== 'refund' || millionths(refundable) === entry.refundable)
  );
}

function agreesWithEvent(
  { subject }: Operation,
  answer: Success,
  event: HoldEventRow,
  { kind, held }: HistoryRow,
): boolean {
  const { holdId, amount, released, expiresAt, creditBalance, available } = answer;
  return (
    holdId === event.holdId &&
    millionths(creditBalance) === event.balance &&
    millionths(available) === event.balance - held + subject.debtLimit &&
    millionths(kind === 'release' ? released : amount) === event.reserved &&
    (kind === 'release' || Date.parse(expiresAt) === event.expiresAtMs)
  );
}

/** What was written is of the kind, the size and the target that were asked for. */
function isWhatWasAsked({ kind, amount, target }: Operation, { kind: written, entry, event }: HistoryRow) {
  const asked = amount === undefined ? undefined : millionths(amount);
  switch (kind) {
    case 'spend':
      return written === 'spend' && entry?.amount === -(asked ?? 0);
    case 'grant':
      return written === 'grant' && entry?.amount === asked;
    case 'capture':
      return written === 'capture' && entry?.holdId === target && entry?.amount === 0 - (asked ?? 0);
    case 'refund':
      return written === 'refund' && entry !== undefined && (asked === undefined || entry.amount === asked);
    case 'void':
      return written === 'adjustment' && entry !== undefined && entry.amount < 0;
    case 'hold':
      return written === 'hold' && event?.reserved === asked;
    case 'extend':
    case 'release':
      return written === kind && event?.holdId === target;
  }
}
