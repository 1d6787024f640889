import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  drop,
  entry as entryOf,
  event,
  type Fault,
  findsAll,
  hold,
  lot,
  put,
  slice,
  swap,
  swapVersions,
} from '../../test/corrupt-account.ts';
import { lotRow, type Rows } from '../../test/healthy-account.ts';
import { healthyHolds } from '../../test/healthy-holds.ts';
import { entry, holdEvent, holdRow, open, take, writeHistory } from '../../test/write-history.ts';
import { audit } from './audit.ts';

const DAY = 86_400_000;

const FAULTS: readonly Fault[] = [
  [
    'I6',
    'a hold pins out of the burn order',
    (rows) =>
      put(event(rows, 'hold', 1), {
        pins: [
          { lot: 2, amount: 60 },
          { lot: 1, amount: 70 },
        ],
      }),
    /pins .* burns first/,
  ],
  [
    'I6',
    'a hold pins in a due lot',
    (rows) => put(event(rows, 'hold', 4), { pins: [{ lot: 1, amount: 100 }] }),
    /pins .* which is due/,
  ],
  [
    'I6',
    'a hold leaves credit without a pin beside free credit',
    (rows) =>
      put(event(rows, 'hold', 4), {
        pins: [
          { lot: 3, amount: 70 },
          { lot: 2, amount: 29 },
        ],
      }),
    /without a pin/,
  ],
  [
    'I6',
    'a capture takes pins out of the burn order',
    (rows) => swap(entryOf(rows, 10).slices, 0, 1),
    /its hold pinned/,
  ],
  [
    'I6',
    'a capture takes other credit than what its hold pinned',
    (rows) => put(slice(rows, 3, 0), { lot: 2 }),
    /its hold pinned/,
  ],
  [
    'I6',
    'a capture takes pins and free credit in one slice',
    (rows) => {
      put(slice(rows, 10, 1), { amount: -60, money: -60 });
      entryOf(rows, 10).slices.splice(2, 1);
    },
    /its hold pinned/,
  ],
  [
    'I6',
    'a capture takes free credit out of the burn order',
    (rows) => {
      rows.lots.push({ ...lot(rows, 9), lot: 10, openedBySeq: 4, amount: 1n, money: 0n, priority: 0 });
      entryOf(rows, 4).slices.push({ lot: 10, amount: 1, money: 0, opens: true });
    },
    /capture.* lot 10 burns first/,
  ],
  [
    'I6',
    'a hold is over and has not ended',
    (rows) => drop(rows.changes, event(rows, 'hold-expiry', 2)),
    /the end of hold 2/,
  ],
  [
    'I6',
    'a lot expires before the holds that are over',
    (rows) => swapVersions(rows, entryOf(rows, 6), event(rows, 'hold-expiry', 2)),
    /the end of hold 2/,
  ],
  [
    'I6',
    'what a hold let go of in a due lot is not written off',
    (rows) => drop(rows.entries, entryOf(rows, 9)),
    /the expiry of lot 1/,
  ],
  [
    'I6',
    'a hold is over before the end of the history',
    (rows) => {
      put(event(rows, 'hold', 5), { expiresAtMs: 12 * DAY + 1500 });
      put(hold(rows, 5), { expiresAtMs: 12 * DAY + 1500 });
    },
    /the end of hold 5/,
  ],
  ['I6', 'an expiry takes what is pinned', (rows) => put(slice(rows, 6, 0), { amount: -21 }), /is due/],
  [
    'I11',
    'a hold ends before its time',
    (rows) => put(event(rows, 'hold', 2), { expiresAtMs: 2 * DAY + 1 }),
    /dated before the end of hold 2/,
  ],
  [
    'I11',
    'a hold ends after its time',
    (rows) => put(event(rows, 'hold', 2), { expiresAtMs: 2 * DAY - 1 }),
    /dated after the end of hold 2/,
  ],
  [
    'I11',
    'a hold is shortened',
    (rows) => put(event(rows, 'extend', 1), { expiresAtMs: 3 * DAY - 1 }),
    /shortens/,
  ],
  [
    'I11',
    'a hold is open for too long',
    (rows) => put(event(rows, 'hold', 4), { expiresAtMs: 11 * DAY }),
    /no hold may/,
  ],
  [
    'I11',
    'a hold is prolonged for too long',
    (rows) => put(event(rows, 'extend', 1), { expiresAtMs: 7 * DAY + 2001 }),
    /no hold may/,
  ],
  [
    'I11',
    'a hold is over when it begins',
    (rows) => put(event(rows, 'hold', 4), { expiresAtMs: 3 * DAY + 1000 }),
    /no hold may/,
  ],
  [
    'I11',
    'what was let go of expires at the instant of its lot',
    (rows) => put(entryOf(rows, 9), { atMs: 2 * DAY }),
    /dated before the instant/,
  ],
];

/** Two holds and two lots, in both of which they have pins, are over at one instant. */
function allAtOnce(): Rows {
  const history = [
    entry(1000, 'grant', 0n, [open(1, 10, 10)]),
    entry(1000, 'grant', 0n, [open(2, 10, 0)]),
    holdEvent(2000, 'hold', 8n, 1, 8n, DAY, [{ lot: 2, amount: 8 }], 20n),
    holdEvent(
      2000,
      'hold',
      13n,
      2,
      5n,
      DAY,
      [
        { lot: 2, amount: 2 },
        { lot: 1, amount: 3 },
      ],
      20n,
    ),
    holdEvent(DAY, 'hold-expiry', 5n, 1, 8n, DAY, [], 0n),
    holdEvent(DAY, 'hold-expiry', 0n, 2, 5n, DAY, [], 0n),
    entry(DAY, 'expiry', 0n, [take(2, 10, 0)]),
    entry(DAY, 'expiry', 0n, [take(1, 10, 10)]),
  ];
  const rows = healthyHolds();
  const figures = {
    version: 8,
    lastSeq: 4,
    lastAtMs: DAY,
    lastLot: 2,
    lastHold: 2,
    debtLimit: 0n,
    cursor: null,
  };
  const none = { balance: 0n, balanceMoney: 0n, held: 0n, nextDueMs: null, holdDueMs: null };
  const written = { expiresAtMs: DAY, writtenOff: 10n, writtenOffAtMs: DAY };
  return {
    ...{ ...rows, ...writeHistory(history), debts: [], limits: null, undone: new Set() },
    account: { ...rows.account, ...figures, ...none },
    lots: [
      { ...lotRow(1, 1, 10n, 10n), ...written },
      { ...lotRow(2, 2, 10n, 0n), ...written, priority: 10 },
    ],
    holds: [holdRow(1, 2000, DAY, 'expired', DAY), holdRow(2, 2000, DAY, 'expired', DAY)],
  };
}

const FAULTS_AT_ONCE: readonly Fault[] = [
  ['I9', 'a hold tells what is held after both', (rows) => put(event(rows, 'hold-expiry', 1), { held: 0n })],
  [
    'I6',
    'the younger hold ends first',
    (rows) => swapVersions(rows, event(rows, 'hold-expiry', 1), event(rows, 'hold-expiry', 2)),
    /hold 2 before hold 1/,
  ],
  [
    'I6',
    'the lot that burns later expires first',
    (rows) => {
      put(slice(rows, 3, 0), { lot: 1 });
      put(slice(rows, 4, 0), { lot: 2 });
    },
    /before lot 2, which is due too/,
  ],
  [
    'I6',
    'an expiry comes between the ends of holds',
    (rows) => swapVersions(rows, event(rows, 'hold-expiry', 2), entryOf(rows, 3)),
    /the end of hold 2/,
  ],
  ['I6', 'the last expiry is missing', (rows) => drop(rows.entries, entryOf(rows, 4)), /the expiry of lot 1/],
];

describe('the audit of turns and instants', () => {
  findsAll(healthyHolds, FAULTS);

  it('finds nothing where holds and lots are over at one instant', () => {
    assert.deepEqual(audit(allAtOnce()), []);
  });

  findsAll(allAtOnce, FAULTS_AT_ONCE);
});
