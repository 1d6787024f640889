import { describe } from 'node:test';
import {
  debt,
  drop,
  entry,
  type Fault,
  findsAll,
  lot,
  put,
  slice,
  swap,
} from '../../test/corrupt-account.ts';
import type { Rows } from '../../test/healthy-account.ts';
import { healthyHolds } from '../../test/healthy-holds.ts';

const DAY = 86_400_000;

const FAULTS: readonly Fault[] = [
  [
    'I2',
    'a lot has more than it brought after a refund',
    (rows) => put(slice(rows, 17, 2), { amount: 61 }),
    /more than it brought/,
  ],
  [
    'I2',
    'a refund gives back to a lot that is not there',
    (rows) => put(slice(rows, 18, 0), { lot: 77 }),
    /gives .* not there/,
  ],
  [
    'I2',
    'the lot of a refund has another priority',
    (rows) => put(lot(rows, 6), { priority: 51 }),
    /lot 6 has not/,
  ],
  [
    'I2',
    'the lot of a refund lives too long',
    (rows) => put(lot(rows, 6), { expiresAtMs: 15 * DAY }),
    /lot 6 has not/,
  ],
  ['I3', 'a debt that was refunded is still open', (rows) => put(debt(rows, 10), { open: 8n })],
  [
    'I3',
    'a refund pays more than is owed',
    (rows) => put(slice(rows, 13, 0), { amount: 16 }),
    /pays 0.000016/,
  ],
  [
    'I3',
    'a capture owes beside free credit',
    (rows) => {
      put(slice(rows, 10, 2), { amount: -20 });
      put(slice(rows, 10, 3), { amount: -30 });
    },
    /owes while lot 2/,
  ],
  [
    'I3',
    'what a refund gave back did not pay a debt',
    (rows) => drop(rows.entries, entry(rows, 20)),
    /beside a debt/,
  ],
  [
    'I3',
    'a void leaves free credit beside its debt until the end',
    (rows) => endAfterVoid(rows),
    /the end of its history: .* beside a debt/,
  ],
  [
    'I4',
    'a refund gives back more than its slice took',
    (rows) => put(slice(rows, 17, 3), { amount: 31 }),
    /only 0.00003 is left/,
  ],
  [
    'I4',
    'two refunds together give back more than their slice took',
    (rows) => {
      const twice = { ...slice(rows, 18, 0) };
      entry(rows, 18).slices.push(twice);
    },
    /only 0 is left/,
  ],
  [
    'I4',
    'refunds give back more than their entry took',
    (rows) => put(entry(rows, 18), { amount: 31n }),
    /more than entry 5 took/,
  ],
  [
    'I4',
    'a refund gives back money out of proportion',
    (rows) => put(slice(rows, 17, 3), { money: 9 }),
    /money 0.000009, not 0.000008/,
  ],
  [
    'I4',
    'a refund does not begin with what was taken last',
    (rows) => swap(entry(rows, 17).slices, 2, 3),
    /comes first/,
  ],
  [
    'I4',
    'a refund gives back lots before what settled debt',
    (rows) => swap(entry(rows, 17).slices, 1, 2),
    /comes first/,
  ],
  [
    'I4',
    'a refund gives back a settlement before open debt',
    (rows) => put(slice(rows, 13, 0), { debt: undefined as never, lot: 4, undoes: { entry: 12, slice: 0 } }),
    /comes first/,
  ],
  [
    'I4',
    'a refund says that more is left',
    (rows) => put(entry(rows, 13), { refundable: 143n }),
    /is left to refund/,
  ],
  [
    'I4',
    'a refund undoes a grant',
    (rows) => {
      put(entry(rows, 18), { undoes: 4 });
      rows.undone = new Set([4, 10]);
    },
    /no spend or capture/,
  ],
  [
    'I4',
    'a refund undoes a slice that is not there',
    (rows) => put(slice(rows, 18, 0), { undoes: { entry: 5, slice: 1 } }),
    /undoes no slice/,
  ],
  [
    'I4',
    "a refund undoes another entry's slice",
    (rows) => put(slice(rows, 18, 0), { undoes: { entry: 10, slice: 1 } }),
    /undoes no slice/,
  ],
  [
    'I4',
    'a refund pays debt for a slice of a lot',
    (rows) => put(slice(rows, 13, 0), { undoes: { entry: 10, slice: 2 } }),
    /undoes no slice/,
  ],
  ['I4', 'a refund gives back to another lot', (rows) => put(slice(rows, 17, 3), { lot: 4 }), /gives lot 4/],
  [
    'I4',
    'a slice of a refund undoes nothing',
    (rows) => void delete slice(rows, 18, 0).undoes,
    /does not say/,
  ],
  ['I4', 'a refund undoes no entry', (rows) => put(entry(rows, 18), { undoes: null }), /refunds no entry/],
  [
    'I4',
    'a refund pays the debt of another entry',
    (rows) => put(slice(rows, 13, 0), { debt: 9 }),
    /entry 9$/,
  ],
  ['I4', 'a refund takes', (rows) => put(slice(rows, 18, 0), { amount: -30 }), /must give/],
  ['I4', 'a refund gives nothing', (rows) => put(entry(rows, 18), { slices: [] }), /gives back nothing/],
  ['I4', 'a refund opens a debt', (rows) => put(slice(rows, 13, 0), { opens: true }), /opens a debt/],
  ['I4', 'a spend undoes an entry', (rows) => put(entry(rows, 5), { undoes: 3 }), /that it undoes an entry/],
  [
    'I4',
    'a slice of a spend undoes one',
    (rows) => put(slice(rows, 5, 0), { undoes: { entry: 3, slice: 0 } }),
    /that it undoes one/,
  ],
  ['I4', 'a spend names a hold', (rows) => put(entry(rows, 5), { hold: 3 }), /names a hold/],
  [
    'I4',
    'a void leaves free credit',
    (rows) => put(slice(rows, 25, 0), { amount: -14 }),
    /could take 0.000015/,
  ],
  [
    'I4',
    'a void makes too much debt',
    (rows) => put(slice(rows, 19, 1), { amount: -71 }),
    /0.00007 was used/,
  ],
  ['I4', 'a void undoes a spend', (rows) => put(entry(rows, 25), { undoes: 5 }), /no grant or adjustment/],
  ['I4', 'a lot is voided twice', (rows) => voidTwice(rows), /could take 0$/],
  [
    'I6',
    'what fell due is passed over',
    (rows) => drop(rows.entries, entry(rows, 16)),
    /the expiry of lot 5/,
  ],
  [
    'I6',
    'a refund gives back to a due lot',
    (rows) => put(slice(rows, 17, 0), { lot: 5, opens: false }),
    /lot 5, which is due/,
  ],
  [
    'I6',
    'a refund opens a lot instead of one that is not due',
    (rows) => put(lot(rows, 5), { expiresAtMs: 11 * DAY }),
    /lot 5 is not due/,
  ],
  [
    'I6',
    'a refund opens a lot that is due',
    (rows) => put(lot(rows, 6), { expiresAtMs: 10 * DAY }),
    /due already/,
  ],
  ['I6', 'a void takes from another lot', (rows) => put(slice(rows, 25, 0), { lot: 8 }), /not its own/],
];

/** The void is the last thing that happens; what its debt should be settled from is left. */
function endAfterVoid(rows: Rows): void {
  rows.entries.splice(19);
  rows.changes.splice(8);
}

/** What the void took comes back by a refund that was not one of its lot, and is voided again. */
function voidTwice(rows: Rows): void {
  const { version, atMs } = entry(rows, 25);
  const again = {
    ...entry(rows, 25),
    seq: 26,
    version: version + 1,
    atMs,
    slices: [{ ...slice(rows, 25, 0) }],
  };
  rows.entries.push(again);
}

describe('the audit of refunds and voids', () => {
  findsAll(healthyHolds, FAULTS);
});
