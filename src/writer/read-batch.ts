import type pg from 'pg';
import type { AccountState, Debt } from '../ledger/account.ts';
import type { Lot } from '../ledger/lot.ts';
import { type AccountRow, lockAccounts } from '../store/account-rows.ts';
import { type AnsweredKey, readAnsweredKeys } from '../store/answered-keys.ts';
import { numberArray } from '../store/array-parameter.ts';
import { inOneWrite } from '../store/database.ts';
import { readOpenDebts } from '../store/debt-rows.ts';
import { LOTS_READ_AT_FIRST, type LotRow, readAllLots, readFirstLots } from '../store/lot-rows.ts';
import { type Moment, readMoment } from '../store/moment.ts';
import type { Job } from './job.ts';

/** Jobs of one account, in the order of their arrival. */
export type JobsByAccount = ReadonlyMap<number, readonly Job[]>;

/** All that a batch's decisions depend on, read under its locks. */
export interface BatchState {
  readonly clockMs: number;
  readonly rows: ReadonlyMap<number, AccountRow>;
  readonly states: ReadonlyMap<number, AccountState>;
  readonly moment: Moment;
  /** By account and key hash. */
  readonly answered: ReadonlyMap<string, AnsweredKey>;
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
  jobs: JobsByAccount,
  clockOffsetMs: number,
): Promise<BatchState> {
  const accountIds = [...jobs.keys()].sort((a, b) => a - b);
  const ids = numberArray(accountIds);
  const all = [...jobs.values()].flat();
  const sessionIds = new Set<number>();
  for (const { sessionId } of all) if (sessionId !== undefined) sessionIds.add(sessionId);
  const keyed = all.filter((job) => job.idempotency);
  const [, accounts, moment, lots, answered, debts] = await inOneWrite(client, () =>
    allOf([
      client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
      lockAccounts(client, ids),
      readMoment(client, numberArray([...sessionIds])),
      readFirstLots(client, ids, mostWanted(jobs), clockOffsetMs),
      keyed.length > 0
        ? readAnsweredKeys(
            client,
            keyed.map((job) => job.accountId),
            keyed.map((job) => job.idempotency?.keyHash ?? ''),
          )
        : Promise.resolve([]),
      all.some(bringsCredit) ? readOpenDebts(client, ids) : Promise.resolve(undefined),
    ]),
  );
  const lotsOf = byAccount(lots);
  const debtsOf = debts && byAccount(debts);
  return {
    clockMs: moment.clockMs + clockOffsetMs,
    rows: new Map(accounts.map((row) => [row.account.accountId, row])),
    states: new Map(
      accounts.map((row) => {
        const { accountId } = row.account;
        return [accountId, stateOf(row, lotsOf.get(accountId), debtsOf && (debtsOf.get(accountId) ?? []))];
      }),
    ),
    moment,
    answered: new Map(answered.map((key) => [answeredKey(key.accountId, key.keyHash), key])),
  };
}

/** Reads all open lots and debts of accounts whose first lots did not decide. */
export async function readWholeAccounts(
  client: pg.ClientBase,
  rows: readonly AccountRow[],
): Promise<Map<number, AccountState>> {
  const ids = numberArray(rows.map((row) => row.account.accountId));
  const [lots, debts] = await allOf([readAllLots(client, ids), readOpenDebts(client, ids)]);
  const lotsOf = byAccount(lots);
  const debtsOf = byAccount(debts);
  return new Map(
    rows.map(({ account, cursor }) => [
      account.accountId,
      {
        account,
        lots: withCursor(lotsOf.get(account.accountId) ?? [], cursor),
        debts: (debtsOf.get(account.accountId) ?? []).map(({ debt }) => debt),
      },
    ]),
  );
}

/** @returns the most credit, in millionths, that the jobs of any one account want to take. */
function mostWanted(jobsOf: JobsByAccount): bigint {
  let most = 0n;
  for (const jobs of jobsOf.values()) {
    let wanted = 0n;
    for (const { command } of jobs) {
      if (command.kind === 'spend') wanted += command.amount;
      else if (command.kind === 'adjustment' && command.amount < 0n) wanted -= command.amount;
    }
    if (wanted > most) most = wanted;
  }
  return most;
}

function bringsCredit({ command }: Job): boolean {
  return command.kind === 'grant' || (command.kind === 'adjustment' && command.amount > 0n);
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

function withCursor(rows: readonly LotRow[], cursor: Lot | undefined): Lot[] {
  const lots = new Map<number, Lot>();
  for (const { lot } of rows) lots.set(lot.lot, lot.lot === cursor?.lot ? cursor : lot);
  return [...lots.values()];
}

/** Says what is known of an account, and what its unread lots can be at most. */
function stateOf(
  { account, cursor, nextDueMs }: AccountRow,
  rows: readonly LotRow[] | undefined,
  debtRows: readonly { readonly debt: Readonly<Debt> }[] | undefined,
): AccountState {
  const debts = debtRows?.map(({ debt }) => debt) ?? [];
  const unreadDebts = debtRows === undefined && account.debt > 0n;
  // Without a cursor there is no free credit at all, so no lot is left out.
  if (!cursor) return { account, lots: [], debts, unreadDebts };
  if (!rows) {
    const unreadLots = { after: cursor, nextDueMs, nextDueIsExact: nextDueMs !== cursor.expiresAtMs };
    return { account, lots: [cursor], debts, unreadDebts, unreadLots };
  }
  const lots = withCursor(rows, cursor);
  const burning = rows.filter((row) => row.readFor === 'burn');
  const due = rows.filter((row) => row.readFor === 'due');
  const lastBurning = burning[LOTS_READ_AT_FIRST - 1];
  if (!lastBurning) return { account, lots, debts, unreadDebts };
  const unreadLots = {
    after: lastBurning.lot,
    nextDueMs: due[LOTS_READ_AT_FIRST - 1]?.lot.expiresAtMs ?? null,
    nextDueIsExact: false,
  };
  return { account, lots, debts, unreadDebts, unreadLots };
}
