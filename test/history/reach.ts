import type { EntryRow } from './entries.ts';
import type { History, Operation } from './record.ts';

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
}

/** @returns a reach of nothing, to be added to. */
export function newReach(): Reach {
  return {
    ...{ requests: 0, replays: 0, twins: 0, refusals: 0, decided: 0, spends: 0 },
    ...{ severalLots: 0, emptiedExactly: 0, expiredOnTheWay: 0, endedSessions: 0 },
  };
}

/** Adds what this history has reached. */
export function addReach(
  reach: Reach,
  { operations }: History,
  entriesOf: ReadonlyMap<number, readonly EntryRow[]>,
): void {
  const operationOf = new Map<string, Operation>();
  for (const operation of operations) {
    operationOf.set(operation.name, operation);
    for (const { result } of operation.attempts) {
      reach.requests += 1;
      if (result.kind === 'lost') continue;
      if (result.replayed) reach.replays += 1;
      if (result.status === 200 || result.status === 402) reach.decided += 1;
      if (result.status === 402) reach.refusals += 1;
      if (result.status === 401) reach.endedSessions += 1;
    }
    if (operation.twins && overlap(operation)) reach.twins += 1;
  }
  for (const entries of entriesOf.values()) addEntries(reach, entries, operationOf);
}

/** Twins were both on their way at one moment. */
function overlap({ attempts }: Operation): boolean {
  const [one, other] = attempts;
  return !!one && !!other && one.sentAtMs < other.answeredAtMs && other.sentAtMs < one.answeredAtMs;
}

function addEntries(
  reach: Reach,
  entries: readonly EntryRow[],
  operationOf: ReadonlyMap<string, Operation>,
): void {
  const remaining = new Map<number, number>();
  let lastExpiryMs = 0;
  for (const entry of entries) {
    for (const { lot, amount } of entry.slices) {
      if (lot !== undefined) remaining.set(lot, (remaining.get(lot) ?? 0) + amount);
    }
    if (entry.kind === 'expiry') lastExpiryMs = entry.atMs;
    if (entry.kind !== 'spend') continue;
    reach.spends += 1;
    const lots = entry.slices.filter(({ lot }) => lot !== undefined);
    if (lots.length > 1) reach.severalLots += 1;
    const last = entry.slices.at(-1);
    if (last?.lot !== undefined && remaining.get(last.lot) === 0) reach.emptiedExactly += 1;
    // A lot fell due after the request was sent and before the entry was written.
    const sentAtUnixMs = operationOf.get(entry.description ?? '')?.attempts[0]?.sentAtUnixMs;
    if (sentAtUnixMs !== undefined && lastExpiryMs > sentAtUnixMs && lastExpiryMs <= entry.atMs) {
      reach.expiredOnTheWay += 1;
    }
  }
}

/** @returns what a run has not reached, in words; empty when it was enough. */
export function missingReach(reach: Reach): string[] {
  const { requests, decided, spends } = reach;
  const share = (part: number, whole: number) => (whole > 0 ? (100 * part) / whole : 0);
  const wanted: [what: string, share: number, atLeast: number, atMost: number][] = [
    ['replays', share(reach.replays, requests), 5, 100],
    ['simultaneous twins', share(2 * reach.twins, requests), 2, 100],
    ['refusals', share(reach.refusals, decided), 10, 50],
    ['spends over several lots', share(reach.severalLots, spends), 10, 100],
    ['spends that empty a lot exactly', share(reach.emptiedExactly, spends), 1, 100],
  ];
  const missing = wanted
    .filter(([, found, atLeast, atMost]) => found < atLeast || found > atMost)
    .map(([what, found, atLeast]) => `${found.toFixed(1)} % ${what}, wanted ${atLeast} %`);
  if (reach.expiredOnTheWay === 0) missing.push('no lot fell due between a request and its commit');
  if (reach.endedSessions === 0) missing.push('no session ended');
  return missing;
}
