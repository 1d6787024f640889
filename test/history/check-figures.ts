import { requiredBefore } from './check-batches.ts';
import type { Order } from './order.ts';
import { type Attempt, millionths, type Operation, type Reading } from './record.ts';
import type { AccountRows, HistoryRow } from './rows.ts';

interface Refusal {
  readonly error: { readonly code: string; readonly endedBy: string; readonly endedAt: string } & Record<
    | 'creditBalance'
    | 'held'
    | 'available'
    | 'required'
    | 'shortBy'
    | 'limit'
    | 'used'
    | 'refundable'
    | 'missing',
    number
  >;
}

interface State {
  readonly version: number;
  readonly balance: number;
  readonly held: number;
}

/** @returns the states that an account may have had between two instants of performance.now(). */
function statesBetween(order: Order, fromMs: number, toMs: number, { rows }: AccountRows): State[] {
  const from = order.lastBefore(fromMs);
  const to = order.firstAfter(toMs, rows.length);
  const states: State[] = rows.slice(Math.max(0, from - 1), to);
  return from === 0 ? [{ version: 0, balance: 0, held: 0 }, ...states] : states;
}

/** The figures that a refusal tells were true at some instant between question and answer. */
export function checkRefusal(
  operation: Operation,
  refused: Attempt,
  order: Order,
  account: AccountRows,
): string[] {
  const { result, answeredAtMs } = refused;
  if (result.kind === 'lost') return [];
  const { error } = JSON.parse(result.body) as Refusal;
  // A key's first answer may have been lost, so the question was asked when it was first sent.
  const sentAtMs = Math.min(...operation.attempts.map((attempt) => attempt.sentAtMs));
  const states = statesBetween(order, sentAtMs, answeredAtMs, account);
  const isTrue = (): boolean => {
    switch (error.code) {
      case 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT':
        return isShortage(operation, error, states);
      case 'PUBLIC_CREDIT_LIMIT_REACHED':
        return isLimit(operation, error, states);
      case 'PUBLIC_CREDIT_HOLD_HAS_ENDED': {
        const hold = account.holds.get(operation.target ?? '');
        return hold?.endedBy === error.endedBy && hold?.endedAtMs === Date.parse(error.endedAt);
      }
      case 'PUBLIC_CREDIT_REFUND_TOO_LARGE':
        return isNoMoreRefundable(operation, error, states, account);
      default:
        return false;
    }
  };
  if (isTrue()) return [];
  const [first, last] = [states.at(0)?.version, states.at(-1)?.version];
  return [`was refused with ${result.body}, which was not so between versions ${first} and ${last}`];
}

function isShortage(operation: Operation, error: Refusal['error'], states: readonly State[]) {
  const { kind, amount, subject } = operation;
  const before = requiredBefore(operation);
  const balance = millionths(error.creditBalance);
  const held = millionths(error.held);
  const available = millionths(error.available);
  const required = millionths(error.required);
  const asked = millionths(amount ?? 0);
  return (
    available === balance - held + subject.debtLimit &&
    // Of a capture only the part beyond its hold is judged.
    (kind === 'capture' ? required <= asked : before.includes(required - asked)) &&
    millionths(error.shortBy) === required - available &&
    error.shortBy > 0 &&
    states.some((state) => state.held === held && state.balance === balance)
  );
}

function isLimit(operation: Operation, error: Refusal['error'], states: readonly State[]) {
  const { amount, subject } = operation;
  const held = millionths(error.held);
  const used = millionths(error.used);
  return (
    millionths(error.limit) === subject.hardLimit &&
    used >= held &&
    used + Math.max(...requiredBefore(operation)) + millionths(amount ?? 0) > subject.hardLimit &&
    states.some((state) => state.held === held)
  );
}

/** What is left of an entry, as it was at one of these states. */
function isNoMoreRefundable(
  { kind, amount, target }: Operation,
  error: Refusal['error'],
  states: readonly State[],
  { rows }: AccountRows,
) {
  const refundable = millionths(error.refundable);
  if (kind === 'void') return refundable === 0;
  const undone = rows.find(({ entry }) => entry?.id === target)?.entry;
  if (!undone || (amount !== undefined ? millionths(amount) <= refundable : refundable > 0)) return false;
  const leftAt = (version: number) => {
    const refunds = rows.filter((row) => row.kind === 'refund' && row.entry?.undoes === undone.seq);
    const last = refunds.findLast((row: HistoryRow) => row.version <= version);
    return last?.entry ? last.entry.refundable : 0 - undone.amount;
  };
  return states.some(({ version }) => leftAt(version) === refundable);
}

/** What is held and what can be spent were so at some instant between question and answer. */
export function checkReading(reading: Reading, order: Order, account: AccountRows): string[] {
  const { subject, sentAtMs, answeredAtMs, balance, held, available } = reading;
  const states = statesBetween(order, sentAtMs, answeredAtMs, account);
  const isTrue =
    available === balance - held + subject.debtLimit &&
    states.some((state) => state.balance === balance && state.held === held);
  if (isTrue) return [];
  const [first, last] = [states.at(0)?.version, states.at(-1)?.version];
  return [
    `account info told ${balance}, ${held} held, ${available} available; not so from version ${first} to ${last}`,
  ];
}
