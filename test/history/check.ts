import { unknownId } from './client.ts';
import type { EntryRow } from './entries.ts';
import { Order } from './order.ts';
import { type Attempt, type History, millionths, type Operation } from './record.ts';

interface Success {
  readonly success: true;
  readonly transactionId: string;
  readonly oldCreditBalance: number;
  readonly newCreditBalance: number;
}

interface Shortage {
  readonly error: Record<'creditBalance' | 'held' | 'available' | 'required' | 'shortBy', number>;
}

/**
 * Compares what the clients saw with what is in the database: one serial history for each customer, every
 * acknowledged effect exactly once, none unasked, replays byte for byte, refusals true at some instant between
 * question and answer.
 *
 * @returns what is wrong, in words; empty when all is well.
 */
export function checkHistory(
  { subjects, operations, oddities }: History,
  entriesOf: ReadonlyMap<number, readonly EntryRow[]>,
): string[] {
  const faults = oddities.map(({ operation, wanted, got }) => `${operation}: wanted ${wanted}, got ${got}`);
  const fault = (operation: Operation, text: string) =>
    faults.push(`${operation.name} (${operation.kind} of ${operation.amount}): ${text}`);
  const operationOf = new Map(operations.map((operation) => [operation.name, operation]));
  const effects = new Map<Operation, EntryRow>();
  for (const { accountId } of subjects) {
    faults.push(...checkChain(entriesOf.get(accountId) ?? []));
    for (const entry of entriesOf.get(accountId) ?? []) {
      if (entry.description === null) continue;
      const operation = operationOf.get(entry.description);
      if (!operation || operation.subject.accountId !== accountId) {
        faults.push(`entry ${entry.seq} of account ${accountId} was asked for by nobody`);
      } else if (effects.has(operation)) fault(operation, 'happened twice');
      else effects.set(operation, entry);
    }
  }
  for (const operation of operations) {
    const entry = effects.get(operation);
    for (const text of checkAnswers(operation, entry)) fault(operation, text);
  }
  const orders = new Map(subjects.map(({ accountId }) => [accountId, new Order()]));
  for (const [operation, entry] of effects)
    orders.get(operation.subject.accountId)?.add(operation, entry.seq);
  for (const [accountId, order] of orders) {
    for (const text of order.faults()) faults.push(`account ${accountId}: ${text}`);
  }
  for (const operation of operations) {
    const { accountId } = operation.subject;
    const order = orders.get(accountId);
    const refused = operation.attempts.find((attempt) => statusOf(attempt) === 402);
    if (!order || !refused) continue;
    for (const text of checkShortage(operation, refused, order, entriesOf.get(accountId) ?? [])) {
      fault(operation, text);
    }
  }
  return faults;
}

function statusOf({ result }: Attempt): number | undefined {
  return result.kind === 'answered' ? result.status : undefined;
}

/** Each old balance is what the entry before left. */
function checkChain(entries: readonly EntryRow[]): string[] {
  const faults: string[] = [];
  let balance = 0;
  entries.forEach((entry, i) => {
    const { accountId, seq } = entry;
    if (seq !== i + 1) faults.push(`account ${accountId}: entry ${i + 1} is missing, ${seq} follows`);
    balance += entry.amount;
    if (entry.balance !== balance) faults.push(`account ${accountId}: entry ${seq} breaks the chain`);
  });
  return faults;
}

function checkAnswers(operation: Operation, entry: EntryRow | undefined): string[] {
  const { kind, amount, attempts, idempotencyKey } = operation;
  const faults: string[] = [];
  const statuses = attempts.map(statusOf);
  const bodies = new Set<string>();
  let firsts = 0;
  for (const attempt of attempts) {
    const { result } = attempt;
    if (result.kind === 'lost') continue;
    const { status, body, replayed } = result;
    if (status === 200 || status === 402) {
      bodies.add(body);
      if (!replayed) firsts += 1;
      if (replayed && idempotencyKey === undefined) faults.push('is a replay without a key');
    } else if (status === 401) {
      if (attempt.session?.endAskedAtMs === undefined) faults.push('401 although the session lives');
    } else if (status === 422) {
      // A grant that was sent late may have come after its own expiry.
      if (kind !== 'grant' || !/expirationDate/.test(body)) faults.push(`answered 422 ${body}`);
    } else if (status !== 503) faults.push(`answered ${status} ${body}`);
    const endedAtMs = attempt.session?.endedAtMs;
    const wasEnded = endedAtMs !== undefined && endedAtMs < attempt.sentAtMs;
    if (wasEnded && status === 200 && !replayed) faults.push('an ended session has spent');
    const id = unknownId(result);
    if (id !== undefined && entry && entry.id !== id && attempts.length === 1) {
      faults.push('an unknown outcome came with a wrong transactionId');
    }
  }
  if (bodies.size > 1) faults.push(`has several answers: ${[...bodies].join(' ')}`);
  if (firsts > 1)
    faults.push(`was decided ${firsts} times: ${JSON.stringify(attempts.map((a) => a.result))}`);
  const acknowledged = statuses.includes(200);
  if (acknowledged && !entry) faults.push('LOST: was answered 200 and is not there');
  const isOpen = attempts.some(({ result }) => result.kind === 'lost' || unknownId(result) !== undefined);
  if (entry && !acknowledged && !isOpen) faults.push(`happened although answered ${statuses.join(', ')}`);
  if (entry && statuses.includes(402)) faults.push('happened although refused');
  if (entry && acknowledged) faults.push(...checkSuccess([...bodies][0] ?? '', entry));
  if (entry && (entry.kind !== kind || entry.amount !== millionths(kind === 'spend' ? -amount : amount))) {
    faults.push(`was written as ${entry.kind} of ${entry.amount}`);
  }
  const { looked } = operation;
  if (looked && (looked.status === 200) !== (entry?.id === looked.transactionId)) {
    faults.push(`credit-transaction answered ${looked.status}, the entry is ${entry?.id}`);
  }
  return faults;
}

function checkSuccess(body: string, entry: EntryRow): string[] {
  const answer = JSON.parse(body) as Success;
  const { transactionId, oldCreditBalance, newCreditBalance } = answer;
  const agrees =
    transactionId === entry.id &&
    millionths(newCreditBalance) === entry.balance &&
    millionths(oldCreditBalance) === entry.balance - entry.amount;
  return agrees ? [] : [`was answered ${body}, the entry is ${entry.id} with balance ${entry.balance}`];
}

/** The balance that a refusal tells was the customer's at some instant between question and answer. */
function checkShortage(
  { amount, subject, attempts }: Operation,
  refused: Attempt,
  order: Order,
  entries: readonly EntryRow[],
): string[] {
  if (refused.result.kind === 'lost') return [];
  const { creditBalance, held, available, required, shortBy } = (JSON.parse(refused.result.body) as Shortage)
    .error;
  const balance = millionths(creditBalance);
  const adds =
    millionths(available) === balance - millionths(held) + subject.debtLimit &&
    millionths(required) === millionths(amount) &&
    millionths(shortBy) === millionths(required) - millionths(available) &&
    shortBy > 0;
  if (!adds) return [`was refused with figures that do not add up: ${refused.result.body}`];
  // A key's first answer may have been lost, so the question was asked when it was first sent.
  const sentAtMs = Math.min(...attempts.map((attempt) => attempt.sentAtMs));
  const from = order.lastBefore(sentAtMs);
  const to = order.firstAfter(refused.answeredAtMs, entries.length);
  const balances = entries.slice(Math.max(0, from - 1), to).map((entry) => entry.balance);
  if (from === 0) balances.push(0);
  return balances.includes(balance)
    ? []
    : [`was refused at a balance of ${creditBalance}, which it was not between entries ${from} and ${to}`];
}
