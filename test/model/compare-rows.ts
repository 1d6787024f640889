import assert from 'node:assert/strict';
import { type Finding, verifyLedgers } from '../../src/operations/verify-ledger.ts';
import { reservedOf } from './naive-account.ts';
import { bookedUse } from './naive-judge.ts';
import type { Subject } from './play.ts';
import type { World } from './world.ts';

/** Compares the rows below the answers with the model, and lets the audit look at all of them. */
export async function compareRows({ services }: World, subject: Subject, now: number): Promise<void> {
  const { account, customer } = subject;
  const { accountId } = customer;
  const { database } = services;
  const read = async (columns: string, table: string, order: string): Promise<unknown[]> => {
    const text = `SELECT ${columns} FROM ${table} WHERE account_id = $1 ORDER BY ${order}`;
    return (await database.pool.query({ text, values: [accountId], rowMode: 'array' })).rows;
  };
  assert.deepEqual(
    await read('held, last_lot, last_hold, next_due_ms, hold_due_ms', 'accounts', '1'),
    [
      [
        ...[textOf(account.held), account.lots.length, account.holds.length],
        ...[textOf(account.nextDue()), textOf(account.nextHoldDue())],
      ],
    ],
    'the account',
  );
  assert.deepEqual(
    await read(
      `lot, opened_by_seq, priority, expires_at_ms, amount, money, remaining, remaining_money, held,
       written_off, written_off_at_ms, expiry_noted`,
      ...(['current_lots', 'lot'] as const),
    ),
    account.lots.map((lot) => [
      ...[lot.number, lot.openedBy, lot.priority, textOf(lot.expiresAt), textOf(lot.amount)],
      ...[textOf(lot.brought), textOf(lot.credit), textOf(lot.money), textOf(lot.pinned)],
      ...[textOf(lot.writtenOff), textOf(lot.writtenOffAt), lot.noted],
    ]),
    'the lots',
  );
  assert.deepEqual(
    await read('seq, amount, open', 'debts', 'seq'),
    account.debts.map((debt) => [debt.entry, textOf(debt.amount), textOf(debt.open)]),
    'the debts',
  );
  const holds = await read(
    'hold, created_at_ms, expires_at_ms, reserved, unpinned, captured, ended_by, ended_at_ms, pins',
    ...(['holds', 'hold'] as const),
  );
  assert.deepEqual(
    holds.map((row) => (row as unknown[]).map((value) => (Array.isArray(value) ? byLot(value) : value))),
    account.holds.map((hold) => [
      ...[hold.number, textOf(hold.createdAt), textOf(hold.expiresAt), textOf(reservedOf(hold))],
      ...[textOf(hold.unpinned), textOf(hold.captured), hold.end?.by ?? null, textOf(hold.end?.at ?? null)],
      byLot(hold.pins.map(({ lot, amount }) => ({ lot, amount: Number(amount) }))),
    ]),
    'the holds',
  );
  await compareLimits(await read(LIMIT_COLUMNS, 'account_limits', '1'), subject, now);
  const findings: Finding[] = [];
  await verifyLedgers({ database }, { onFinding: (finding) => findings.push(finding), accountId });
  assert.deepEqual(findings.slice(0, 20), [], 'the audit finds nothing');
}

const LIMIT_COLUMNS = `soft_limit, hard_limit, low_balance, month_from_ms::float8, month_to_ms::float8, month_used,
  soft_noted`;

async function compareLimits(rows: readonly unknown[], { account }: Subject, now: number): Promise<void> {
  const [row] = rows as unknown[][];
  const { softLimit, hardLimit, lowBalance } = account;
  const [soft, hard, low, from, to, used, isNoted] = row ?? ['0', '0', null];
  assert.deepEqual([soft, hard, low], [softLimit, hardLimit, lowBalance].map(textOf), 'the limits');
  // A month that has begun since is counted when it is next asked about.
  if (!row || Number(to) <= now) return;
  const [begins, ends] = account.monthsAround(now);
  assert.deepEqual(
    [from, to, used, isNoted],
    [begins, ends, textOf(bookedUse(account, now)), account.softNoted.has(begins)],
    'the use of the month',
  );
}

function byLot(pins: readonly { lot: number; amount: number }[]): unknown {
  return pins.toSorted((a, b) => a.lot - b.lot);
}

function textOf(value: bigint | number | null): string | null {
  return value === null ? null : value.toString();
}
