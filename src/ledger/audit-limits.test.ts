import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entry, event, type Fault, findsAll, put } from '../../test/corrupt-account.ts';
import { lotRow, type Rows } from '../../test/healthy-account.ts';
import { healthyHolds } from '../../test/healthy-holds.ts';
import { entry as entryOf, give, limits, open, take, writeHistory } from '../../test/write-history.ts';
import { audit } from './audit.ts';

const DAY = 86_400_000;

/** All that says this limit says another. */
function limit(rows: Rows, name: 'debtLimit' | 'hardLimit', from: bigint, to: bigint): void {
  for (const row of [...rows.entries, ...rows.changes, rows.account, rows.limits ?? {}] as Rows['changes']) {
    if (row[name] === from) row[name] = to;
  }
}

const FAULTS: readonly Fault[] = [
  ['I5', 'a key on a change of limits', (rows) => put(event(rows, 'limits'), { hasKey: true })],
  ['I8', 'an entry says other monthly limits', (rows) => put(entry(rows, 25), { softLimit: 301n })],
  [
    'I8',
    'a hold event says other monthly limits',
    (rows) => put(event(rows, 'hold', 5), { hardLimit: 501n }),
  ],
  ['I8', 'a hold event says another debt limit', (rows) => put(event(rows, 'hold', 5), { debtLimit: 51n })],
  ['I8', "the account's hard limit is another", (rows) => put(rows.limits ?? {}, { hardLimit: 0n })],
  ['I8', "the account's limits are gone", (rows) => put(rows, { limits: null })],
  ['I8', 'a spend passes the hard limit', (rows) => limit(rows, 'hardLimit', 500n, 279n), /spend.* use/],
  ['I8', 'a hold passes the hard limit', (rows) => limit(rows, 'hardLimit', 500n, 304n), /\(hold\).* use/],
  [
    'I8',
    'an enlarged hold passes the hard limit',
    (rows) => limit(rows, 'hardLimit', 500n, 249n),
    /extend.* use/,
  ],
  [
    'I8',
    'a capture beyond its hold passes the hard limit',
    (rows) => limit(rows, 'hardLimit', 500n, 269n),
    /capture.* use/,
  ],
  [
    'I8',
    'a hold passes the debt limit',
    (rows) => limit(rows, 'debtLimit', 50n, 29n),
    /\(hold\).* debt limit/,
  ],
  [
    'I8',
    'an enlarged hold passes the debt limit',
    (rows) => limit(rows, 'debtLimit', 50n, 39n),
    /extend.* debt limit/,
  ],
  [
    'I8',
    'a capture beyond its hold passes the debt limit',
    (rows) => limit(rows, 'debtLimit', 50n, 19n),
    /capture.* debt limit/,
  ],
  [
    'I9',
    'a change of limits says something else is held',
    (rows) => put(event(rows, 'limits'), { held: 1n }),
  ],
  ['I10', "the month's use is another", (rows) => put(rows.limits ?? {}, { monthUsed: 183n })],
  ['I10', 'the month begins elsewhere', (rows) => put(rows.limits ?? {}, { monthFromMs: 0 }), /no month/],
  ['I10', 'the month ends elsewhere', (rows) => put(rows.limits ?? {}, { monthToMs: 31 * DAY }), /no month/],
  [
    'I10',
    'the month is that of another time zone',
    (rows) => put(rows, { timeZone: 'UTC' }),
    /no month of UTC/,
  ],
  ['I10', 'the time zone does not exist', (rows) => put(rows, { timeZone: 'Europe/Nowhere' }), /not known/],
  [
    'I10',
    'the month is over and something was spent since',
    (rows) => put(rows.limits ?? {}, { monthFromMs: -31 * DAY - 3_600_000, monthToMs: -3_600_000 }),
    /before the last/,
  ],
  [
    'I10',
    'a new month begins with use',
    (rows) => put(rows.limits ?? {}, { monthFromMs: 31 * DAY - 3_600_000, monthToMs: 59 * DAY - 3_600_000 }),
  ],
];

/** Clocks in Prague were an hour ahead of UTC when the first February began. */
const FEBRUARY_MS = 31 * DAY - 3_600_000;

/** January's spend is refunded in February, in which that is no less use. */
function overTwoMonths(): Rows {
  const history = [
    limits(1000, 0n, { debtLimit: 0n, softLimit: 0n, hardLimit: 100n }),
    entryOf(1000, 'grant', 0n, [open(1, 200, 0)]),
    entryOf(FEBRUARY_MS - 1, 'spend', 0n, [take(1, 60, 0)]),
    entryOf(FEBRUARY_MS, 'spend', 0n, [take(1, 50, 0)]),
    entryOf(FEBRUARY_MS + 1, 'refund', 0n, [give(1, 60, 0, 2, 0)], { undoes: 2, refundable: 0n }),
    entryOf(FEBRUARY_MS + 2, 'refund', 0n, [give(1, 10, 0, 3, 0)], { undoes: 3, refundable: 40n }),
    entryOf(FEBRUARY_MS + 3, 'spend', 0n, [take(1, 60, 0)]),
  ];
  const rows = healthyHolds();
  const figures = {
    version: 7,
    lastSeq: 6,
    lastAtMs: FEBRUARY_MS + 3,
    lastLot: 1,
    lastHold: 0,
    debtLimit: 0n,
  };
  const sums = { balance: 100n, balanceMoney: 0n, held: 0n, nextDueMs: null, holdDueMs: null };
  const cursor = { lot: 1, priority: 50, expiresAtMs: null, remaining: 100n, money: 0n, held: 0n };
  const month = { monthFromMs: FEBRUARY_MS, monthToMs: FEBRUARY_MS + 28 * DAY, monthUsed: 100n };
  return {
    ...{ ...rows, ...writeHistory(history), debts: [], holds: [], undone: new Set([2, 3]) },
    account: { ...rows.account, ...figures, ...sums, cursor },
    lots: [{ ...lotRow(1, 1, 200n, 0n), remaining: 100n }],
    limits: { softLimit: 0n, hardLimit: 100n, ...month },
  };
}

const FAULTS_OVER_MONTHS: readonly Fault[] = [
  [
    'I8',
    'a spend passes the limit of its month',
    (rows) => limit(rows, 'hardLimit', 100n, 99n),
    /entry 6 .* use/,
  ],
  ['I10', "a refund is less use than the month's", (rows) => put(rows.limits ?? {}, { monthUsed: 40n })],
  ['I10', 'a refund is no less use', (rows) => put(rows.limits ?? {}, { monthUsed: 110n })],
  [
    'I10',
    'the month did not begin',
    (rows) => put(rows.limits ?? {}, { monthFromMs: -3_600_000, monthToMs: FEBRUARY_MS, monthUsed: 60n }),
    /before the last/,
  ],
];

describe('the audit of limits', () => {
  findsAll(healthyHolds, FAULTS);

  it('counts the use of each month by itself', () => {
    assert.deepEqual(audit(overTwoMonths()), []);
  });

  it('takes a month that nothing was spent in for one without use', () => {
    const rows = overTwoMonths();
    const march = FEBRUARY_MS + 28 * DAY;
    put(rows.limits ?? {}, { monthFromMs: march, monthToMs: march + 31 * DAY, monthUsed: 0n });
    assert.deepEqual(audit(rows), []);
  });

  findsAll(overTwoMonths, FAULTS_OVER_MONTHS);
});
