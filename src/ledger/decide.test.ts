import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, KeptAccount, micro, plainSlice } from '../../test/kept-account.ts';
import { availableOf, type Entry } from './account.ts';
import type { Micro } from './amount.ts';
import type { Command, Outcome } from './command.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.RUNS ?? 400);

/** A command whose target is picked among what there is when its turn comes. */
type Plan = (account: KeptAccount) => Command | undefined;

const amount = fc.oneof(
  fc.integer({ min: 1, max: 7 }).map(BigInt),
  fc.integer({ min: 1, max: 60 }).map(micro),
  fc.constantFrom(10, 20, 50).map(micro),
);
const lifeMs = fc.oneof(fc.constantFrom(1, 2, 3, 5, 8), fc.constantFrom(HOUR_MS, 2 * DAY_MS, 20 * DAY_MS));
const place = fc.nat(1000);

function pick<T>(things: readonly T[], at: number): T | undefined {
  // Mostly one of the last few: what is old has often been used up.
  return things.at(-1 - (at % Math.min(things.length, at % 5 === 0 ? things.length : 4)));
}

function pickEntry(account: KeptAccount, kinds: readonly string[], at: number): Entry | undefined {
  return pick(
    account.entries.filter((entry) => kinds.includes(entry.kind)),
    at,
  );
}

const plans: fc.Arbitrary<Plan> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(amount, amount, fc.constantFrom(10, 50, 50, 90), fc.option(lifeMs))
      .map(([brought, money, priority, life]): Plan => {
        return ({ nowMs }) => ({
          ...{ kind: 'grant', amount: brought, money, priority },
          expiresAtMs: life === null ? null : nowMs + life,
        });
      }),
  },
  {
    weight: 6,
    arbitrary: amount.map(
      (spent): Plan =>
        () => ({ kind: 'spend', amount: spent }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(amount, lifeMs).map(([held, expiresInMs]): Plan => {
      return () => ({ kind: 'hold', amount: held, expiresInMs: Math.min(expiresInMs, 7 * DAY_MS) });
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(place, fc.option(amount, { nil: undefined }), fc.option(lifeMs, { nil: undefined }))
      .map(([at, addAmount, expiresInMs]): Plan => {
        return (account) => {
          const hold = pick([...account.holds.values()], at);
          return hold && { kind: 'extend', ...account.named(hold.hold), addAmount, expiresInMs };
        };
      }),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(place, fc.option(amount), fc.boolean()).map(([at, asked, final]): Plan => {
      return (account) => {
        const hold = pick([...account.holds.values()], at);
        const taken = asked ?? hold?.reserved;
        return hold && taken
          ? { kind: 'capture', ...account.named(hold.hold), amount: taken, final }
          : undefined;
      };
    }),
  },
  {
    weight: 3,
    arbitrary: place.map((at): Plan => {
      return (account) => {
        const hold = pick([...account.holds.values()], at);
        return hold && { kind: 'release', ...account.named(hold.hold) };
      };
    }),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(place, fc.option(amount, { nil: undefined })).map(([at, given]): Plan => {
      return (account) => {
        const entry = pickEntry(account, ['spend', 'capture', 'spend', 'grant'], at);
        return entry && { kind: 'refund', seq: entry.seq, attempt: entry.seq, amount: given };
      };
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(place, fc.boolean()).map(([at, debt]): Plan => {
      return (account) => {
        const entry = pickEntry(account, ['grant', 'adjustment'], at);
        return entry && { kind: 'void', seq: entry.seq, attempt: entry.seq, debt };
      };
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(amount, fc.option(lifeMs)).map(([moved, life]): Plan => {
      return ({ nowMs }) => ({
        ...{ kind: 'adjustment', amount: life === null ? -moved : moved, money: 0n },
        expiresAtMs: life === null ? null : nowMs + life,
      });
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        debtLimit: fc.option(amount, { nil: undefined }),
        softLimit: fc.option(fc.constantFrom(0n, micro(50), micro(100)), { nil: undefined }),
        hardLimit: fc.option(fc.constantFrom(0n, micro(20), micro(60), micro(150)), { nil: undefined }),
        lowBalance: fc.option(fc.constantFrom(null, micro(10), micro(40)), { nil: undefined }),
      })
      .map(
        (limits): Plan =>
          () => ({ kind: 'set-limits', ...limits }),
      ),
  },
  {
    weight: 2,
    arbitrary: amount.map(
      (debtLimit): Plan =>
        () => ({ kind: 'set-limits', debtLimit }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(3).map(
      (n): Plan =>
        () => ({ kind: 'set-ban', banned: n === 0 }),
    ),
  },
  { weight: 1, arbitrary: fc.constant((): Command => ({ kind: 'note-expiring' })) },
  { weight: 1, arbitrary: fc.constant((): Command => ({ kind: 'book-due' })) },
);

const histories = fc.array(
  fc.record({
    waitMs: fc.oneof(
      { weight: 8, arbitrary: fc.nat(3) },
      { weight: 2, arbitrary: fc.constantFrom(HOUR_MS, DAY_MS, 12 * DAY_MS) },
    ),
    plans: fc.oneof(
      { weight: 4, arbitrary: fc.array(plans, { minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.array(plans, { minLength: 2, maxLength: 4 }) },
    ),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
);

/** What a history went through, so that a test that never gets anywhere does not pass. */
const reached = {
  codes: new Set<string>(),
  kinds: new Set<string>(),
  events: new Set<string>(),
  decisions: 0,
  parts: 0,
};

/** Of one command: it is passed or refused by the very sums of rules 3 and 6, and changes what it says it does. */
function checkAlone(
  before: KeptAccount['account'],
  use: Micro,
  hard: Micro,
  command: Command,
  outcome: Outcome,
) {
  if (command.kind !== 'spend' && command.kind !== 'hold') return;
  const fits = command.amount <= availableOf(before);
  const isWithinLimit = hard === 0n || use + command.amount <= hard;
  assert.equal(
    outcome.kind === 'done',
    !before.banned && fits && isWithinLimit,
    `${command.kind} of ${command.amount}`,
  );
}

/** No refund gives back more of a slice than it took, of credit or money; what is given back fully is exact (I4). */
function checkRefunds({ entries }: KeptAccount): void {
  const given = new Map<string, { amount: Micro; money: Micro }>();
  for (const { undoes, amount: back, money } of entries.flatMap(({ slices }) => slices)) {
    if (!undoes) continue;
    const key = `${undoes.entry} ${undoes.slice}`;
    const sum = given.get(key) ?? { amount: 0n, money: 0n };
    given.set(key, { amount: sum.amount + back, money: sum.money + money });
  }
  for (const [key, sum] of given) {
    const [entry = 0, slice = 0] = key.split(' ').map(Number);
    const undone = entries[entry - 1]?.slices[slice];
    assert(undone);
    assert(sum.amount <= -undone.amount && sum.money <= -undone.money, `slice ${key} gave ${sum.amount}`);
    if (sum.amount === -undone.amount) assert.equal(sum.money, -undone.money, `slice ${key} is whole again`);
  }
  for (const { seq, amount: taken, kind } of entries) {
    const refunds = entries.filter((entry) => entry.kind === 'refund' && entry.relation.undoes === seq);
    const sum = refunds.reduce((total, entry) => total + entry.amount, 0n);
    const last = refunds.at(-1);
    if (last) assert.equal(last.relation.refundable, -taken - sum, `what is left of the ${kind} ${seq}`);
  }
}

/** All voids of a lot together never take more than it brought (rule 8). */
function checkVoids({ entries }: KeptAccount): void {
  for (const { seq, amount: brought } of entries) {
    const voids = entries.filter((entry) => entry.kind === 'adjustment' && entry.relation.undoes === seq);
    const taken = voids.reduce((total, entry) => total - entry.amount, 0n);
    assert(taken <= (brought > 0n ? brought : 0n), `voids of ${seq} took ${taken}`);
  }
}

test(`whatever is asked in whatever order, the figures stay right, from all and from a part (SEED=${SEED})`, () => {
  fc.assert(
    fc.property(histories, (history) => {
      const account = new KeptAccount();
      for (const { waitMs, plans: wanted } of history) {
        account.wait(waitMs);
        account.do({ kind: 'book-due' });
        const commands = wanted.flatMap((plan) => plan(account) ?? []);
        const before = { ...account.account };
        const { limits } = account;
        const isSameMonth = limits !== undefined && account.nowMs < limits.monthToMs;
        const use = before.held + (isSameMonth ? limits.monthUsed : 0n);
        const outcomes = account.doAll(commands);
        reached.decisions += 1;
        const [command, outcome] = [commands[0], outcomes[0]];
        if (command && outcome) checkAlone(before, use, limits?.hardLimit ?? 0n, command, outcome);
        for (const each of outcomes) if (each.kind === 'refused') reached.codes.add(each.code);
      }
      checkRefunds(account);
      checkVoids(account);
      for (const { kind } of account.entries) reached.kinds.add(kind);
      for (const { kind } of account.changes) reached.kinds.add(kind);
      for (const { kind } of account.events) reached.events.add(kind);
      for (const count of account.decidedFrom.values()) reached.parts += count;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  assert.deepEqual([...reached.kinds].sort(), [
    ...['adjustment', 'ban', 'capture', 'debt-limit', 'expiry', 'extend', 'grant', 'hold', 'hold-expiry'],
    ...['limits', 'refund', 'release', 'settlement', 'spend', 'unban'],
  ]);
  assert.deepEqual([...reached.events].sort(), [
    'credit-expiring',
    'debt-begun',
    'low-balance',
    'soft-limit',
  ]);
  assert.deepEqual([...reached.codes].sort(), [
    ...['INTERNAL_RESOURCE_NOT_FOUND', 'PUBLIC_CREDIT_HOLD_HAS_ENDED', 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT'],
    ...['PUBLIC_CREDIT_LIMIT_REACHED', 'PUBLIC_CREDIT_REFUND_TOO_LARGE', 'PUBLIC_CUSTOMER_IS_BANNED'],
  ]);
  assert(reached.parts > reached.decisions / 2, 'a part must often be enough');
});

test('looking in between changes nothing: what falls due is booked the same, at its own instants', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.nat(40), { maxLength: 6 }), (history, looks) => {
      const [watched, alone] = [new KeptAccount(), new KeptAccount()];
      for (const { waitMs, plans: wanted } of history) {
        for (const look of looks.filter((ms) => ms < waitMs).sort((a, b) => a - b)) {
          const untilMs = alone.nowMs + look;
          watched.nowMs = Math.max(untilMs, watched.nowMs);
          watched.do({ kind: 'book-due' });
        }
        alone.wait(waitMs);
        watched.nowMs = alone.nowMs;
        // Both pick their targets by what both have.
        watched.do({ kind: 'book-due' });
        const commands = wanted.flatMap((plan) => plan(watched) ?? []);
        watched.doAll(commands);
        alone.doAll(commands);
      }
      const plain = (account: KeptAccount) =>
        account.entries.map(({ kind, atMs, slices, version }) => [
          kind,
          atMs,
          version,
          slices.map(plainSlice),
        ]);
      assert.deepEqual(plain(watched), plain(alone));
      assert.deepEqual(watched.changes, alone.changes);
      assert.deepEqual(watched.account, alone.account);
    }),
    { seed: SEED, numRuns: RUNS / 2 },
  );
});
