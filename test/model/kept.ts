import type {
  Account,
  AccountState,
  Debt,
  Entry,
  Hold,
  KnownLot,
  Limits,
  Undoing,
  UndoneEntry,
} from '../../src/ledger/account.ts';
import type { BookChanges } from '../../src/ledger/book.ts';
import type { Lot } from '../../src/ledger/lot.ts';
import { unreadHolds } from '../read-kept-account.ts';
import type { NaiveRequest } from './naive-words.ts';
import { monthAround, NOBODY } from './pure-plans.ts';

interface KeptLot {
  readonly lot: Lot;
  readonly amount: bigint;
  readonly writtenOff: bigint;
}

/** The kept half of a real account: what a database would have, written only by what `decide` says. */
export interface Kept {
  account: Account;
  readonly lots: Map<number, KeptLot>;
  readonly debts: Map<number, Debt>;
  readonly holds: Map<number, Hold>;
  readonly entries: Entry[];
  limits: Limits | undefined;
  cursor: Lot | undefined;
  nextDueMs: number | null;
  holdDueMs: number | null;
  readonly keys: Map<string, string>;
  /** Those of them that repeat a refusal. */
  readonly refusedKeys: Set<string>;
}

/** Of every entry and hold that was kept; nothing else has another one. */
export const ATTEMPT = 7;

/** @returns an account to which nothing has happened. */
export function emptyAccount(): Kept {
  const zero = { version: 0, lastSeq: 0, lastAtMs: 0, lastLot: 0, lastHold: 0 };
  const none = { balance: 0n, balanceMoney: 0n, held: 0n, debt: 0n, debtLimit: 0n, banned: false };
  return {
    account: { accountId: 1, ...zero, ...none },
    ...{ lots: new Map(), debts: new Map(), holds: new Map(), entries: [], keys: new Map() },
    refusedKeys: new Set(),
    ...{ limits: undefined, cursor: undefined, nextDueMs: null, holdDueMs: null },
  };
}

/** Writes down what was decided. */
export function keep(kept: Kept, changes: BookChanges): void {
  kept.account = { ...changes.account };
  const amounts = new Map(changes.openings.map(({ lot, amount }) => [lot, amount]));
  for (const lot of changes.lots) {
    const before = kept.lots.get(lot.lot);
    const gone = changes.writeOffs.find((writeOff) => writeOff.lot === lot.lot)?.amount ?? 0n;
    kept.lots.set(lot.lot, {
      lot: { ...lot },
      amount: before?.amount ?? amounts.get(lot.lot) ?? 0n,
      writtenOff: (before?.writtenOff ?? 0n) + gone,
    });
  }
  for (const debt of changes.debts) kept.debts.set(debt.seq, { ...debt });
  for (const hold of changes.holds) kept.holds.set(hold.hold, { ...hold, attempt: ATTEMPT });
  kept.entries.push(...changes.entries);
  if (changes.limits) kept.limits = { ...changes.limits };
  kept.cursor = changes.cursor && { ...changes.cursor };
  kept.nextDueMs = changes.nextDueMs;
  kept.holdDueMs = changes.holdDueMs;
}

/** @returns lots with anything left in them, what holds have pinned included. */
export function openLots(kept: Kept): Lot[] {
  return [...kept.lots.values()].map(({ lot }) => lot).filter((lot) => lot.remaining > 0n);
}

function openHolds(kept: Kept): Hold[] {
  return [...kept.holds.values()].filter((hold) => hold.endedBy === undefined);
}

function openDebts(kept: Kept): Debt[] {
  return [...kept.debts.values()].filter((debt) => debt.open > 0n);
}

/** What the requests name, which is read whatever else is left out. */
function named(kept: Kept, requests: readonly NaiveRequest[]) {
  const read = (number: number) => (number === NOBODY ? 1 : number);
  const numbers = new Set(requests.flatMap(({ command }) => ('hold' in command ? [read(command.hold)] : [])));
  const seqs = new Set(requests.flatMap(({ command }) => ('entry' in command ? [read(command.entry)] : [])));
  const holds = [...kept.holds.values()].filter(({ hold }) => numbers.has(hold));
  const undoings = new Map<number, Undoing>();
  for (const entry of kept.entries) {
    if (seqs.has(entry.seq)) undoings.set(entry.seq, undoingOf(kept, entry));
  }
  return { holds, undoings };
}

function undoingOf(kept: Kept, entry: Entry): Undoing {
  const { seq } = entry;
  const undoneBy = kept.entries.filter(({ relation }) => relation.undoes === seq);
  const settlements = kept.entries.filter(
    ({ kind, slices }) => kind === 'settlement' && slices.some(({ debt }) => debt === seq),
  );
  const touched = [entry, ...undoneBy, ...settlements].flatMap(({ slices }) => slices);
  const numbers = new Set(touched.map(({ lot }) => lot));
  const lots = [...kept.lots.values()].filter(({ lot }) => numbers.has(lot.lot)).map(toKnownLot);
  return {
    entry: toUndone(entry),
    undoneBy: undoneBy.map(toUndone),
    settlements: settlements.map(toUndone),
    lots,
  };
}

function toUndone({ seq, atMs, kind, amount, slices }: Entry): UndoneEntry {
  return { seq, attempt: ATTEMPT, atMs, kind, amount, slices };
}

function toKnownLot({ lot, amount, writtenOff }: KeptLot): KnownLot {
  return { lot, amount, writtenOff };
}

function pinnedLots(kept: Kept, holds: readonly Hold[]): Lot[] {
  const numbers = new Set(holds.flatMap(({ pins }) => pins.map(({ lot }) => lot)));
  return [...kept.lots.values()].flatMap(({ lot }) => (numbers.has(lot.lot) ? [lot] : []));
}

/** What is read when everything is. */
export function wholeState(kept: Kept, requests: readonly NaiveRequest[], nowMs: number): AccountState {
  const { account, limits, holdDueMs } = kept;
  const { holds: asked, undoings } = named(kept, requests);
  const holds = [...new Set([...openHolds(kept), ...asked])].sort((a, b) => a.hold - b.hold);
  const countedUse = limits ? undefined : countUse(kept, nowMs);
  return {
    ...{ account, lots: openLots(kept), debts: openDebts(kept), holds, holdDueMs, limits },
    ...{ countedUse, undoings },
  };
}

function countUse({ entries }: Kept, nowMs: number): bigint {
  const [from, to] = monthAround(nowMs);
  const inMonth = new Map(entries.filter(({ atMs }) => atMs >= from && atMs < to).map((e) => [e.seq, e]));
  let use = 0n;
  for (const { kind, amount, relation } of inMonth.values()) {
    const undone = inMonth.get(relation.undoes ?? 0);
    if (kind === 'spend' || kind === 'capture' || (kind === 'refund' && undone)) use -= amount;
  }
  return use;
}

/** What the account row alone says, and what the requests name. */
export function cursorState(kept: Kept, requests: readonly NaiveRequest[]): AccountState {
  const { account, cursor, nextDueMs, holdDueMs, limits } = kept;
  const { holds, undoings } = named(kept, requests);
  const pinned = pinnedLots(kept, holds);
  const lots = [...new Map([...pinned, ...(cursor ? [cursor] : [])].map((lot) => [lot.lot, lot])).values()];
  const common = { account, lots, debts: [], unreadDebts: account.debt > 0n, holdDueMs, limits, undoings };
  const state = { ...common, holds, unreadHolds: unreadHolds(kept.holds.values(), holds) };
  if (!cursor) return state;
  const isExact = !lots.some(({ expiresAtMs }) => expiresAtMs === nextDueMs);
  return { ...state, unreadLots: { after: cursor, nextDueMs, nextDueIsExact: isExact } };
}

/** The first few lots in the burn order and in the order of expiry, as the writer reads them. */
export function firstLotsState(kept: Kept, requests: readonly NaiveRequest[], count: number): AccountState {
  const { account, holdDueMs, limits } = kept;
  const { holds, undoings } = named(kept, requests);
  const expiry = (lot: Lot) => lot.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
  const free = openLots(kept).filter((lot) => lot.remaining > lot.held);
  const burning = free
    .toSorted((a, b) => a.priority - b.priority || expiry(a) - expiry(b) || a.lot - b.lot)
    .slice(0, count);
  const expiring = free
    .filter((lot) => lot.expiresAtMs !== null)
    .sort((a, b) => expiry(a) - expiry(b) || a.priority - b.priority || a.lot - b.lot)
    .slice(0, count);
  const after = burning[count - 1];
  const lots = [...new Set([...burning, ...expiring, ...pinnedLots(kept, holds)])];
  const common = { account, lots, debts: openDebts(kept), holdDueMs, limits, undoings };
  const state = { ...common, holds, unreadHolds: unreadHolds(kept.holds.values(), holds) };
  if (!after) return state;
  const nextDueMs = expiring[count - 1]?.expiresAtMs ?? null;
  return { ...state, unreadLots: { after, nextDueMs, nextDueIsExact: false } };
}
