import type { AccountState, Entry, Hold, Undoing } from '../src/ledger/account.ts';
import type { Command } from '../src/ledger/command.ts';
import { burnsBefore, freeOf } from '../src/ledger/lot.ts';
import type { KeptAccount } from './kept-account.ts';

function namedHolds(kept: KeptAccount, commands: readonly Command[]): Hold[] {
  return [...kept.holds.values()].filter((hold) =>
    commands.some((command) => 'hold' in command && command.hold === hold.hold),
  );
}

function readUndoings(kept: KeptAccount, commands: readonly Command[]): Map<number, Undoing> {
  const undoings = new Map<number, Undoing>();
  for (const command of commands) {
    if (command.kind !== 'refund' && command.kind !== 'void') continue;
    const undoing = readUndoing(kept, command.seq);
    if (undoing) undoings.set(command.seq, undoing);
  }
  return undoings;
}

function readUndoing(kept: KeptAccount, seq: number): Undoing | undefined {
  const stored = kept.entries[seq - 1];
  if (!stored) return undefined;
  const past = (entry: Entry) => ({ ...entry, attempt: entry.seq });
  const undoneBy = kept.entries.filter(({ relation }) => relation.undoes === seq).map(past);
  const settlements = kept.entries
    .filter((entry) => entry.kind === 'settlement' && entry.slices.some(({ debt }) => debt === seq))
    .map(past);
  const touched = [stored, ...undoneBy, ...settlements].flatMap(({ slices }) => slices);
  const lots = [...kept.lots.values()]
    .filter(({ lot }) => touched.some((slice) => slice.lot === lot))
    .map((lot) => ({ lot, ...kept.openingOf(lot.lot) }));
  return { entry: past(stored), undoneBy, settlements, lots };
}

/** All of an account that a decision may ask for. */
export function wholeState(kept: KeptAccount, commands: readonly Command[]): AccountState {
  const { account, holdDueMs, limits } = kept;
  const named = namedHolds(kept, commands).filter((hold) => hold.endedBy !== undefined);
  const holds = [...kept.openHolds(), ...named].sort((a, b) => a.hold - b.hold);
  const undoings = readUndoings(kept, commands);
  const countedUse = kept.countedUse();
  return {
    account,
    lots: kept.openLots(),
    debts: kept.openDebts(),
    holds,
    holdDueMs,
    limits,
    countedUse,
    undoings,
  };
}

/** What the writer reads at first: named holds and their lots, and of the other lots the cursor or the first few. */
export function partStates(kept: KeptAccount, commands: readonly Command[]): Record<string, AccountState> {
  const holds = namedHolds(kept, commands);
  const pinned = holds.flatMap(({ pins }) => pins.map(({ lot }) => lot));
  const rest = {
    account: kept.account,
    holds,
    unreadHolds: unreadHolds(kept.holds.values(), holds),
    holdDueMs: kept.holdDueMs,
  };
  const common = { ...rest, limits: kept.limits, undoings: readUndoings(kept, commands) };
  const parts = { cursor: { ...common, debts: [], unreadDebts: true, ...cursorLots(kept, pinned) } };
  const first = (count: number) => ({
    ...common,
    debts: kept.openDebts(),
    ...firstLots(kept, pinned, count),
  });
  return { ...parts, 'first lot': first(1), 'first two lots': first(2) };
}

function cursorLots(kept: KeptAccount, pinned: readonly number[]): Pick<AccountState, 'lots' | 'unreadLots'> {
  const { cursor, nextDueMs } = kept;
  const lots = kept.openLots().filter(({ lot }) => lot === cursor?.lot || pinned.includes(lot));
  if (!cursor) return { lots };
  const nextDueIsExact = !lots.some((lot) => freeOf(lot) > 0n && lot.expiresAtMs === nextDueMs);
  return { lots, unreadLots: { after: cursor, nextDueMs, nextDueIsExact } };
}

function firstLots(
  kept: KeptAccount,
  pinned: readonly number[],
  count: number,
): Pick<AccountState, 'lots' | 'unreadLots'> {
  const free = kept.openLots().filter((lot) => freeOf(lot) > 0n);
  const burning = free.sort((a, b) => (burnsBefore(a, b) ? -1 : 1)).slice(0, count);
  const expiring = free
    .filter((lot) => lot.expiresAtMs !== null)
    .sort((a, b) => Number(a.expiresAtMs) - Number(b.expiresAtMs))
    .slice(0, count);
  const after = burning[count - 1];
  const lots = kept
    .openLots()
    .filter((lot) => burning.includes(lot) || expiring.includes(lot) || pinned.includes(lot.lot));
  if (!after) return { lots };
  const nextDueMs = expiring[count - 1]?.expiresAtMs ?? null;
  return { lots, unreadLots: { after, nextDueMs, nextDueIsExact: false } };
}

/** @returns what is known of open holds that are left out: when the first of them is over. */
export function unreadHolds(
  all: Iterable<Readonly<Hold>>,
  read: readonly Readonly<Hold>[],
): { dueMs: number | null } {
  const ends = [...all]
    .filter(({ hold, endedBy }) => endedBy === undefined && !read.some((each) => each.hold === hold))
    .map(({ expiresAtMs }) => expiresAtMs);
  return { dueMs: ends.length > 0 ? Math.min(...ends) : null };
}
