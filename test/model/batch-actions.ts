import fc from 'fast-check';
import type { Asking } from './actions.ts';

/** Whom a member of a batch names; nobody by a reference that is of another ledger. */
export type MemberNaming = 'living' | 'ended' | 'cuRefNo' | 'nobody';

/** How much a member spends of what there is when its batch is made: so many millionths, or so much of it. */
export type Share = 'itself' | 'a quarter' | 'all' | 'more';

/** One spend of a batch. */
export type MemberAsking =
  | {
      readonly kind: 'new';
      readonly amount: bigint;
      readonly share: Share;
      readonly keyed: boolean;
      readonly naming: MemberNaming;
      readonly description: string | undefined;
    }
  /** An earlier spend with a key, as it was or changed; any, or one that was answered so. */
  | {
      readonly kind: 'again';
      readonly which: number;
      readonly isChanged: boolean;
      readonly was: 'done' | 'refused' | undefined;
      readonly naming: MemberNaming;
    }
  /** The last member before it that has a key, once more. */
  | { readonly kind: 'repeat' };

/** Spends in one request. */
export type BatchAction =
  | {
      readonly kind: 'batch';
      readonly customer: number;
      readonly members: readonly MemberAsking[];
      readonly atomic: boolean;
      readonly hasTwin: boolean;
      /** Something else at the same moment. */
      readonly beside: Asking | undefined;
    }
  /** An earlier batch again, as it was: those without a key are spent again. */
  | { readonly kind: 'batch again'; readonly customer: number; readonly which: number };

const amount = fc.integer({ min: 1, max: 90 }).map((units) => BigInt(units) * 500_000n);
const description = fc.constantFrom(undefined, undefined, 'video.rewrite:15m');
const isRare = fc.nat(6).map((n) => n === 0);
const repeat: fc.Arbitrary<MemberAsking> = fc.constant({ kind: 'repeat' });

/** A member that is refused for all kinds of reasons. */
const naming = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom<MemberNaming>('living', 'living', 'cuRefNo') },
  { weight: 2, arbitrary: fc.constantFrom<MemberNaming>('ended', 'nobody') },
);
const share = fc.oneof(
  { weight: 7, arbitrary: fc.constant<Share>('a quarter') },
  { weight: 3, arbitrary: fc.constantFrom<Share>('itself', 'all', 'more') },
);
const wild: fc.Arbitrary<MemberAsking> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      ...{ kind: fc.constant('new' as const), naming, keyed: fc.boolean(), amount, share, description },
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...{ kind: fc.constant('again' as const), which: fc.nat(5), naming, isChanged: isRare },
      was: fc.constantFrom('done', 'refused', undefined),
    }),
  },
  { weight: 2, arbitrary: repeat },
);

/** A member that nobody has a reason to refuse, so that groups are done too. */
const calmNaming = fc.constantFrom<MemberNaming>('living', 'living', 'cuRefNo');
const calm: fc.Arbitrary<MemberAsking> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      ...{ kind: fc.constant('new' as const), naming: calmNaming, keyed: fc.boolean(), amount },
      ...{ share: fc.constant<Share>('a quarter'), description },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constant('again' as const), which: fc.nat(5), naming: calmNaming },
      ...{ isChanged: fc.constant(false), was: fc.constant('done' as const) },
    }),
  },
  { weight: 1, arbitrary: repeat },
);

/** What alone is in the way of a group: that it was refused before. */
const refusedBefore: fc.Arbitrary<MemberAsking> = fc.record({
  ...{ kind: fc.constant('again' as const), which: fc.nat(5), naming: calmNaming },
  ...{ isChanged: fc.constant(false), was: fc.constant('refused' as const) },
});

/** @param asking what may be asked for beside a batch. */
export function batchesBeside(asking: fc.Arbitrary<Asking>): fc.Arbitrary<BatchAction> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        ...{ kind: fc.constant('batch' as const), customer: fc.nat(1), atomic: fc.boolean() },
        members: fc.oneof(
          fc.array(wild, { minLength: 1, maxLength: 4 }),
          fc.array(calm, { minLength: 2, maxLength: 4 }),
          fc.tuple(calm, calm, refusedBefore),
        ),
        hasTwin: fc.nat(3).map((n) => n === 0),
        beside: fc.option(asking, { nil: undefined, freq: 2 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ...{ kind: fc.constant('batch again' as const), customer: fc.nat(1), which: fc.nat(3) },
      }),
    },
  );
}
