import assert from 'node:assert/strict';
import { readBalance } from '../../src/operations/read-balance.ts';
import { type CreditLogPage, readCreditLog } from '../../src/operations/read-credit-log.ts';
import { readTransaction } from '../../src/operations/read-transaction.ts';
import { type Finding, verifyLedgers } from '../../src/operations/verify-ledger.ts';
import type { Database } from '../../src/store/database.ts';
import { inCredits, type NaiveAccount, type NaiveChange, type NaiveEntry } from './naive-ledger.ts';
import { type Model, nowOf, type Subject, TICK_MS } from './play.ts';
import type { World } from './world.ts';

/** An instant that the model knows only to the tick, unless something fell due then. */
function compareInstant(kind: string, is: number, should: number): void {
  if (kind === 'expiry') assert.equal(is, should, 'an expiry is dated at its own instant');
  else assert(is >= should && is < should + TICK_MS / 2, `${kind} at ${is}, not soon after ${should}`);
}

/**
 * Reads the entries and changes that are new since the model last agreed.
 *
 * @returns what compares them with an account that may have made them.
 */
export async function compareEntries(
  { services }: World,
  { account, customer }: Subject,
): Promise<(account: NaiveAccount) => void> {
  const known = account.entries.length;
  const knownChanges = account.changes.length;
  const changes = await readChanges(services.database, customer.accountId);
  const { rows } = await services.database.pool.query<{ at: string; kind: string; slices: unknown }>(
    `SELECT seq, version::int, at_ms AS at, kind, amount, amount_money AS money, balance,
       balance_money AS "balanceMoney", debt_limit AS "debtLimit", slices
     FROM entries WHERE account_id = $1 AND seq > $2 ORDER BY seq`,
    [customer.accountId, known],
  );
  return (candidate) => {
    const entries = candidate.entries.slice(known);
    assert.deepEqual(changes.slice(knownChanges), candidate.changes.slice(knownChanges).map(toStoredChange));
    assert.deepEqual(
      rows.map(({ at: _, ...row }) => row),
      entries.map(({ at: _, ...entry }) => toStored(entry)),
    );
    for (const [index, entry] of entries.entries()) {
      compareInstant(entry.kind, Number(rows[index]?.at), entry.at);
    }
  };
}

function toStored({ slices, ...entry }: Omit<NaiveEntry, 'at'>): unknown {
  const asStored = (value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
  return {
    ...Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, asStored(value)])),
    slices: slices.map((slice) => ({ ...slice, amount: Number(slice.amount), money: Number(slice.money) })),
  };
}

async function readChanges({ pool }: Database, accountId: number): Promise<unknown[]> {
  const { rows } = await pool.query<unknown[]>({
    text: 'SELECT version, kind, debt_limit FROM account_changes WHERE account_id = $1 ORDER BY version',
    values: [accountId],
    rowMode: 'array',
  });
  return rows;
}

function toStoredChange({ version, kind, debtLimit }: NaiveChange): unknown[] {
  return [textOf(version), kind, textOf(debtLimit)];
}

/** Reads everything about a customer in every way there is, and compares it with the model. */
export async function compareReadings(model: Model, world: World, subject: Subject): Promise<void> {
  const { services, live } = world;
  const { accountId, living } = subject.customer;
  const { account } = subject;
  const booked = account.entries.length;
  const { creditBalance, held, available, debt, debtLimit, banned } = await readBalance(services, accountId);
  const compareNew = await compareEntries(world, subject);
  account.ask({ command: { kind: 'look' } }, nowOf(model));
  assert.deepEqual(
    { creditBalance, held, available, debt, debtLimit, banned },
    {
      creditBalance: inCredits(account.balance),
      held: 0,
      available: inCredits(account.balance + account.debtLimit),
      debt: inCredits(account.debt),
      debtLimit: inCredits(account.debtLimit),
      banned: account.banned,
    },
  );
  const fresh = account.copy();
  compareNew(fresh);
  for (const entry of account.entries.slice(booked)) model.reached.kinds.add(entry.kind);
  const log = await readCreditLog(services, live, { identityId: living });
  compareLog(log, account, nowOf(model));
  await comparePages(world, living, log);
  await compareTransactions(world, subject, log);
  await compareRows(world, subject);
}

function compareLog(log: CreditLogPage, account: NaiveAccount, now: number): void {
  assert.equal(log.creditBalance, inCredits(account.balance));
  assert.equal(log.creditMoneyBalance, inCredits(account.balanceMoney));
  assert.equal(log.currency, 'CZK');
  assert.equal(log.nextCursor, undefined);
  const entries = account.entries.toReversed();
  assert.deepEqual(
    log.items.map(({ id: _, insertedDate: __, description: ___, ...item }) => item),
    entries.map((entry) => {
      const expiration = expirationOf(account, entry, now);
      return {
        amount: inCredits(entry.amount),
        amountMoney: inCredits(entry.money),
        balance: inCredits(entry.balance),
        balanceMoney: inCredits(entry.balanceMoney),
        ...(expiration && { expiration }),
        kind: entry.kind,
      };
    }),
  );
  for (const [index, entry] of entries.entries()) {
    compareInstant(entry.kind, Date.parse(log.items[index]?.insertedDate ?? ''), entry.at);
  }
}

function expirationOf(account: NaiveAccount, entry: NaiveEntry, now: number): object | undefined {
  const lot = account.lots.find((each) => each.openedBy === entry.seq);
  if (!lot || lot.expiresAt === null) return undefined;
  const date = new Date(lot.expiresAt).toISOString();
  if (lot.expiresAt > now || lot.credit > 0n) return { date, status: 'pending' };
  const processed = new Date(lot.writtenOffAt ?? lot.expiresAt).toISOString();
  return { date, status: lot.writtenOff > 0n ? 'processed' : 'spent', processed };
}

async function comparePages(
  { services, live }: World,
  identityId: string,
  log: CreditLogPage,
): Promise<void> {
  const items: CreditLogPage['items'][number][] = [];
  let cursor: string | undefined;
  do {
    const page = await readCreditLog(services, live, { identityId, limit: 5, cursor });
    assert(page.nextCursor === undefined || page.items.length === 5);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual(items, log.items, 'the pages together are the log');
}

async function compareTransactions(world: World, subject: Subject, log: CreditLogPage): Promise<void> {
  const { services, live } = world;
  const [newest] = log.items;
  if (newest) assert.deepEqual(await readTransaction(services, live, { transactionId: newest.id }), newest);
  const customer = { cuRefNo: subject.customer.cuRefNo };
  for (const [key, { answer }] of [...subject.account.keys].slice(-2)) {
    const { entry } = answer;
    const reading = readTransaction(services, live, { idempotencyKey: key, customer });
    if (entry) assert.deepEqual(await reading, log.items[log.items.length - entry.seq]);
    else await assert.rejects(reading, { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
  }
}

/** The rows below the answers, and the audit over all of them. */
async function compareRows({ services }: World, { account, customer }: Subject): Promise<void> {
  const { accountId } = customer;
  const { database } = services;
  const lots = await database.pool.query({
    text: `SELECT lot, opened_by_seq, priority, expires_at_ms, amount, money, remaining, remaining_money, held,
             written_off, written_off_at_ms FROM current_lots WHERE account_id = $1 ORDER BY lot`,
    values: [accountId],
    rowMode: 'array',
  });
  assert.deepEqual(
    lots.rows,
    account.lots.map((lot) => [
      ...[lot.number, lot.openedBy, lot.priority, textOf(lot.expiresAt), textOf(lot.amount)],
      ...[textOf(lot.brought), textOf(lot.credit), textOf(lot.money), '0', textOf(lot.writtenOff)],
      textOf(lot.writtenOffAt),
    ]),
  );
  const debts = await database.pool.query({
    text: 'SELECT seq, amount, open FROM debts WHERE account_id = $1 ORDER BY seq',
    values: [accountId],
    rowMode: 'array',
  });
  assert.deepEqual(
    debts.rows,
    account.debts.map((debt) => [debt.entry, textOf(debt.amount), textOf(debt.open)]),
  );
  const findings: Finding[] = [];
  await verifyLedgers({ database }, { onFinding: (finding) => findings.push(finding), accountId });
  assert.deepEqual(findings.slice(0, 20), [], 'the audit finds nothing');
}

function textOf(value: bigint | number | null): string | null {
  return value === null ? null : value.toString();
}
