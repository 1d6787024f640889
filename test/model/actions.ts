import fc from 'fast-check';
import { type BatchAction, batchesBeside } from './batch-actions.ts';

/** When credit expires: so many ticks from now (0 or less has passed), and where within the tick. */
export interface Expiry {
  readonly ticks: number;
  readonly place: number;
}

/** How a request names its customer. */
export type Naming = 'living' | 'ended' | 'cuRefNo' | 'email';

/** Which hold or entry a request names: one of its kind, any, or one that is not there under that name. */
export type Which = 'last' | 'last but one' | 'first' | 'any' | 'other attempt' | 'other sort' | 'stranger';

/** How an amount relates to what there is: itself, half of it, all of it, a little more, or not named. */
export type Fit = 'itself' | 'half' | 'all' | 'more' | 'none';

interface Common {
  readonly keyed: boolean;
  readonly naming: Naming;
}

/** One request about one customer's credit. */
export type Asking =
  | (Common & { readonly kind: 'spend'; readonly amount: bigint; readonly description: string | undefined })
  | (Common & {
      readonly kind: 'grant';
      readonly amount: bigint;
      readonly money: bigint | undefined;
      readonly priority: number | undefined;
      readonly expiry: Expiry | undefined;
    })
  | (Common & {
      readonly kind: 'adjustment';
      readonly amount: bigint;
      readonly money: bigint | undefined;
      readonly expiry: Expiry | undefined;
    })
  | (Common & {
      readonly kind: 'hold';
      readonly amount: bigint;
      /** Whole ticks that it stays open, and a quarter; absent for the default. */
      readonly ticks: number | undefined;
    })
  | (Omit<Common, 'naming'> & {
      readonly kind: 'extend' | 'capture' | 'release';
      readonly which: Which;
      readonly amount: bigint;
      readonly fit: Fit;
      readonly ticks: number | undefined;
      readonly final: boolean | undefined;
    })
  | (Omit<Common, 'naming'> & {
      readonly kind: 'refund' | 'void';
      readonly which: Which;
      readonly amount: bigint;
      readonly fit: Fit;
      readonly debt: boolean | undefined;
    })
  | {
      readonly kind: 'limits';
      readonly debtLimit?: bigint | undefined;
      readonly softLimit?: bigint | undefined;
      readonly hardLimit?: bigint | undefined;
      readonly lowBalance?: bigint | null | undefined;
    }
  | { readonly kind: 'ban'; readonly banned: boolean }
  /** An earlier request with a key again, as it was or changed. */
  | { readonly kind: 'again'; readonly which: number; readonly isChanged: boolean; readonly naming: Naming };

/** One step of a history. */
export type Action =
  | BatchAction
  | { readonly kind: 'ask'; readonly customer: number; readonly asking: Asking }
  /** At the same moment; an asking with a twin is sent twice. */
  | {
      readonly kind: 'burst';
      readonly customer: number;
      readonly askings: readonly { readonly asking: Asking; readonly hasTwin: boolean }[];
    }
  /** One after the other, so that what belongs together happens together: a job from its hold to its end. */
  | {
      readonly kind: 'sequence';
      readonly customer: number;
      readonly askings: readonly Asking[];
      readonly ticks: number;
    }
  | { readonly kind: 'wait'; readonly ticks: number }
  /** Until shortly before or after the organisation's next month begins. */
  | { readonly kind: 'wait for the month'; readonly isOver: boolean }
  | { readonly kind: 'note-expiring'; readonly customer: number }
  | { readonly kind: 'stranger'; readonly how: 'spend' | 'identityId' | 'cuRefNo' | 'email' | 'other ledger' }
  | { readonly kind: 'read'; readonly customer: number };

const LARGEST = 1_000_000_000_000_000n;

const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }).map((units) => BigInt(units)) },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 300 }).map((units) => BigInt(units) * 1_000_000n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: LARGEST }) },
  { weight: 2, arbitrary: fc.constant(LARGEST) },
);
const money = fc.oneof(fc.constant(undefined), fc.constant(0n), amount);
const expiryTicks = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 4 }) },
  // More than a day, about a week and more than 30 days.
  { weight: 1, arbitrary: fc.constantFrom(100, 605, 3_000) },
);
const expiry = fc.option(fc.record({ ticks: expiryTicks, place: fc.nat(2) }), { nil: undefined });
const naming = fc.constantFrom<Naming>('living', 'living', 'living', 'cuRefNo', 'email', 'ended');
const sessionNaming = fc.constantFrom<Naming>('living', 'living', 'living', 'living', 'living', 'ended');
const keyed = fc.boolean();

const which = fc.constantFrom<Which>(
  ...(['last', 'last', 'last', 'last', 'last but one', 'last but one', 'first', 'any'] as const),
  ...(['other attempt', 'other sort', 'stranger'] as const),
);
const fit = fc.constantFrom<Fit>('itself', 'half', 'half', 'all', 'more', 'more', 'none', 'none');
const holdTicks = fc.constantFrom(undefined, 0, 1, 1, 2, 3, 604);
const limit = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  // What lets some of the usual amounts pass and not others.
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 600 }).map((units) => BigInt(units) * 1_000_000n) },
  { weight: 1, arbitrary: amount },
);
const maybe = fc.constantFrom(undefined, true, false);

const spend: fc.Arbitrary<Asking> = fc.record({
  ...{ kind: fc.constant('spend' as const), amount, keyed, naming: sessionNaming },
  description: fc.constantFrom(undefined, 'video.rewrite:15m'),
});
const grant: fc.Arbitrary<Asking> = fc.record({
  ...{ kind: fc.constant('grant' as const), amount, money, keyed, naming, expiry },
  priority: fc.constantFrom(undefined, 0, 49, 50, 51, 100),
});
const hold: fc.Arbitrary<Asking> = fc.record({
  kind: fc.constant('hold' as const),
  amount,
  ticks: holdTicks,
  keyed,
  naming,
});
const useOfHold: fc.Arbitrary<Asking> = fc.record({
  kind: fc.constantFrom('extend' as const, 'capture' as const, 'capture' as const, 'release' as const),
  ...{ which, amount, fit, ticks: holdTicks, final: maybe, keyed },
});
const undoing: fc.Arbitrary<Asking> = fc.record({
  kind: fc.constantFrom('refund' as const, 'refund' as const, 'void' as const),
  ...{ which, amount, fit, debt: maybe, keyed },
});

const asking: fc.Arbitrary<Asking> = fc.oneof(
  {
    weight: 10,
    arbitrary: spend,
  },
  {
    weight: 7,
    arbitrary: grant,
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('adjustment' as const), amount, money, keyed, naming, expiry }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ kind: fc.constant('adjustment' as const), amount: amount.map((each) => -each), keyed, naming },
      ...{ money: fc.constant(undefined), expiry: fc.constant(undefined) },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constant('limits' as const), debtLimit: fc.option(limit, { nil: undefined }) },
      ...{ softLimit: fc.option(limit, { nil: undefined }), hardLimit: fc.option(limit, { nil: undefined }) },
      lowBalance: fc.constantFrom(undefined, null, 0n, 3_000_000n),
    }),
  },
  {
    weight: 6,
    arbitrary: hold,
  },
  {
    weight: 10,
    arbitrary: useOfHold,
  },
  {
    weight: 9,
    arbitrary: undoing,
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constant('ban' as const), banned: fc.constantFrom(true, false, false, false) },
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...{ kind: fc.constant('again' as const), which: fc.nat(7), isChanged: fc.boolean(), naming },
    }),
  },
);
const customer = fc.nat(1);

/** A job from its hold to its end, a spend that is regretted, credit that is taken back again. */
const sequence: fc.Arbitrary<Action> = fc.record({
  ...{ kind: fc.constant('sequence' as const), customer, ticks: fc.constantFrom(0, 0, 0, 1, 90) },
  askings: fc.oneof(
    fc.tuple(hold, useOfHold, useOfHold),
    fc.tuple(grant, hold, useOfHold, useOfHold),
    fc.tuple(spend, undoing, undoing),
    fc.tuple(grant, spend, undoing, undoing),
  ),
});

/** More than an account may have; small amounts alone would take too long to meet that limit. */
const fortune: Action = {
  kind: 'burst',
  customer: 1,
  askings: Array.from({ length: 7 }, () => ({
    asking: {
      ...{ kind: 'grant', amount: LARGEST, money: 0n, priority: 100, keyed: true, naming: 'living' },
      expiry: undefined,
    },
    hasTwin: false,
  })),
};

/** @param freq how many expire for three that do not. */
const heapOf = (freq: number): fc.Arbitrary<Action> =>
  fc
    .array(
      fc.record({
        ...{ kind: fc.constant('grant' as const), keyed: fc.constant(false) },
        ...{ naming: fc.constant('living' as const), money: fc.constant(undefined) },
        amount: fc.integer({ min: 1, max: 12 }).map((units) => BigInt(units) * 1_000_000n),
        expiry: fc.oneof(
          { weight: freq, arbitrary: fc.record({ ticks: fc.integer({ min: 1, max: 6 }), place: fc.nat(2) }) },
          { weight: 3, arbitrary: fc.constant(undefined) },
        ),
        priority: fc.constantFrom(undefined, undefined, 49),
      }),
      { minLength: 10, maxLength: 16 },
    )
    .map((askings) => ({
      kind: 'burst',
      customer: 0,
      askings: askings.map((each) => ({ asking: each, hasTwin: false })),
    }));

/** More open lots than are read at first; most of them expire, or most of them do not. */
const heap: fc.Arbitrary<Action> = fc.boolean().chain((mostExpire) => heapOf(mostExpire ? 10 : 1));

/** Steps by what they are, so that fast-check can leave out each of them. */
export const actions: readonly fc.Arbitrary<Action>[] = [
  sequence,
  batchesBeside(asking),
  fc.record({ kind: fc.constant('ask' as const), customer, asking }),
  fc.record({ kind: fc.constant('ask' as const), customer, asking }),
  fc.record({ kind: fc.constant('ask' as const), customer, asking }),
  fc.record({
    ...{ kind: fc.constant('burst' as const), customer },
    askings: fc.array(fc.record({ asking, hasTwin: fc.nat(3).map((n) => n === 0) }), {
      minLength: 2,
      maxLength: 4,
    }),
  }),
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ticks: fc.constantFrom(1, 1, 1, 2, 7, 90) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait for the month' as const), isOver: fc.boolean() }),
    },
  ),
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('stranger' as const),
        how: fc.constantFrom('spend', 'identityId', 'cuRefNo', 'email', 'other ledger'),
      }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('read' as const), customer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('note-expiring' as const), customer }) },
    { weight: 1, arbitrary: fc.constant(fortune) },
    { weight: 8, arbitrary: heap },
  ),
];
