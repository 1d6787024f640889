import { lotRow, type Rows } from './healthy-account.ts';
import {
  entry,
  give,
  holdEvent,
  holdRow,
  limits,
  open,
  type Step,
  take,
  writeHistory,
} from './write-history.ts';

const DAY = 86_400_000;
/** The first month there is, where clocks are an hour ahead of UTC. */
const MONTH = { monthFromMs: -3_600_000, monthToMs: 31 * DAY - 3_600_000 };

/** @returns an account with every kind of hold event, capture, refund and void; lot 8 is its cursor, holds 5 and 6 are open. */
export function healthyHolds(): Rows {
  return { ...storedRows(), ...writeHistory(history()) };
}

/** Holds of every end, refunds of lots, of debt and of what settled it, voids: entries are numbered from 1. */
function history(): Step[] {
  return [
    limits(1000, 0n, { debtLimit: 50n, softLimit: 0n, hardLimit: 500n }),
    entry(1000, 'grant', 0n, [open(1, 150, 75)]),
    entry(1000, 'grant', 0n, [open(2, 60, 60)]),
    holdEvent(2000, 'hold', 130n, 1, 130n, 3 * DAY, [{ lot: 1, amount: 130 }], 210n),
    holdEvent(
      2100,
      'hold',
      170n,
      2,
      40n,
      2 * DAY,
      [
        { lot: 1, amount: 20 },
        { lot: 2, amount: 20 },
      ],
      210n,
    ),
    holdEvent(2500, 'extend', 250n, 1, 210n, 4 * DAY, [{ lot: 2, amount: 40 }], 210n),
    entry(3000, 'capture', 230n, [take(1, 20, 10)], { hold: 1, captured: 20n, remaining: 190n }),
    entry(3500, 'grant', 230n, [open(3, 100, 0)]),
    entry(4000, 'spend', 230n, [take(3, 30, 0)], { hasKey: true }),
    holdEvent(5000, 'hold', 255n, 3, 25n, DAY, [{ lot: 3, amount: 25 }], 260n),
    holdEvent(6000, 'release', 230n, 3, 25n, DAY, [], 260n),
    holdEvent(2 * DAY, 'hold-expiry', 190n, 2, 40n, 2 * DAY, [], 240n),
    entry(2 * DAY, 'expiry', 190n, [take(1, 20, 10)]),
    entry(2.5 * DAY, 'capture', 130n, [take(1, 60, 30)], { hold: 1, captured: 80n, remaining: 130n }),
    entry(3 * DAY, 'capture', 0n, [take(1, 10, 5)], { hold: 1, captured: 90n, remaining: 0n }),
    entry(3 * DAY, 'expiry', 0n, [take(1, 40, 20)]),
    holdEvent(
      3 * DAY + 1000,
      'hold',
      100n,
      4,
      100n,
      4 * DAY,
      [
        { lot: 3, amount: 70 },
        { lot: 2, amount: 30 },
      ],
      130n,
    ),
    entry(
      3 * DAY + 2000,
      'capture',
      0n,
      [take(3, 70, 0), take(2, 30, 30), take(2, 30, 30), { debt: 10, amount: -20, money: 0 }],
      { hold: 4, captured: 150n, remaining: 0n },
    ),
    entry(4 * DAY, 'grant', 0n, [open(4, 5, 5)]),
    entry(4 * DAY, 'settlement', 0n, [take(4, 5, 5), { debt: 10, amount: 5, money: 0 }]),
    entry(4 * DAY + 1, 'refund', 0n, [{ debt: 10, amount: 8, money: 0, undoes: { entry: 10, slice: 3 } }], {
      ...{ undoes: 10, refundable: 142n },
    }),
    entry(5 * DAY, 'grant', 0n, [open(5, 20, 10)]),
    entry(5 * DAY, 'settlement', 0n, [take(5, 7, 4), { debt: 10, amount: 7, money: 0 }]),
    entry(9 * DAY, 'expiry', 0n, [take(5, 13, 6)]),
    entry(
      10 * DAY,
      'refund',
      0n,
      [
        { ...give(6, 7, 4, 15, 0), opens: true },
        give(4, 5, 5, 12, 0),
        give(2, 30, 30, 10, 2),
        give(2, 8, 8, 10, 1),
      ],
      { undoes: 10, refundable: 92n },
    ),
    entry(11 * DAY, 'refund', 0n, [give(3, 30, 0, 5, 0)], { undoes: 5, refundable: 0n, hasKey: true }),
    entry(11 * DAY + 1, 'adjustment', 0n, [take(3, 30, 0), { debt: 19, amount: -70, money: 0 }], {
      undoes: 4,
    }),
    entry(11 * DAY + 1, 'settlement', 0n, [
      ...[take(6, 7, 4), { debt: 19, amount: 7, money: 0 }],
      ...[take(2, 38, 38), { debt: 19, amount: 38, money: 0 }],
      ...[take(4, 5, 5), { debt: 19, amount: 5, money: 0 }],
    ]),
    entry(12 * DAY, 'grant', 0n, [open(7, 100, 100)]),
    entry(12 * DAY, 'settlement', 0n, [take(7, 20, 20), { debt: 19, amount: 20, money: 0 }]),
    holdEvent(12 * DAY + 1000, 'hold', 60n, 5, 60n, 13 * DAY, [{ lot: 7, amount: 60 }], 80n),
    holdEvent(12 * DAY + 2000, 'hold', 110n, 6, 50n, 15 * DAY, [{ lot: 7, amount: 20 }], 80n),
    entry(12 * DAY + 3000, 'adjustment', 110n, [open(8, 10, 10)]),
    limits(12 * DAY + 4000, 110n, { debtLimit: 50n, softLimit: 300n, hardLimit: 400n }),
    entry(12 * DAY + 5000, 'grant', 110n, [open(9, 15, 15)]),
    entry(12 * DAY + 6000, 'adjustment', 110n, [take(9, 15, 15)], { undoes: 24 }),
  ];
}

function storedRows(): Omit<Rows, 'entries' | 'changes'> {
  return {
    account: {
      ...{ accountId: 8, ledgerId: 2, version: 36, lastSeq: 25, lastAtMs: 12 * DAY + 6000, lastLot: 9 },
      ...{ balance: 90n, balanceMoney: 90n, held: 110n, debt: 0n, debtLimit: 50n, banned: false },
      ...{ nextDueMs: 25 * DAY, holdDueMs: 13 * DAY, lastHold: 6 },
      cursor: { lot: 8, priority: 50, expiresAtMs: 25 * DAY, remaining: 10n, money: 10n, held: 0n },
    },
    lots: [
      { ...lotRow(1, 1, 150n, 75n), expiresAtMs: 2 * DAY, writtenOff: 60n, writtenOffAtMs: 3 * DAY },
      lotRow(2, 2, 60n, 60n),
      { ...lotRow(3, 4, 100n, 0n), priority: 10, expiresAtMs: 20 * DAY },
      lotRow(4, 11, 5n, 5n),
      { ...lotRow(5, 14, 20n, 10n), expiresAtMs: 9 * DAY, writtenOff: 13n, writtenOffAtMs: 9 * DAY },
      { ...lotRow(6, 17, 7n, 4n), expiresAtMs: 14 * DAY },
      { ...lotRow(7, 21, 100n, 100n), remaining: 80n, remainingMoney: 80n, held: 80n },
      { ...lotRow(8, 23, 10n, 10n), expiresAtMs: 25 * DAY, remaining: 10n, remainingMoney: 10n, held: 3n },
      lotRow(9, 24, 15n, 15n),
    ],
    debts: [
      { seq: 10, amount: 20n, open: 0n },
      { seq: 19, amount: 70n, open: 0n },
    ],
    holds: [
      { ...holdRow(1, 2000, 4 * DAY, 'captured', 3 * DAY), captured: 90n },
      holdRow(2, 2100, 2 * DAY, 'expired', 2 * DAY),
      holdRow(3, 5000, DAY, 'released', 6000),
      { ...holdRow(4, 3 * DAY + 1000, 4 * DAY, 'captured', 3 * DAY + 2000), captured: 150n },
      { ...holdRow(5, 12 * DAY + 1000, 13 * DAY), reserved: 60n, pins: [{ lot: 7, amount: 60 }] },
      {
        ...holdRow(6, 12 * DAY + 2000, 15 * DAY),
        reserved: 50n,
        unpinned: 30n,
        pins: [{ lot: 7, amount: 20 }],
      },
    ],
    limits: { softLimit: 300n, hardLimit: 400n, ...MONTH, monthUsed: 182n },
    timeZone: 'Europe/Prague',
    undone: new Set([5, 10]),
    keyClashes: [],
    references: [{ what: 'its customer', ledgerId: 2 }],
  };
}
