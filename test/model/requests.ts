import { adjustCredit } from '../../src/operations/adjust-credit.ts';
import { captureHold } from '../../src/operations/capture-hold.ts';
import { extendHold } from '../../src/operations/extend-hold.ts';
import { grantCredit } from '../../src/operations/grant-credit.ts';
import { holdCredit } from '../../src/operations/hold-credit.ts';
import type { CustomerName } from '../../src/operations/name-customer.ts';
import { refundCredit } from '../../src/operations/refund-credit.ts';
import { releaseHold } from '../../src/operations/release-hold.ts';
import type { DecidedAnswer, RequestContext } from '../../src/operations/services.ts';
import { spendCredit } from '../../src/operations/spend-credit.ts';
import { voidCredit } from '../../src/operations/void-credit.ts';
import type { Asking, Expiry, Fit, Naming, Which } from './actions.ts';
import { type NaiveAccount, reservedOf } from './naive-account.ts';
import type { NaiveCommand, NaiveRequest } from './naive-words.ts';
import type { TestCustomer, World } from './world.ts';

/** Real time passes while a history is played; deadlines lie far from each moment at which we ask. */
export const TICK_MS = 1_000_700;

/** No hold and no entry has this number. */
const NOBODY = 1_000_000;

/** A hold or an entry by the number that the model knows and the public id that the real system knows. */
interface Named {
  readonly number: number;
  readonly id: string;
  /** The id is of the other sort or of another ledger, which shows without a look at the account. */
  readonly isElsewhere?: boolean;
}

/** A request of which everything is settled, so that it can be sent again as it was. */
export type Resolved =
  | {
      readonly kind: 'spend';
      readonly amount: bigint;
      readonly description: string | undefined;
      readonly naming: Naming;
    }
  | {
      readonly kind: 'grant' | 'adjustment';
      readonly amount: bigint;
      readonly money: bigint | undefined;
      readonly priority: number | undefined;
      readonly expiresAt: number | null;
      readonly naming: Naming;
    }
  | {
      readonly kind: 'hold';
      readonly amount: bigint;
      readonly seconds: number | undefined;
      readonly naming: Naming;
    }
  | {
      readonly kind: 'extend';
      readonly hold: Named;
      readonly addAmount: bigint | undefined;
      readonly seconds: number | undefined;
    }
  | {
      readonly kind: 'capture';
      readonly hold: Named;
      readonly amount: bigint;
      readonly final: boolean | undefined;
    }
  | { readonly kind: 'release'; readonly hold: Named }
  | { readonly kind: 'refund'; readonly entry: Named; readonly amount: bigint | undefined }
  | { readonly kind: 'void'; readonly entry: Named; readonly debt: boolean | undefined };

/** What is known of a customer when a request is made. */
export interface Known {
  readonly account: NaiveAccount;
  readonly customer: TestCustomer;
  /** Public ids by number. */
  readonly entryIds: ReadonlyMap<number, string>;
  readonly holdIds: ReadonlyMap<number, string>;
}

/** Settles what a request is about, with the holds and entries that there are now. */
export function resolve(
  asking: Exclude<Asking, { kind: 'limits' | 'ban' | 'again' }>,
  known: Known,
  world: World,
  now: number,
): Resolved {
  switch (asking.kind) {
    case 'spend':
      return asking;
    case 'grant':
      return { ...asking, expiresAt: instantOf(now, asking.expiry) };
    case 'adjustment':
      return { ...asking, priority: undefined, expiresAt: instantOf(now, asking.expiry) };
    case 'hold':
      return { ...asking, seconds: secondsOf(asking.ticks) };
    case 'extend':
    case 'capture':
    case 'release':
      return useOfHold(asking, known, world);
    case 'refund':
    case 'void':
      return undoing(asking, known, world);
  }
}

function instantOf(now: number, expiry: Expiry | undefined): number | null {
  return expiry ? now + (expiry.ticks - 0.5) * TICK_MS + expiry.place : null;
}

function secondsOf(ticks: number | undefined): number | undefined {
  return ticks === undefined ? undefined : Math.min(604_800, Math.round(((ticks + 0.25) * TICK_MS) / 1000));
}

function useOfHold(
  asking: Extract<Asking, { kind: 'extend' | 'capture' | 'release' }>,
  known: Known,
  world: World,
): Resolved {
  const { holds } = known.account;
  const open = holds.filter((each) => !each.end);
  const meant = { last: open.at(-1), 'last but one': open.at(-2) ?? holds.at(-1), first: open[0] };
  const hold = asking.which in meant ? meant[asking.which as keyof typeof meant] : holds.at(-1);
  const number = hold?.number ?? 1;
  const attemptless = { accountId: known.customer.accountId, seq: number, attempt: 1, isHold: true };
  const own = known.holdIds.get(number);
  const named = nameOf(asking.which, own, number, {
    attempt: world.services.ids.encode(attemptless),
    sort: known.entryIds.get(1),
    stranger: world.stranger.holdId,
  });
  if (asking.kind === 'release') return { kind: 'release', hold: named };
  const amount = fitted(asking.amount, asking.fit, hold ? reservedOf(hold) : 1n);
  const { final } = asking;
  const seconds = secondsOf(asking.ticks);
  if (asking.kind === 'extend') {
    return { kind: 'extend', hold: named, addAmount: amount, seconds: amount ? seconds : (seconds ?? 900) };
  }
  return { kind: 'capture', hold: named, amount: amount ?? (final === false ? asking.amount : 0n), final };
}

function undoing(asking: Extract<Asking, { kind: 'refund' | 'void' }>, known: Known, world: World): Resolved {
  const { entries } = known.account;
  const isFitting = ({ kind, amount }: (typeof entries)[number]) =>
    asking.kind === 'refund'
      ? kind === 'spend' || kind === 'capture'
      : kind === 'grant' || (kind === 'adjustment' && amount > 0n);
  const fitting = entries.filter(isFitting);
  const meant = { last: fitting.at(-1), 'last but one': fitting.at(-2), first: fitting[0] };
  const entry = asking.which in meant ? meant[asking.which as keyof typeof meant] : entries.at(-1);
  const number = entry?.seq ?? 1;
  const attemptless = { accountId: known.customer.accountId, seq: number, attempt: 1 };
  const named = nameOf(asking.which, known.entryIds.get(number), number, {
    attempt: world.services.ids.encode(attemptless),
    sort: known.holdIds.get(1),
    stranger: world.stranger.transactionId,
  });
  if (asking.kind === 'void') return { kind: 'void', entry: named, debt: asking.debt };
  const size = entry && entry.amount < 0n ? -entry.amount : 1n;
  return { kind: 'refund', entry: named, amount: fitted(asking.amount, asking.fit, size) };
}

/** What is named wrongly is nobody's. */
function nameOf(
  which: Which,
  own: string | undefined,
  number: number,
  wrong: { attempt: string; sort: string | undefined; stranger: string },
): Named {
  const id = { 'other attempt': wrong.attempt, 'other sort': wrong.sort, stranger: wrong.stranger };
  if (which in id || own === undefined) {
    const meant = id[which as keyof typeof id];
    const isElsewhere = which !== 'other attempt' && meant !== undefined;
    return { number: NOBODY, id: meant ?? wrong.attempt, isElsewhere };
  }
  return { number, id: own };
}

function fitted(amount: bigint, how: Fit, size: bigint): bigint | undefined {
  const all = size > 0n ? size : amount;
  switch (how) {
    case 'itself':
      return amount;
    case 'half':
      return all / 2n + 1n;
    case 'all':
      return all;
    case 'more':
      return all < 999_999_999_000_000n ? all + (amount % 7n) + 1n : all;
    case 'none':
      return undefined;
  }
}

/** @returns the same request with another content, where it has a part that can be another. */
export function changed(request: Resolved): Resolved {
  const other = (amount: bigint) => (amount > 1n || amount < -1n ? amount / 2n : amount * 2n);
  switch (request.kind) {
    case 'release':
      return request;
    case 'void':
      return { ...request, debt: !request.debt };
    case 'extend': {
      const { addAmount, seconds } = request;
      return addAmount === undefined
        ? { ...request, seconds: (seconds ?? 0) > 10 ? 10 : 11 }
        : { ...request, addAmount: other(addAmount) };
    }
    case 'refund':
      return { ...request, amount: request.amount === undefined ? 1n : other(request.amount) };
    case 'capture':
      return { ...request, amount: request.amount === 0n ? 1n : other(request.amount) };
    default:
      return { ...request, amount: other(request.amount) };
  }
}

/** What the model is asked. Members that are left out count as what they stand for. */
export function toNaive(request: Resolved, key: string | undefined): NaiveRequest {
  const naming = 'naming' in request ? request.naming : 'living';
  const command = toNaiveCommand(request);
  const description = request.kind === 'spend' ? request.description : undefined;
  const content = JSON.stringify([command, description], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  const named = 'hold' in request ? request.hold : 'entry' in request ? request.entry : undefined;
  const isElsewhere = named?.isElsewhere ?? false;
  return { command, key, content, sessionHasEnded: naming === 'ended', isElsewhere };
}

function toNaiveCommand(request: Resolved): NaiveCommand {
  switch (request.kind) {
    case 'spend':
      return { kind: 'spend', amount: request.amount };
    case 'grant': {
      const { amount, money = amount, priority = 50, expiresAt } = request;
      return { kind: 'grant', amount, money, priority, expiresAt };
    }
    case 'adjustment': {
      const { amount, expiresAt } = request;
      const money = amount > 0n ? (request.money ?? amount) : 0n;
      return { kind: 'adjustment', amount, money, expiresAt };
    }
    case 'hold':
      return { kind: 'hold', amount: request.amount, expiresIn: 1000 * (request.seconds ?? 900) };
    case 'extend': {
      const { addAmount, seconds, hold } = request;
      return {
        ...{ kind: 'extend', hold: hold.number, addAmount },
        expiresIn: seconds === undefined ? undefined : 1000 * seconds,
      };
    }
    case 'capture': {
      const { hold, amount, final = true } = request;
      return { kind: 'capture', hold: hold.number, amount, final };
    }
    case 'release':
      return { kind: 'release', hold: request.hold.number };
    case 'refund':
      return { kind: 'refund', entry: request.entry.number, amount: request.amount };
    case 'void':
      return { kind: 'void', entry: request.entry.number, debt: request.debt ?? false };
  }
}

/** Sends it to the real system. */
export function send(
  request: Resolved,
  { services, main }: World,
  customer: TestCustomer,
  key: string | undefined,
): Promise<DecidedAnswer> {
  const context: RequestContext = {
    requestId: 'model',
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
  switch (request.kind) {
    case 'spend': {
      const { amount, description, naming } = request;
      return spendCredit(services, main, { ...spenderOf(customer, naming), amount, description }, context);
    }
    case 'grant':
    case 'adjustment': {
      const { amount, money: amountMoney, priority, expiresAt, naming } = request;
      const expirationDate = expiresAt === null ? undefined : new Date(expiresAt).toISOString();
      const common = { customer: customerOf(customer, naming), amount, amountMoney, expirationDate };
      return request.kind === 'grant'
        ? grantCredit(services, main, { ...common, priority }, context)
        : adjustCredit(services, main, common, context);
    }
    case 'hold': {
      const { amount, seconds: expiresIn, naming } = request;
      return holdCredit(services, main, { ...spenderOf(customer, naming), amount, expiresIn }, context);
    }
    case 'extend': {
      const { hold, addAmount, seconds: expiresIn } = request;
      return extendHold(services, main, { holdId: hold.id, addAmount, expiresIn }, context);
    }
    case 'capture': {
      const { hold, amount, final } = request;
      return captureHold(services, main, { holdId: hold.id, amount, final }, context);
    }
    case 'release':
      return releaseHold(services, main, { holdId: request.hold.id }, context);
    case 'refund': {
      const { entry, amount } = request;
      return refundCredit(services, main, { transactionId: entry.id, amount }, context);
    }
    case 'void': {
      const { entry, debt } = request;
      return voidCredit(services, main, { transactionId: entry.id, debt }, context);
    }
  }
}

function customerOf({ living, ended, cuRefNo, email }: TestCustomer, naming: Naming): CustomerName {
  if (naming === 'cuRefNo') return { cuRefNo };
  if (naming === 'email') return { email };
  return { identityId: naming === 'ended' ? ended : living };
}

/** Who spends is named by a session or by the reference. */
export function spenderOf({ living, ended, cuRefNo }: TestCustomer, naming: Naming) {
  if (naming === 'cuRefNo') return { cuRefNo };
  return { identityId: naming === 'ended' ? ended : living };
}
