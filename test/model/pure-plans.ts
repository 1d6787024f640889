import fc from 'fast-check';
import { type NaiveAccount, reservedOf } from './naive-account.ts';
import { LONGEST_HOLD } from './naive-holds.ts';
import type { NaiveCommand, NaiveRequest } from './naive-words.ts';

/** A command before it is known which holds and entries there are, and what time it is. */
type Plan =
  | { readonly kind: 'ready'; readonly command: NaiveCommand }
  /** null never expires. */
  | {
      readonly kind: 'bring';
      readonly command: Extract<NaiveCommand, { kind: 'grant' | 'adjustment' }>;
      readonly expiresInMs: number | null;
    }
  | {
      readonly kind: 'hold use';
      readonly use: 'extend' | 'capture' | 'release';
      readonly which: number;
      readonly amount: bigint;
      readonly fit: Fit;
      readonly expiresIn: number | undefined;
      readonly final: boolean;
    }
  | {
      readonly kind: 'undo';
      readonly use: 'refund' | 'void';
      readonly which: number;
      readonly amount: bigint;
      readonly fit: Fit;
      readonly debt: boolean;
    };

/** How an amount relates to what there is: itself, half of it, all of it, a little more, or not named. */
type Fit = 'itself' | 'half' | 'all' | 'more' | 'none';

export interface RequestPlan {
  readonly plan: Plan;
  readonly key: number | undefined;
  readonly sessionHasEnded: boolean;
}

/** What is asked at once: one thing, or several that are done all or none. */
export interface Part {
  readonly requests: readonly RequestPlan[];
}

/** What one batch of one account asks for; instants are relative, so that they meet each other. */
export interface Batch {
  readonly waitMs: number;
  readonly parts: readonly Part[];
}

/** Of the month that the pure rules are told: short, so that several fit into a history. */
const MONTH_MS = 40;

export function monthAround(instant: number): readonly [from: number, to: number] {
  const from = Math.floor(instant / MONTH_MS) * MONTH_MS;
  return [from, from + MONTH_MS];
}

const DAY = 86_400_000;

const micro = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 1, max: 12 }).map((units) => BigInt(units)) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 300 }).map((units) => BigInt(units) * 1_000_000n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 1_000_000_000_000_000n }) },
  { weight: 2, arbitrary: fc.constant(1_000_000_000_000_000n) },
);
const money = fc.oneof(fc.constant(0n), micro);
const limit = fc.oneof({ weight: 2, arbitrary: fc.constant(0n) }, { weight: 3, arbitrary: micro });
const expiresInMs = fc.oneof(
  { weight: 10, arbitrary: fc.constant(null) },
  { weight: 12, arbitrary: fc.integer({ min: -1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(DAY - 3, 7 * DAY, 7 * DAY + 1, 40 * DAY) },
);
const fit = fc.constantFrom<Fit>('itself', 'itself', 'half', 'all', 'more', 'none');
const holdMs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(LONGEST_HOLD, LONGEST_HOLD - 2) },
);

const ready = (command: NaiveCommand): Plan => ({ kind: 'ready', command });
const spends: fc.Arbitrary<Plan> = micro.map((amount) => ready({ kind: 'spend', amount }));
const plansOfGroups: fc.WeightedArbitrary<Plan>[] = [
  { weight: 12, arbitrary: spends },
  {
    weight: 9,
    arbitrary: fc
      .tuple(micro, money, fc.constantFrom(0, 49, 50, 50, 51, 100), expiresInMs)
      .map(([amount, brought, priority, inMs]) => ({
        ...{ kind: 'bring' as const, expiresInMs: inMs },
        command: { kind: 'grant' as const, amount, money: brought, priority, expiresAt: null },
      })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(micro, money, fc.boolean(), expiresInMs).map(([amount, brought, isDown, inMs]) => ({
      ...{ kind: 'bring' as const, expiresInMs: isDown ? null : inMs },
      command: {
        ...{ kind: 'adjustment' as const, amount: isDown ? -amount : amount },
        ...{ money: isDown ? 0n : brought, expiresAt: null },
      },
    })),
  },
  { weight: 1, arbitrary: fc.boolean().map((banned) => ready({ kind: 'ban', banned })) },
  { weight: 1, arbitrary: fc.constantFrom(ready({ kind: 'look' }), ready({ kind: 'note-expiring' })) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(micro, holdMs)
      .map(([amount, expiresIn]) => ready({ kind: 'hold', amount, expiresIn })),
  },
  {
    weight: 11,
    arbitrary: fc.record({
      ...{ kind: fc.constant('hold use' as const), which: fc.nat(4), amount: micro, fit },
      use: fc.constantFrom('extend' as const, 'capture' as const, 'capture' as const, 'release' as const),
      ...{ expiresIn: fc.option(holdMs, { nil: undefined }), final: fc.boolean() },
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      ...{ kind: fc.constant('undo' as const), which: fc.nat(5), amount: micro, fit },
      ...{ use: fc.constantFrom('refund' as const, 'void' as const), debt: fc.boolean() },
    }),
  },
];
const plans: fc.Arbitrary<Plan> = fc.oneof(...plansOfGroups, {
  weight: 3,
  arbitrary: fc
    .record(
      {
        ...{ debtLimit: limit, softLimit: limit, hardLimit: limit },
        lowBalance: fc.oneof(fc.constant(null), fc.constant(0n), micro),
      },
      { requiredKeys: [] },
    )
    .map((limits) => ready({ kind: 'limits', ...limits })),
});
const request: fc.Arbitrary<RequestPlan> = fc.record({
  plan: plans,
  key: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
  sessionHasEnded: fc.nat(19).map((n) => n === 0),
});
const one: fc.Arbitrary<Part> = request.map((only) => ({ requests: [only] }));
/** Of spends mostly, never of limits: a refusal could not tell those of a group that is not done. */
const group: fc.Arbitrary<Part> = fc.record({
  requests: fc.array(
    fc.record({
      plan: fc.oneof({ weight: 6, arbitrary: spends }, { weight: 1, arbitrary: fc.oneof(...plansOfGroups) }),
      key: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
      sessionHasEnded: fc.nat(19).map((n) => n === 0),
    }),
    { minLength: 2, maxLength: 4 },
  ),
});
const parts = fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: group });
const batches: fc.Arbitrary<readonly Batch[]> = fc.array(
  fc.record({
    waitMs: fc.oneof(
      { weight: 40, arbitrary: fc.integer({ min: -1, max: 6 }) },
      { weight: 1, arbitrary: fc.constantFrom(30, DAY, 30 * DAY, LONGEST_HOLD - 4) },
    ),
    parts: fc.oneof(
      { weight: 3, arbitrary: fc.array(parts, { minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.array(parts, { minLength: 2, maxLength: 5 }) },
    ),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

/** Five grants, which as large as can be nearly fill an account. */
const FILLING: Batch = {
  waitMs: 0,
  parts: Array.from({ length: 5 }, () => {
    const command = { kind: 'grant', amount: 1n, money: 1n, priority: 50, expiresAt: null } as const;
    const plan: Plan = { kind: 'bring', expiresInMs: null, command };
    return { requests: [{ plan, key: undefined, sessionHasEnded: false }] };
  }),
};

/** Histories in which every grant is worth more than rule 12 lets a few of them be worth together. */
const dearBatches = batches.map((all) => withPlans([FILLING, ...all], makeDear));

function makeDear(plan: Plan): Plan {
  if (plan.kind !== 'bring') return plan;
  const { command: asked } = plan;
  const amount = asked.amount < 0n ? -(-asked.amount % 100n) - 1n : (asked.amount % 100n) + 1n;
  const brought = amount > 0n ? 1_000_000_000_000_000n : 0n;
  return { ...plan, command: { ...asked, amount, money: brought } };
}

/** Histories in which every amount is about the largest that a request may name. */
const largeBatches = batches.map((all) => withPlans([FILLING, ...all], enlarge));

function withPlans(all: readonly Batch[], other: (plan: Plan) => Plan): readonly Batch[] {
  const change = (requests: readonly RequestPlan[]) =>
    requests.map(({ plan, ...rest }): RequestPlan => ({ ...rest, plan: other(plan) }));
  return all.map((each) => ({
    ...each,
    parts: each.parts.map(({ requests }) => ({ requests: change(requests) })),
  }));
}

function enlarge(plan: Plan): Plan {
  const large = (amount: bigint) => 999_999_999_999_998n + (amount % 3n);
  if (plan.kind === 'hold use' || plan.kind === 'undo') return { ...plan, amount: large(plan.amount) };
  if (plan.kind === 'bring') {
    const { amount } = plan.command;
    const enlarged = amount < 0n ? -large(-amount) : large(amount);
    return { ...plan, command: { ...plan.command, amount: enlarged, money: plan.command.money % 100n } };
  }
  const { command } = plan;
  if (command.kind !== 'spend' && command.kind !== 'hold') return plan;
  return { ...plan, command: { ...command, amount: large(command.amount) } };
}

/** Everything that may be asked of an account, one batch after the other. */
export const histories = fc.oneof(
  { weight: 6, arbitrary: batches },
  { weight: 1, arbitrary: dearBatches },
  { weight: 1, arbitrary: largeBatches },
);

/** No hold or entry has this number. */
export const NOBODY = 1_000_000;

/** Puts a plan at the instant of its batch, with the holds and entries that there are then. */
export function atInstant(
  { plan, key, sessionHasEnded }: RequestPlan,
  account: NaiveAccount,
  nowMs: number,
): NaiveRequest {
  const command = commandOf(plan, account, nowMs);
  // Whoever asks for what is not there is told so, key or not; which is told first does not matter.
  const isNobody =
    ('hold' in command && command.hold === NOBODY) || ('entry' in command && command.entry === NOBODY);
  const isKeyed =
    key !== undefined && !isNobody && !['limits', 'ban', 'look', 'note-expiring'].includes(command.kind);
  // Only some of what differs counts as another request, so that replays and reused keys both are frequent.
  const amount = 'amount' in command ? command.amount : undefined;
  const content = `${command.kind} ${amount === undefined ? '' : amount % 3n}`;
  return { command, key: isKeyed ? `key ${key}` : undefined, content, sessionHasEnded };
}

function commandOf(plan: Plan, account: NaiveAccount, nowMs: number): NaiveCommand {
  switch (plan.kind) {
    case 'ready':
      return plan.command;
    case 'bring': {
      const { command, expiresInMs: inMs } = plan;
      return inMs === null ? command : { ...command, expiresAt: nowMs + inMs };
    }
    case 'hold use':
      return useOfHold(plan, account);
    case 'undo':
      return undoing(plan, account);
  }
}

function useOfHold(plan: Extract<Plan, { kind: 'hold use' }>, account: NaiveAccount): NaiveCommand {
  const { use, which, expiresIn, final } = plan;
  const open = account.holds.filter((each) => !each.end);
  // Mostly one that is open; now and then one that has ended or one that never was.
  const hold = [open.at(-1), open.at(0), open.at(-1), account.holds.at(-1)][which];
  const number = hold?.number ?? NOBODY;
  if (use === 'release') return { kind: 'release', hold: number };
  const amount = fitted(plan.amount, plan.fit, hold ? reservedOf(hold) : 1n);
  if (use === 'capture') {
    return { kind: 'capture', hold: number, amount: amount ?? (final ? 0n : plan.amount), final };
  }
  const addAmount = expiresIn === undefined ? (amount ?? plan.amount) : amount;
  return { kind: 'extend', hold: number, addAmount, expiresIn };
}

function undoing(plan: Extract<Plan, { kind: 'undo' }>, account: NaiveAccount): NaiveCommand {
  const { use, which, debt } = plan;
  const isTaken = ({ kind }: { kind: string }) => kind === 'spend' || kind === 'capture';
  const isBrought = ({ kind, amount }: { kind: string; amount: bigint }) =>
    kind === 'grant' || (kind === 'adjustment' && amount > 0n);
  const fitting = account.entries.filter(use === 'refund' ? isTaken : isBrought);
  // Mostly an entry of the right kind; now and then any, or one that never was.
  const entry = [fitting.at(-1), fitting.at(-2), fitting.at(-1), fitting.at(0), account.entries.at(-1)][
    which
  ];
  const seq = entry?.seq ?? NOBODY;
  if (use === 'void') return { kind: 'void', entry: seq, debt };
  const size = entry && entry.amount < 0n ? -entry.amount : 1n;
  return { kind: 'refund', entry: seq, amount: fitted(plan.amount, plan.fit, size) };
}

function fitted(amount: bigint, how: Fit, size: bigint): bigint | undefined {
  switch (how) {
    case 'itself':
      return amount;
    case 'half':
      return size / 2n + 1n;
    case 'all':
      return size > 0n ? size : amount;
    case 'more':
      return size + (amount % 7n) + 1n;
    case 'none':
      return undefined;
  }
}
