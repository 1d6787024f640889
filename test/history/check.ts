import { checkAnswers } from './check-answers.ts';
import { checkBatches } from './check-batches.ts';
import { checkReading, checkRefusal } from './check-figures.ts';
import { isNotApplied } from './client.ts';
import { Order } from './order.ts';
import type { History, Operation } from './record.ts';
import { type AccountRows, Askers, type HistoryRow } from './rows.ts';

const NOTHING: AccountRows = { rows: [], holds: new Map() };

/**
 * Compares what the clients saw with what is in the database: one serial history for each customer, every
 * acknowledged effect exactly once, none unasked, replays byte for byte, refusals and figures true at some instant
 * between question and answer.
 *
 * @returns what is wrong, in words; empty when all is well.
 */
export function checkHistory(history: History, rowsOf: ReadonlyMap<number, AccountRows>): string[] {
  const { subjects, operations, oddities, readings } = history;
  const faults = oddities.map(({ operation, wanted, got }) => `${operation}: wanted ${wanted}, got ${got}`);
  const fault = (operation: Operation, text: string) =>
    faults.push(`${operation.name} (${operation.kind} of ${operation.amount ?? 'all'}): ${text}`);
  const askers = new Askers(operations);
  const effects = new Map<Operation, HistoryRow>();
  for (const { accountId } of subjects) {
    const { rows } = rowsOf.get(accountId) ?? NOTHING;
    faults.push(...checkChain(rows));
    for (const row of rows) {
      if (!wasAskedFor(row)) continue;
      const operation = askers.find(row);
      if (!operation || operation.subject.accountId !== accountId) {
        faults.push(`version ${row.version} of account ${accountId} (${row.kind}) was asked for by nobody`);
      } else if (effects.has(operation)) fault(operation, 'happened twice');
      else effects.set(operation, row);
    }
  }
  for (const operation of operations) {
    for (const text of checkAnswers(operation, effects.get(operation))) fault(operation, text);
  }
  faults.push(...checkBatches(history, effects, rowsOf));
  const orders = new Map(subjects.map(({ accountId }) => [accountId, new Order()]));
  for (const [operation, { version }] of effects) {
    orders.get(operation.subject.accountId)?.add(operation, version);
  }
  for (const [accountId, order] of orders) {
    for (const text of order.faults()) faults.push(`account ${accountId}: ${text}`);
  }
  for (const operation of operations) {
    const { accountId } = operation.subject;
    const order = orders.get(accountId);
    const refused = operation.attempts.find(
      ({ result }) =>
        result.kind === 'answered' && [402, 409].includes(result.status) && !isNotApplied(result),
    );
    if (!order || !refused) continue;
    const account = rowsOf.get(accountId) ?? NOTHING;
    for (const text of checkRefusal(operation, refused, order, account)) fault(operation, text);
  }
  for (const reading of readings) {
    const { accountId } = reading.subject;
    const order = orders.get(accountId) ?? new Order();
    for (const text of checkReading(reading, order, rowsOf.get(accountId) ?? NOTHING)) {
      faults.push(`account ${accountId}: ${text}`);
    }
  }
  return faults;
}

/** What falls due, settlements and what the test itself set up were asked for by no client. */
function wasAskedFor({ description, kind, event }: HistoryRow): boolean {
  return description !== null || (event !== undefined && kind !== 'hold-expiry');
}

/** Each old balance is what the entry before left, and no number is missing. */
function checkChain(rows: readonly HistoryRow[]): string[] {
  const faults: string[] = [];
  let balance = 0;
  let seq = 0;
  rows.forEach(({ accountId, version, entry, balance: left }, i) => {
    if (version !== i + 1)
      faults.push(`account ${accountId}: version ${i + 1} is missing, ${version} follows`);
    if (!entry) return;
    if (entry.seq !== seq + 1) {
      faults.push(`account ${accountId}: entry ${seq + 1} is missing, ${entry.seq} follows`);
    }
    seq = entry.seq;
    balance += entry.amount;
    if (left !== balance) faults.push(`account ${accountId}: entry ${seq} breaks the chain`);
  });
  return faults;
}
