import { isNotApplied } from './client.ts';
import { addBatches, type BatchReach, missingBatches } from './reach-batches.ts';
import { type History, OPERATION_KINDS, type Operation, type OperationKind } from './record.ts';
import { type AccountRows, Askers, type EntryRow, type HistoryRow } from './rows.ts';

/** What a run has reached; without these it would have shown little. */
export interface Reach {
  requests: number;
  replays: number;
  twins: number;
  refusals: number;
  decided: number;
  spends: number;
  severalLots: number;
  emptiedExactly: number;
  expiredOnTheWay: number;
  endedSessions: number;
  readings: number;
  /** Captures that took something which their hold had not set aside, and holds that ended by themselves. */
  beyondHold: number;
  holdsExpired: number;
  /** Successes by kind, and refusals by code. */
  readonly kinds: Record<OperationKind, number>;
  readonly codes: Record<string, number>;
  readonly batched: BatchReach;
}

/** @returns a reach of nothing, to be added to. */
export function newReach(): Reach {
  return {
    ...{ requests: 0, replays: 0, twins: 0, refusals: 0, decided: 0, spends: 0, readings: 0 },
    ...{ severalLots: 0, emptiedExactly: 0, expiredOnTheWay: 0, endedSessions: 0 },
    ...{ beyondHold: 0, holdsExpired: 0, codes: {} },
    batched: { batches: 0, deeds: {} },
    kinds: { spend: 0, grant: 0, hold: 0, extend: 0, capture: 0, release: 0, refund: 0, void: 0 },
  };
}

/** Adds what this history has reached. */
export function addReach(reach: Reach, history: History, rowsOf: ReadonlyMap<number, AccountRows>): void {
  const { operations, readings } = history;
  reach.readings += readings.length;
  addBatches(reach.batched, history);
  for (const operation of operations) {
    for (const { result } of operation.attempts) {
      reach.requests += 1;
      if (result.kind === 'lost') continue;
      if (result.replayed) reach.replays += 1;
      if (result.status === 401) reach.endedSessions += 1;
      if (result.status === 200) reach.kinds[operation.kind] += 1;
      const isRefused = [402, 409].includes(result.status) && !isNotApplied(result);
      if (result.status === 200 || isRefused) reach.decided += 1;
      if (!isRefused) continue;
      reach.refusals += 1;
      const { code } = (JSON.parse(result.body) as { error: { code: string } }).error;
      reach.codes[code] = (reach.codes[code] ?? 0) + 1;
    }
    if (operation.twins && overlap(operation)) reach.twins += 1;
  }
  const askers = new Askers(operations);
  for (const { rows } of rowsOf.values()) addRows(reach, rows, askers);
}

/** Twins were both on their way at one moment. */
function overlap({ attempts }: Operation): boolean {
  const [one, other] = attempts;
  return !!one && !!other && one.sentAtMs < other.answeredAtMs && other.sentAtMs < one.answeredAtMs;
}

function addRows(reach: Reach, rows: readonly HistoryRow[], askers: Askers): void {
  const remaining = new Map<number, number>();
  let lastExpiryMs = 0;
  let heldBefore = 0;
  for (const row of rows) {
    const { kind, atMs, entry, held } = row;
    if (kind === 'hold-expiry') reach.holdsExpired += 1;
    // What was held fell by less than what was captured.
    if (kind === 'capture' && heldBefore - held < -(entry?.amount ?? 0)) reach.beyondHold += 1;
    heldBefore = held;
    for (const { lot, amount } of entry?.slices ?? []) {
      if (lot !== undefined) remaining.set(lot, (remaining.get(lot) ?? 0) + amount);
    }
    if (kind === 'expiry') lastExpiryMs = atMs;
    if (kind === 'spend' && entry) addSpend(reach, entry, remaining);
    // A lot fell due after the request was sent and before its effect was written.
    const sentAtUnixMs = askers.find(row)?.attempts[0]?.sentAtUnixMs;
    if (sentAtUnixMs !== undefined && lastExpiryMs > sentAtUnixMs && lastExpiryMs <= atMs) {
      reach.expiredOnTheWay += 1;
    }
  }
}

function addSpend(reach: Reach, { slices }: EntryRow, remaining: ReadonlyMap<number, number>): void {
  reach.spends += 1;
  if (slices.filter(({ lot }) => lot !== undefined).length > 1) reach.severalLots += 1;
  const last = slices.at(-1);
  if (last?.lot !== undefined && remaining.get(last.lot) === 0) reach.emptiedExactly += 1;
}

const CODES = [
  'PUBLIC_CREDIT_IS_NOT_SUFFICIENT',
  'PUBLIC_CREDIT_LIMIT_REACHED',
  'PUBLIC_CREDIT_HOLD_HAS_ENDED',
  'PUBLIC_CREDIT_REFUND_TOO_LARGE',
];

/** @returns what a run has not reached, in words; empty when it was enough. */
export function missingReach(reach: Reach): string[] {
  const { requests, decided, spends, kinds } = reach;
  const share = (part: number, whole: number) => (whole > 0 ? (100 * part) / whole : 0);
  const wanted: [what: string, share: number, atLeast: number, atMost: number][] = [
    ['batches', share(reach.batched.batches, requests), 2, 100],
    ['replays', share(reach.replays, requests), 5, 100],
    ['simultaneous twins', share(2 * reach.twins, requests), 2, 100],
    ['refusals', share(reach.refusals, decided), 10, 50],
    ['spends over several lots', share(reach.severalLots, spends), 10, 100],
    ['spends that empty a lot exactly', share(reach.emptiedExactly, spends), 1, 100],
    ['captures beyond their hold', share(reach.beyondHold, kinds.capture), 5, 100],
    ['holds that ended by themselves', share(reach.holdsExpired, kinds.hold), 1, 100],
  ];
  const missing = wanted
    .filter(([, found, atLeast, atMost]) => found < atLeast || found > atMost)
    .map(([what, found, atLeast]) => `${found.toFixed(1)} % ${what}, wanted ${atLeast} %`);
  if (reach.expiredOnTheWay === 0) missing.push('no lot fell due between a request and its commit');
  if (reach.endedSessions === 0) missing.push('no session ended');
  if (reach.readings === 0) missing.push('nobody read what is held');
  for (const kind of OPERATION_KINDS) if (kinds[kind] === 0) missing.push(`nothing was asked of ${kind}`);
  for (const code of CODES) if (!reach.codes[code]) missing.push(`nothing was refused with ${code}`);
  return [...missing, ...missingBatches(reach.batched)];
}
