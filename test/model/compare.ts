import assert from 'node:assert/strict';
import { readBalance } from '../../src/operations/read-balance.ts';
import { type CreditLogPage, readCreditLog } from '../../src/operations/read-credit-log.ts';
import { readTransaction } from '../../src/operations/read-transaction.ts';
import { comparePast, comparePreviews } from './compare-insight.ts';
import { compareRows } from './compare-rows.ts';
import type { NaiveAccount } from './naive-account.ts';
import { ask } from './naive-ledger.ts';
import { inCredits, type NaiveChange, type NaiveEntry, type NaiveEvent } from './naive-words.ts';
import { type Model, nowOf, type Subject } from './play.ts';
import { TICK_MS } from './requests.ts';
import { noteReached } from './settle.ts';
import type { World } from './world.ts';

/** What was written since the model last agreed, in the words of the model. */
export interface News {
  readonly known: { readonly entries: number; readonly changes: number; readonly events: number };
  readonly entries: readonly (NaiveEntry & { readonly id: string })[];
  readonly changes: readonly NaiveChange[];
  readonly events: readonly NaiveEvent[];
  readonly holds: readonly { readonly number: number; readonly id: string }[];
}

/** Reads what is new since the model last agreed. */
export async function readNews(world: World, { account, customer }: Subject): Promise<News> {
  const { accountId } = customer;
  const known = {
    ...{ entries: account.entries.length, changes: account.changes.length, events: account.events.length },
  };
  const [entries, changes, events, holds] = await Promise.all([
    readEntries(world, accountId, known.entries),
    readChanges(world, accountId),
    readEvents(world, accountId),
    readHoldIds(world, accountId),
  ]);
  return {
    ...{ known, entries, holds },
    changes: changes.slice(known.changes),
    events: events.slice(known.events),
  };
}

interface SliceRow {
  readonly lot?: number;
  readonly debt?: number;
  readonly amount: number;
  readonly money: number;
  readonly opens?: true;
  readonly undoes?: { readonly entry: number; readonly slice: number };
}

async function readEntries({ services }: World, accountId: number, after: number): Promise<News['entries']> {
  const { rows } = await services.database.pool.query<Record<string, string | null> & { slices: SliceRow[] }>(
    `SELECT seq::text, version, attempt::text, at_ms AS at, kind, amount, amount_money AS money, balance,
       balance_money AS "balanceMoney", held, debt_limit AS "debtLimit", soft_limit AS "softLimit",
       hard_limit AS "hardLimit", hold::text, captured, remaining, undoes::text, refundable, slices
     FROM entries WHERE account_id = $1 AND seq > $2 ORDER BY entries.seq`,
    [accountId, after],
  );
  return rows.map(({ slices, ...row }) => {
    const seq = Number(row.seq);
    const { hold, undoes, refundable } = row;
    return {
      ...{ seq, version: Number(row.version), at: Number(row.at), kind: row.kind as NaiveEntry['kind'] },
      ...{ amount: big(row.amount), money: big(row.money), balance: big(row.balance) },
      ...{ balanceMoney: big(row.balanceMoney), ...forceOf(row) },
      slices: slices.map((slice) => ({
        ...slice,
        ...{ amount: BigInt(slice.amount), money: BigInt(slice.money) },
      })),
      relation: {
        ...(hold != null && {
          hold: { hold: Number(hold), captured: big(row.captured), remaining: big(row.remaining) },
        }),
        ...(undoes != null && { undoes: Number(undoes) }),
        ...(refundable != null && { refundable: big(refundable) }),
      },
      id: services.ids.encode({ accountId, seq, attempt: Number(row.attempt) }),
    };
  });
}

async function readChanges({ services }: World, accountId: number): Promise<NaiveChange[]> {
  type Row = Record<string, string | null> & { pins: { lot: number; amount: number }[] | null };
  const { rows } = await services.database.pool.query<Row>(
    `SELECT version, at_ms AS at, kind, held, debt_limit AS "debtLimit", soft_limit AS "softLimit",
       hard_limit AS "hardLimit", hold::text, reserved, expires_at_ms AS "expiresAt", pins, balance
     FROM account_changes WHERE account_id = $1 ORDER BY version`,
    [accountId],
  );
  return rows.map(({ pins, ...row }) => ({
    ...{ version: Number(row.version), at: Number(row.at), kind: row.kind as NaiveChange['kind'] },
    ...forceOf(row),
    ...(row.hold != null && {
      hold: {
        ...{ hold: Number(row.hold), reserved: big(row.reserved), expiresAt: Number(row.expiresAt) },
        pins: (pins ?? []).map(({ lot, amount }) => ({ lot, amount: BigInt(amount) })),
        // What was held as it was answered is what was held after the event, and no column of its own.
        ...{ balance: big(row.balance), heldAnswered: big(row.held) },
      },
    }),
  }));
}

function forceOf(row: Record<string, string | null>) {
  const { held, debtLimit, softLimit, hardLimit } = row;
  // A NULL says that the account has no monthly limits.
  return {
    ...{ held: big(held), debtLimit: big(debtLimit) },
    ...{ softLimit: big(softLimit ?? '0'), hardLimit: big(hardLimit ?? '0') },
  };
}

async function readEvents({ services }: World, accountId: number): Promise<NaiveEvent[]> {
  const { rows } = await services.database.pool.query<NaiveEvent>(
    `SELECT kind, at_ms::float8 AS at, details FROM events WHERE account_id = $1 ORDER BY event_id`,
    [accountId],
  );
  return rows;
}

async function readHoldIds({ services }: World, accountId: number): Promise<News['holds']> {
  const { rows } = await services.database.pool.query<{ hold: number; attempt: number }>(
    'SELECT hold, attempt FROM holds WHERE account_id = $1',
    [accountId],
  );
  return rows.map(({ hold: number, attempt }) => ({
    number,
    id: services.ids.encode({ accountId, seq: number, attempt, isHold: true }),
  }));
}

function big(text: string | null | undefined): bigint {
  assert(text != null);
  return BigInt(text);
}

/** Compares them with an account that may have made them. */
export function compareNews({ known, entries, changes, events }: News, candidate: NaiveAccount): void {
  assert.deepEqual(
    entries.map(({ id: _, ...entry }) => entry),
    candidate.entries.slice(known.entries),
  );
  const should = candidate.changes.slice(known.changes);
  assert.deepEqual(changes.map(comparable), should.map(comparable));
  for (const [index, { at }] of changes.entries()) compareInstant(at, should[index]?.at ?? 0);
  const told = candidate.events.slice(known.events);
  assert.deepEqual(sorted(events), sorted(told), 'the events');
  for (const { at } of events) compareInstant(at, told[0]?.at ?? 0, told.at(-1)?.at);
}

/** Of a change that no answer tells of, the model knows the instant only nearly. */
function comparable({ at, hold, ...change }: NaiveChange): unknown {
  if (!hold) return change;
  // What is answered of a hold that expires is nobody's business.
  const { heldAnswered: _, ...event } = hold;
  return { ...change, at, hold: event };
}

function compareInstant(is: number, should: number, atMost = should): void {
  assert(is >= should && is < atMost + TICK_MS / 4, `at ${is}, not soon after ${should}`);
}

function sorted(events: readonly NaiveEvent[]): string[] {
  return events.map(({ kind, details }) => JSON.stringify([kind, Object.entries(details).sort()])).sort();
}

/** Reads everything about a customer in every way there is, and compares it with the model. */
export async function compareReadings(model: Model, world: World, subject: Subject): Promise<void> {
  const { services, main } = world;
  const { accountId, living } = subject.customer;
  const { account } = subject;
  const figures = await readBalance(services, accountId);
  const news = await readNews(world, subject);
  ask(account, { command: { kind: 'look' } }, nowOf(model));
  assert.deepEqual(figures, {
    creditBalance: inCredits(account.balance),
    held: inCredits(account.held),
    available: inCredits(account.available),
    debt: inCredits(account.debt),
    debtLimit: inCredits(account.debtLimit),
    banned: account.banned,
  });
  compareNews(news, account);
  for (const { seq, id } of news.entries) subject.entryIds.set(seq, id);
  noteReached(model, subject);
  const log = await readCreditLog(services, main, { identityId: living });
  compareLog(log, subject, nowOf(model));
  await comparePages(world, living, log);
  await compareTransactions(world, subject, log);
  await comparePreviews(world, subject, nowOf(model));
  await comparePast(world, subject);
  await compareRows(world, subject, nowOf(model));
}

function compareLog(log: CreditLogPage, { account, entryIds, holdIds }: Subject, now: number): void {
  assert.equal(log.creditBalance, inCredits(account.balance));
  assert.equal(log.creditMoneyBalance, inCredits(account.balanceMoney));
  assert.equal(log.currency, 'CZK');
  assert.equal(log.nextCursor, undefined);
  const related = ({ hold, undoes }: NaiveEntry['relation']) =>
    hold ? holdIds.get(hold.hold) : entryIds.get(undoes ?? 0);
  assert.deepEqual(
    log.items.map(({ description: _, expiration, ...item }) => {
      // A refund may open several lots; what is said of those is no business of the model.
      const isRefund = item.kind === 'refund';
      return { ...item, ...(expiration && !isRefund ? { expiration } : {}) };
    }),
    account.entries.toReversed().map((entry) => {
      const expiration = expirationOf(account, entry, now);
      const relatedId = related(entry.relation);
      return {
        id: entryIds.get(entry.seq),
        amount: inCredits(entry.amount),
        amountMoney: inCredits(entry.money),
        balance: inCredits(entry.balance),
        balanceMoney: inCredits(entry.balanceMoney),
        ...(expiration && { expiration }),
        insertedDate: new Date(entry.at).toISOString(),
        kind: entry.kind,
        ...(relatedId !== undefined && { relatedId }),
      };
    }),
  );
}

function expirationOf(account: NaiveAccount, entry: NaiveEntry, now: number): object | undefined {
  const lot = account.lots.find((each) => each.openedBy === entry.seq);
  if (!lot || lot.expiresAt === null || entry.kind === 'refund') return undefined;
  const date = new Date(lot.expiresAt).toISOString();
  if (lot.expiresAt > now || lot.credit > 0n) return { date, status: 'pending' };
  const processed = new Date(lot.writtenOffAt ?? lot.expiresAt).toISOString();
  return { date, status: lot.writtenOff > 0n ? 'processed' : 'spent', processed };
}

async function comparePages(
  { services, main }: World,
  identityId: string,
  log: CreditLogPage,
): Promise<void> {
  const items: CreditLogPage['items'][number][] = [];
  let cursor: string | undefined;
  do {
    const page = await readCreditLog(services, main, { identityId, limit: 5, cursor });
    assert(page.nextCursor === undefined || page.items.length === 5);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual(items, log.items, 'the pages together are the log');
}

async function compareTransactions(world: World, subject: Subject, log: CreditLogPage): Promise<void> {
  const { services, main } = world;
  const [newest] = log.items;
  if (newest) assert.deepEqual(await readTransaction(services, main, { transactionId: newest.id }), newest);
  const customer = { cuRefNo: subject.customer.cuRefNo };
  for (const [key, { answer }] of [...subject.account.keys].slice(-2)) {
    const { entry, event } = answer;
    const reading = readTransaction(services, main, { idempotencyKey: key, customer });
    if (entry) assert.deepEqual(await reading, log.items[log.items.length - entry.seq]);
    else if (event?.hold) await reading;
    else await assert.rejects(reading, { code: 'INTERNAL_RESOURCE_NOT_FOUND' });
  }
}
