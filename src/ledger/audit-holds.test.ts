import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  drop,
  entry,
  event,
  type Fault,
  findsAll,
  hold,
  lot,
  put,
  slice,
} from '../../test/corrupt-account.ts';
import { healthyHolds } from '../../test/healthy-holds.ts';
import { audit } from './audit.ts';

const DAY = 86_400_000;

const FAULTS: readonly Fault[] = [
  ['I1', 'a hold tells another balance', (rows) => put(event(rows, 'hold', 1), { balance: 209n })],
  [
    'I1',
    'the end of a hold tells the balance before its expiries',
    (rows) => put(event(rows, 'hold-expiry', 2), { balance: 260n }),
  ],
  ['I1', 'a hold event is missing', (rows) => drop(rows.changes, event(rows, 'extend', 1))],
  ['I2', 'the last hold is another', (rows) => put(rows.account, { lastHold: 7 })],
  ['I2', 'the next end of a hold is expected late', (rows) => put(rows.account, { holdDueMs: 15 * DAY })],
  ['I2', 'the next end of a hold is not known', (rows) => put(rows.account, { holdDueMs: null })],
  [
    'I2',
    'a pinned lot is expected to expire',
    (rows) => {
      put(lot(rows, 7), { expiresAtMs: 20 * DAY });
      put(rows.account, { nextDueMs: 20 * DAY });
    },
  ],
  ['I2', 'the row of the cursor shows no free credit', (rows) => put(lot(rows, 8), { held: 10n }), /own row/],
  [
    'I2',
    'what a hold let go of was written off at another instant',
    (rows) => put(lot(rows, 1), { writtenOffAtMs: 2 * DAY }),
  ],
  [
    'I2',
    'a capture takes other money than its share',
    (rows) => put(slice(rows, 3, 0), { money: -9 }),
    /money/,
  ],
  [
    'I2',
    'a hold pins in a lot that is not there',
    (rows) => put(event(rows, 'hold', 6), { pins: [{ lot: 77, amount: 20 }] }),
    /pins .* not there/,
  ],
  ['I4', 'a hold ends twice', (rows) => put(event(rows, 'hold-expiry', 2), { hold: 3 }), /has ended before/],
  [
    'I4',
    'a hold is captured that has ended',
    (rows) => put(entry(rows, 10), { hold: 1 }),
    /has ended before/,
  ],
  [
    'I4',
    'a hold is captured that is not there',
    (rows) => put(entry(rows, 10), { hold: 9 }),
    /captures .* not there/,
  ],
  [
    'I4',
    'a hold is released that is not there',
    (rows) => put(event(rows, 'release', 3), { hold: 9 }),
    /not there/,
  ],
  ['I4', 'a capture names no hold', (rows) => put(entry(rows, 3), { hold: null }), /captures no hold/],
  [
    'I4',
    'a capture of nothing ends nothing',
    (rows) => put(entry(rows, 3), { amount: 0n, slices: [] }),
    /takes nothing/,
  ],
  ['I4', 'a hold says another end', (rows) => put(hold(rows, 3), { endedBy: 'expired' })],
  ['I4', 'a hold says another instant of its end', (rows) => put(hold(rows, 3), { endedAtMs: 6001 })],
  ['I4', 'a hold that ended is open', (rows) => put(hold(rows, 3), { endedBy: null, endedAtMs: null })],
  [
    'I4',
    'an open hold has ended',
    (rows) => put(hold(rows, 5), { endedBy: 'captured', endedAtMs: 12 * DAY }),
  ],
  ['I5', 'a key on the end of a hold', (rows) => put(event(rows, 'hold-expiry', 2), { hasKey: true })],
  ['I9', 'the account holds something else', (rows) => put(rows.account, { held: 111n })],
  ['I9', 'an entry says something else is held', (rows) => put(entry(rows, 5), { held: 231n })],
  [
    'I9',
    'a hold event says something else is held',
    (rows) => put(event(rows, 'release', 3), { held: 231n }),
  ],
  [
    'I9',
    'a lot holds something else than its pins',
    (rows) => put(lot(rows, 7), { held: 79n }),
    /open holds pin/,
  ],
  [
    'I9',
    'a lot holds something else than its history',
    (rows) => put(lot(rows, 7), { held: 79n }),
    /history/,
  ],
  ['I9', 'the cursor holds something', (rows) => put(rows.account.cursor ?? {}, { held: 1n } as object)],
  ['I9', 'a hold reserves something else', (rows) => put(hold(rows, 5), { reserved: 61n })],
  ['I9', 'a hold has more without a pin', (rows) => put(hold(rows, 6), { unpinned: 31n })],
  [
    'I9',
    'less than nothing is without a pin',
    (rows) => {
      put(hold(rows, 6), { unpinned: -10n, pins: [{ lot: 7, amount: 60 }] });
    },
    /has 0.00006 pinned/,
  ],
  ['I9', 'a hold was captured otherwise', (rows) => put(hold(rows, 4), { captured: 149n })],
  [
    'I9',
    'a hold has another pin',
    (rows) => put(hold(rows, 5), { pins: [{ lot: 8, amount: 60 }] }),
    /other pins/,
  ],
  ['I9', 'a pin of no lot', (rows) => put(hold(rows, 5), { pins: [{ lot: 99, amount: 60 }] }), /lot 99/],
  [
    'I9',
    'two pins in one lot',
    (rows) =>
      put(hold(rows, 5), {
        pins: [
          { lot: 7, amount: 30 },
          { lot: 7, amount: 30 },
        ],
      }),
    /two pins/,
  ],
  ['I9', 'pins are no list', (rows) => put(hold(rows, 5), { pins: null as never }), /no list/],
  ['I9', 'a pin is no object', (rows) => put(event(rows, 'hold', 6), { pins: [7] }), /no object/],
  [
    'I9',
    'a pin of nothing',
    (rows) => put(event(rows, 'hold', 6), { pins: [{ lot: 7, amount: 0 }] }),
    /no lot and/,
  ],
  [
    'I9',
    'an ended hold reserves something',
    (rows) => put(hold(rows, 3), { reserved: 1n, unpinned: 1n }),
    /released/,
  ],
  ['I9', 'a hold was created at another instant', (rows) => put(hold(rows, 5), { createdAtMs: 1 })],
  ['I9', 'a hold has another end', (rows) => put(hold(rows, 6), { expiresAtMs: 14 * DAY })],
  ['I9', 'a hold has the id of another attempt', (rows) => put(hold(rows, 6), { attempt: 7 })],
  ['I9', 'an open hold is not stored', (rows) => drop(rows.holds, hold(rows, 6)), /not stored/],
  ['I9', 'an ended hold is not stored', (rows) => drop(rows.holds, hold(rows, 3)), /not stored/],
  [
    'I9',
    'a hold that no event created',
    (rows) => void rows.holds.push({ ...hold(rows, 3), hold: 7 }),
    /no event/,
  ],
  ['I9', 'a number of a hold is left out', (rows) => put(event(rows, 'hold', 6), { hold: 7 }), /not 6/],
  [
    'I9',
    'a hold reserves less than its pins',
    (rows) => put(event(rows, 'hold', 5), { reserved: 59n }),
    /pins need/,
  ],
  [
    'I9',
    'a release lets go of something else',
    (rows) => put(event(rows, 'release', 3), { reserved: 24n }),
    /lets go/,
  ],
  [
    'I9',
    'a release adds a pin',
    (rows) => put(event(rows, 'release', 3), { pins: [{ lot: 3, amount: 1 }] }),
    /lets go/,
  ],
  ['I9', 'a release tells another end', (rows) => put(event(rows, 'release', 3), { expiresAtMs: 6000 })],
  ['I9', 'a capture tells another sum of captures', (rows) => put(entry(rows, 7), { captured: 60n })],
  ['I9', 'a capture tells another rest', (rows) => put(entry(rows, 7), { remaining: 129n })],
  [
    'I9',
    'a spend takes what a hold has pinned',
    (rows) => put(slice(rows, 5, 0), { lot: 1 }),
    /not pinned by a hold/,
  ],
  [
    'I9',
    'a void takes what a hold has pinned',
    (rows) => {
      put(slice(rows, 25, 0), { lot: 7 });
      put(entry(rows, 25), { undoes: 21 });
    },
    /not pinned by a hold/,
  ],
  ['I2', 'a number of a lot is left out', (rows) => put(slice(rows, 24, 0), { lot: 10 }), /not lot 9/],
  [
    'I2',
    'an opened lot is not stored',
    (rows) => drop(rows.lots, lot(rows, 9)),
    /opens lot 9, which is not there/,
  ],
  [
    'I2',
    'a lot of an adjustment has a priority',
    (rows) => put(lot(rows, 8), { priority: 49 }),
    /priority 49, not 50/,
  ],
  [
    'I2',
    'more is taken than is left',
    (rows) => put(slice(rows, 5, 0), { amount: -101 }),
    /in which 0.0001 is left/,
  ],
];

describe('the audit of holds', () => {
  it('finds nothing in a healthy history with every kind of hold event, capture, refund and void', () => {
    assert.deepEqual(audit(healthyHolds()), []);
  });

  findsAll(healthyHolds, FAULTS);
});
