import type pg from 'pg';
import type { AccountState, Setting } from '../ledger/account.ts';
import type { Lot } from '../ledger/lot.ts';
import { type AccountRow, lockAccounts } from '../store/account-rows.ts';
import { type AnsweredKey, readAnsweredKeys } from '../store/answered-keys.ts';
import { numberArray } from '../store/array-parameter.ts';
import { inOneWrite } from '../store/database.ts';
import { readOpenDebts } from '../store/debt-rows.ts';
import { readAskedHolds, readOpenHolds } from '../store/hold-rows.ts';
import {
  LOTS_READ_AT_FIRST,
  type LotRow,
  readAllLots,
  readFirstLots,
  readPinnedLots,
} from '../store/lot-rows.ts';
import { type Moment, readMoment } from '../store/moment.ts';
import { readMonthUses } from '../store/month-use.ts';
import { type AskedUndoing, readUndoings, type UndoingRow } from '../store/undoing-rows.ts';
import type { Job } from './job.ts';
import { toSetting } from './setting.ts';

/** Jobs of one account, in the order of their arrival. */
export type JobsByAccount = ReadonlyMap<number, readonly Job[]>;

/** All that a batch's decisions depend on, read under its locks. */
export interface BatchState {
  readonly moment: Moment;
  readonly rows: ReadonlyMap<number, AccountRow>;
  readonly states: ReadonlyMap<number, AccountState>;
  /** By account and key hash. */
  readonly answered: ReadonlyMap<string, AnsweredKey>;
  /** What the clock is ahead of the database's, beside what the ledgers say of theirs. */
  readonly clockOffsetMs: number;
  /** By ledger. */
  readonly settings: ReadonlyMap<number, Setting>;
}

/** @returns the key of BatchState.answered. */
export function answeredKey(accountId: number, keyHash: string): string {
  return `${accountId}:${keyHash}`;
}

/**
 * Waits until every query of a pipeline has its result, and throws the first error. A rejection that nobody
 * waits for would end the process, and one failed query fails all behind it.
 */
export async function allOf<T extends readonly unknown[]>(
  queries: {
    [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const results = await Promise.allSettled(queries);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/**
 * Begins the transaction, locks the accounts and reads, in later statements of the same round trip, what the
 * rules need. Lock first, read second: a statement that waits for a lock has its snapshot from before the wait,
 * for all but the rows that it locks.
 */
export async function readBatch(
  client: pg.ClientBase,
  jobsOf: JobsByAccount,
  clockOffsetMs: number,
): Promise<BatchState> {
  const accountIds = [...jobsOf.keys()].sort((a, b) => a - b);
  const ids = numberArray(accountIds);
  const jobs = [...jobsOf.values()].flat();
  const sessionIds = new Set<number>();
  const ledgerIds = new Set<number>();
  for (const { sessionId, ledgerId } of jobs) {
    if (sessionId !== undefined) sessionIds.add(sessionId);
    ledgerIds.add(ledgerId);
  }
  const ledgers = numberArray([...ledgerIds]);
  const [, accounts, moment, answered, debts, askedHolds, pinned, undoings] = await inOneWrite(client, () =>
    allOf([
      client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
      lockAccounts(client, ids),
      readMoment(client, ids, numberArray([...sessionIds]), ledgers),
      ...readAsked(client, ids, jobs),
    ]),
  );
  const debtsOf = debts && byAccount(debts);
  const askedOf = byAccount(askedHolds);
  const pinnedOf = pinned && byAccount(pinned);
  const undoingsOf = byAccount(undoings);
  const limitsOf = new Map(moment.limits.map(({ accountId, limits }) => [accountId, limits]));
  const states = accounts.map((row): [number, AccountState] => {
    const { accountId } = row.account;
    const asked = askedOf.get(accountId);
    const state = {
      ...cursorLots(row, pinnedOf?.get(accountId)),
      account: row.account,
      debts: debtsOf?.get(accountId)?.map(({ debt }) => debt) ?? [],
      unreadDebts: debts === undefined && row.account.debt > 0n,
      holds: asked?.flatMap(({ hold }) => hold ?? []) ?? [],
      unreadHolds:
        row.holdDueMs === null ? undefined : { dueMs: asked?.[0] ? asked[0].othersDueMs : row.holdDueMs },
      holdDueMs: row.holdDueMs,
      limits: limitsOf.get(accountId),
      undoings: toUndoings(undoingsOf.get(accountId)),
    };
    return [accountId, state];
  });
  return {
    moment,
    clockOffsetMs,
    settings: new Map([...moment.ledgers].map(([ledgerId, setting]) => [ledgerId, toSetting(setting)])),
    rows: new Map(accounts.map((row) => [row.account.accountId, row])),
    states: new Map(states),
    answered: new Map(answered.map((key) => [answeredKey(key.accountId, key.keyHash), key])),
  };
}

/** What only some commands ask for is only read where one of them does; most batches are spends without keys. */
function readAsked(client: pg.ClientBase, ids: Buffer, jobs: readonly Job[]) {
  const keyed: number[] = [];
  const keyHashes: string[] = [];
  const holders: number[] = [];
  const holds: number[] = [];
  const undone: AskedUndoing[] = [];
  for (const { accountId, command, idempotency } of jobs) {
    if (idempotency) {
      keyed.push(accountId);
      keyHashes.push(idempotency.keyHash);
    }
    if ('hold' in command) {
      holders.push(accountId);
      holds.push(command.hold);
    } else if (command.kind === 'refund' || command.kind === 'void') {
      undone.push({ accountId, seq: command.seq });
    }
  }
  const isHeld = holds.length > 0;
  return [
    keyed.length > 0 ? readAnsweredKeys(client, keyed, keyHashes) : Promise.resolve([]),
    jobs.some(bringsCredit) ? readOpenDebts(client, ids) : Promise.resolve(undefined),
    isHeld ? readAskedHolds(client, holders, holds) : Promise.resolve([]),
    isHeld ? readPinnedLots(client, ids) : Promise.resolve(undefined),
    undone.length > 0 ? readUndoings(client, undone) : Promise.resolve([]),
  ] as const;
}

/** @returns the instant of a ledger at the moment of a batch. */
export function clockOf({ moment, clockOffsetMs }: BatchState, ledgerId: number): number {
  return moment.clockMs + clockOffsetMs + (moment.ledgers.get(ledgerId)?.clockOffsetMs ?? 0);
}

/** @returns what the rules ask for of the ledger's organisation. */
export function settingOf({ settings }: Pick<BatchState, 'settings'>, ledgerId: number): Setting {
  const setting = settings.get(ledgerId);
  if (!setting) throw new Error(`there is no ledger ${ledgerId}`);
  return setting;
}

/**
 * Reads the first few lots, in the burn order and in the order of expiry, of accounts whose cursor did not decide: what
 * is wanted empties it, or something has fallen due.
 */
export async function readFirstStates(
  client: pg.ClientBase,
  rows: readonly AccountRow[],
  { states }: BatchState,
): Promise<Map<number, AccountState>> {
  const lots = await readFirstLots(client, numberArray(rows.map(({ account }) => account.accountId)));
  const lotsOf = byAccount(lots);
  return new Map(
    rows.flatMap((row): [number, AccountState][] => {
      const { accountId } = row.account;
      const state = states.get(accountId);
      return state
        ? [[accountId, { ...state, ...firstLots(row, lotsOf.get(accountId) ?? [], state.lots) }]]
        : [];
    }),
  );
}

/**
 * Reads the rest of accounts whose first lots did not decide either: all open lots, debts and holds, and what of the present
 * month is spent where limits are set for the first time.
 */
export async function readWholeAccounts(
  client: pg.ClientBase,
  rows: readonly AccountRow[],
  batch: BatchState,
  jobsOf: JobsByAccount,
): Promise<Map<number, AccountState>> {
  const ids = numberArray(rows.map((row) => row.account.accountId));
  const counted = rows.flatMap(({ account: { accountId, lastAtMs } }) => {
    const job = jobsOf.get(accountId)?.find(({ command }) => command.kind === 'set-limits');
    if (!job || batch.states.get(accountId)?.limits) return [];
    // The instant that the rules go by: a clock that was set back leads into no earlier month.
    const nowMs = Math.max(clockOf(batch, job.ledgerId), lastAtMs);
    return [{ accountId, fromMs: settingOf(batch, job.ledgerId).monthOf(nowMs).fromMs }];
  });
  const [lots, debts, holds, uses] = await allOf([
    readAllLots(client, ids),
    readOpenDebts(client, ids),
    readOpenHolds(client, ids),
    counted.length > 0 ? readMonthUses(client, counted) : Promise.resolve([]),
  ]);
  const lotsOf = byAccount(lots);
  const debtsOf = byAccount(debts);
  const holdsOf = byAccount(holds);
  const useOf = new Map(uses.map(({ accountId, use }) => [accountId, use]));
  return new Map(
    rows.map((row) => {
      const { accountId } = row.account;
      const first = batch.states.get(accountId);
      const open = holdsOf.get(accountId)?.map(({ hold }) => hold) ?? [];
      const ended = first?.holds.filter(({ endedBy }) => endedBy !== undefined) ?? [];
      const state: AccountState = {
        account: row.account,
        lots: withCursor(lotsOf.get(accountId) ?? [], row.cursor),
        debts: debtsOf.get(accountId)?.map(({ debt }) => debt) ?? [],
        holds: [...ended, ...open].sort((a, b) => a.hold - b.hold),
        holdDueMs: row.holdDueMs,
        limits: first?.limits,
        countedUse: useOf.get(accountId),
        undoings: first?.undoings,
      };
      return [accountId, state];
    }),
  );
}

/** Credit that comes, or comes free, pays debt. A capture seldom lets any go, and then asks for more. */
function bringsCredit({ command }: Job): boolean {
  const { kind } = command;
  if (kind === 'adjustment') return command.amount > 0n;
  return kind === 'grant' || kind === 'refund' || kind === 'release';
}

function byAccount<T extends { readonly accountId: number }>(rows: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(row.accountId);
    if (group) group.push(row);
    else groups.set(row.accountId, [row]);
  }
  return groups;
}

function toUndoings(rows: readonly UndoingRow[] | undefined): AccountState['undoings'] {
  return rows && new Map(rows.map(({ seq, undoing }) => [seq, undoing]));
}

/** The lots of these rows, the cursor among them with its true figures, each once. */
export function withCursor(rows: readonly LotRow[], cursor: Lot | undefined): Lot[] {
  const lots = new Map<number, Lot>();
  if (cursor) lots.set(cursor.lot, cursor);
  for (const { lot } of rows) {
    const isCursor = lot.lot === cursor?.lot;
    lots.set(lot.lot, isCursor ? { ...cursor, expiryNoted: lot.expiryNoted } : lot);
  }
  return [...lots.values()];
}

/** Says what is known of an account's open lots by its row alone, and what the unread ones can be at most. */
function cursorLots(
  { cursor, nextDueMs }: AccountRow,
  pinned: readonly LotRow[] = [],
): Pick<AccountState, 'lots' | 'unreadLots'> {
  // Without a cursor there is no free credit at all, so no lot that has any is left out.
  if (!cursor) return { lots: pinned.map(({ lot }) => lot) };
  const lots = pinned.length > 0 ? withCursor(pinned, cursor) : [cursor];
  const nextDueIsExact = nextDueMs !== cursor.expiresAtMs;
  return { lots, unreadLots: { after: cursor, nextDueMs, nextDueIsExact } };
}

/** The same once the first lots are read. @param known lots that were read before. */
function firstLots(
  { cursor }: AccountRow,
  rows: readonly LotRow[],
  known: readonly Lot[],
): Pick<AccountState, 'lots' | 'unreadLots'> {
  const first = withCursor(rows, cursor);
  const lots = [...first, ...known.filter(({ lot }) => !first.some((each) => each.lot === lot))];
  const burning = rows.filter((row) => row.readFor === 'burn');
  const due = rows.filter((row) => row.readFor === 'due');
  const lastBurning = burning[LOTS_READ_AT_FIRST - 1];
  const unreadLots = lastBurning && {
    after: lastBurning.lot,
    nextDueMs: due[LOTS_READ_AT_FIRST - 1]?.lot.expiresAtMs ?? null,
    nextDueIsExact: false,
  };
  return { lots, unreadLots };
}
