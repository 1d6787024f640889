import assert from 'node:assert/strict';
import type fc from 'fast-check';
import { adjustCredit } from '../../src/operations/adjust-credit.ts';
import { setBan, setLimits } from '../../src/operations/change-account.ts';
import { grantCredit } from '../../src/operations/grant-credit.ts';
import type { CustomerName } from '../../src/operations/name-customer.ts';
import type { RequestContext } from '../../src/operations/services.ts';
import { spendCredit } from '../../src/operations/spend-credit.ts';
import type { Action, Asking, Expiry, Naming } from './actions.ts';
import { compareEntries, compareReadings } from './compare.ts';
import { inCredits, NaiveAccount, type NaiveAnswer, type NaiveRequest } from './naive-ledger.ts';
import { type Observed, observe, type TestCustomer, type World } from './world.ts';

/** Real time passes while a history is played; expiries lie half a tick from each moment at which we ask. */
export const TICK_MS = 1_000_000;

/** What was reached; a run that did not reach everything proves too little. */
export interface Reached {
  readonly codes: Set<string>;
  readonly kinds: Set<string>;
  replays: number;
  twins: number;
  sharedBatches: number;
  steps: number;
}

/** A request that was sent with a key, to be sent again. */
type Keyed = Exclude<Asking, { kind: 'debt-limit' | 'ban' | 'again' }>;
interface Sent {
  readonly key: string;
  readonly asking: Keyed;
  readonly expiresAt: number | null;
}

/** One customer: what is known of it here, and the model of its account. */
export interface Subject {
  readonly customer: TestCustomer;
  account: NaiveAccount;
  readonly sent: Sent[];
  /** The first answer to each key, byte for byte. */
  readonly bodies: Map<string, string>;
}

/** The model of a history: fast-check hands it from step to step. */
export interface Model {
  readonly subjects: readonly Subject[];
  readonly reached: Reached;
  readonly startMs: number;
  tick: number;
  keys: number;
}

/** @returns the model of two customers to whom nothing has happened. */
export async function newModel(world: World, reached: Reached): Promise<Model> {
  const newSubject = async (): Promise<Subject> => ({
    ...{ customer: await world.newCustomer(), account: new NaiveAccount(), sent: [], bodies: new Map() },
  });
  const subjects = [await newSubject(), await newSubject()];
  return { subjects, reached, startMs: Date.now() + world.clock.offsetMs - 5, tick: 0, keys: 0 };
}

/** The moment at which the model asks, a little before the real one. */
export function nowOf(model: Model): number {
  return model.startMs + model.tick * TICK_MS;
}

/** One step, played on the model and on the real system. */
export class Step implements fc.AsyncCommand<Model, World> {
  readonly action: Action;

  constructor(action: Action) {
    this.action = action;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, world: World): Promise<void> {
    const { action } = this;
    model.reached.steps += 1;
    switch (action.kind) {
      case 'ask': {
        const request = prepare(model, world, action.customer, action.asking);
        return settle(model, world, subjectOf(model, action.customer), request ? [request] : []);
      }
      case 'burst': {
        const requests: Prepared[] = [];
        for (const { asking, hasTwin } of action.askings) {
          const request = prepare(model, world, action.customer, asking);
          if (!request) continue;
          requests.push(request);
          if (hasTwin && request.request.key !== undefined) requests.push(request);
        }
        return settle(model, world, subjectOf(model, action.customer), requests);
      }
      case 'wait':
        world.clock.offsetMs += action.ticks * TICK_MS;
        model.tick += action.ticks;
        return;
      case 'stranger':
        return askForStranger(model, world, action.how);
      case 'read':
        return compareReadings(model, world, subjectOf(model, action.customer));
    }
  }

  toString(): string {
    return JSON.stringify(this.action, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
  }
}

function subjectOf(model: Model, customer: number): Subject {
  const subject = model.subjects[customer];
  assert(subject);
  return subject;
}

/** A request, ready for the model and for the real system. */
interface Prepared {
  readonly request: NaiveRequest;
  send(): Promise<Observed>;
}

function prepare(model: Model, world: World, index: number, asking: Asking): Prepared | undefined {
  const subject = subjectOf(model, index);
  const { services, live } = world;
  const customer = { cuRefNo: subject.customer.cuRefNo };
  if (asking.kind === 'debt-limit') {
    const { limit } = asking;
    const send = () => observe(setLimits(services, live, { customer, debtLimit: limit }).then(nothing));
    return { request: { command: { kind: 'debt-limit', limit } }, send };
  }
  if (asking.kind === 'ban') {
    const { banned } = asking;
    const send = () => observe(setBan(services, live, { customer, banned }).then(nothing));
    return { request: { command: { kind: 'ban', banned } }, send };
  }
  if (asking.kind !== 'again') {
    const expiresAt = 'expiry' in asking ? instantOf(model, asking.expiry) : null;
    if (!asking.keyed) return prepareKeyed(world, subject, { key: '', asking, expiresAt });
    const sent = { key: `key ${++model.keys}`.replace(' ', '-'), asking, expiresAt };
    subject.sent.push(sent);
    return prepareKeyed(world, subject, sent);
  }
  const sent = subject.sent.at(-1 - (asking.which % Math.max(1, subject.sent.length)));
  if (!sent) return undefined;
  const isSpend = sent.asking.kind === 'spend';
  const naming = isSpend && asking.naming !== 'ended' ? 'living' : asking.naming;
  const more = asking.isChanged ? 1n : 0n;
  // A change must not turn an adjustment of -1 into one of 0, nor the largest amount into an invalid one.
  const amount =
    sent.asking.amount > 0n && more > 0n ? changed(sent.asking.amount) : sent.asking.amount - more;
  return prepareKeyed(world, subject, { ...sent, asking: { ...sent.asking, amount, naming } });
}

function changed(amount: bigint): bigint {
  return amount > 1n ? amount - 1n : 2n;
}

function nothing(): undefined {
  return undefined;
}

function instantOf(model: Model, expiry: Expiry | undefined): number | null {
  if (!expiry) return null;
  return nowOf(model) + (expiry.ticks - 0.5) * TICK_MS + expiry.place;
}

function prepareKeyed(world: World, subject: Subject, { key, asking, expiresAt }: Sent): Prepared {
  const { services, live } = world;
  const context: RequestContext = { requestId: 'model', ...(key === '' ? {} : { idempotencyKey: key }) };
  const customer = nameOf(subject.customer, asking.naming);
  const expirationDate = expiresAt === null ? undefined : new Date(expiresAt).toISOString();
  const { amount } = asking;
  const keyed = {
    key: key === '' ? undefined : key,
    sessionHasEnded: asking.naming === 'ended',
  };
  if (asking.kind === 'spend') {
    const { description } = asking;
    const { living, ended } = subject.customer;
    const identityId = asking.naming === 'ended' ? ended : living;
    return {
      request: { ...keyed, command: { kind: 'spend', amount }, content: `spend ${amount} ${description}` },
      send: () => observe(spendCredit(services, live, { identityId, amount, description }, context)),
    };
  }
  const amountMoney = asking.money;
  const money = amount > 0n ? (amountMoney ?? amount) : 0n;
  if (asking.kind === 'grant') {
    const { priority } = asking;
    const grant = { customer, amount, amountMoney, priority, expirationDate };
    const command = { kind: 'grant' as const, amount, money, priority: priority ?? 50, expiresAt };
    return {
      request: { ...keyed, command, content: `grant ${amount} ${money} ${priority ?? 50} ${expiresAt}` },
      send: () => observe(grantCredit(services, live, grant, context)),
    };
  }
  const adjustment = { customer, amount, amountMoney, expirationDate };
  const command = { kind: 'adjustment' as const, amount, money, expiresAt };
  return {
    request: { ...keyed, command, content: `adjustment ${amount} ${money} ${expiresAt}` },
    send: () => observe(adjustCredit(services, live, adjustment, context)),
  };
}

function nameOf({ living, ended, cuRefNo, email }: TestCustomer, naming: Naming): CustomerName {
  if (naming === 'cuRefNo') return { cuRefNo };
  if (naming === 'email') return { email };
  return { identityId: naming === 'ended' ? ended : living };
}

/** Sends requests at one moment and finds an order in which the model gives the same answers and entries. */
async function settle(
  model: Model,
  world: World,
  subject: Subject,
  requests: readonly Prepared[],
): Promise<void> {
  if (requests.length === 0) return;
  const { writer } = world.services;
  const before = writer.figures;
  const observed = await Promise.all(requests.map((request) => request.send()));
  const after = writer.figures;
  if (after.jobs - before.jobs > after.batches - before.batches) model.reached.sharedBatches += 1;
  const asked = requests.map(({ request }, index): Asked => {
    const answer = observed[index];
    assert(answer);
    return { request, observed: answer };
  });
  const entries = await compareEntries(world, subject);
  let told: unknown;
  const fits = (account: NaiveAccount) => {
    try {
      entries(account);
      return true;
    } catch (error) {
      told = error;
      return false;
    }
  };
  const order = findOrder(subject.account, asked, nowOf(model), fits);
  if (!order) explain(subject.account, asked, nowOf(model), told);
  else remember(model, world, subject, order);
}

interface Asked {
  readonly request: NaiveRequest;
  readonly observed: Observed;
}
interface Answered extends Asked {
  readonly answer: NaiveAnswer;
  readonly account: NaiveAccount;
}

/** Tries all orders, giving up on one at the first answer that does not fit. */
function findOrder(
  account: NaiveAccount,
  asked: readonly Asked[],
  now: number,
  fits: (account: NaiveAccount) => boolean,
): Answered[] | undefined {
  if (asked.length === 0) return fits(account) ? [] : undefined;
  for (const [index, next] of asked.entries()) {
    const after = account.copy();
    const answer = after.ask(next.request, now);
    if (!isSame(answer, next.observed)) continue;
    const rest = findOrder(after, asked.toSpliced(index, 1), now, fits);
    if (rest) return [{ ...next, answer, account: after }, ...rest];
  }
  return undefined;
}

function expectationOf(answer: NaiveAnswer): Partial<Observed> {
  const { status, code, details, entry, replayed } = answer;
  const balances = entry && {
    oldCreditBalance: inCredits(entry.balance - entry.amount),
    newCreditBalance: inCredits(entry.balance),
  };
  return { status, replayed, code, details: code ? (details ?? {}) : undefined, ...balances };
}

function isSame(answer: NaiveAnswer, observed: Observed): boolean {
  try {
    compareAnswer(answer, observed);
    return true;
  } catch {
    return false;
  }
}

function compareAnswer(answer: NaiveAnswer, observed: Observed): void {
  const { transactionId: _, body: __, ...comparable } = observed;
  const defined = (from: object) =>
    Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined));
  assert.deepEqual(defined(comparable), defined(expectationOf(answer)));
}

/** Fails with the difference, which for a single request is plain to see. */
function explain(account: NaiveAccount, asked: readonly Asked[], now: number, told: unknown): never {
  const [only] = asked;
  if (asked.length === 1 && only) compareAnswer(account.copy().ask(only.request, now), only.observed);
  if (told) throw told;
  const bodies = asked.map(({ observed }) => observed.body ?? observed.code).join('\n');
  throw new assert.AssertionError({ message: `no order of the requests explains the answers:\n${bodies}` });
}

function remember(model: Model, world: World, subject: Subject, order: readonly Answered[]): void {
  const { reached } = model;
  for (const { request, observed, answer, account } of order) {
    subject.account = account;
    if (answer.code) reached.codes.add(answer.code);
    if (answer.entry) {
      const name = world.services.ids.decode(observed.transactionId ?? '');
      const { accountId } = subject.customer;
      assert.deepEqual({ ...name, attempt: 0 }, { accountId, seq: answer.entry.seq, attempt: 0 });
    }
    const { key } = request;
    if (key === undefined || observed.body === undefined || answer.status === 422) continue;
    if (answer.replayed) {
      reached.replays += 1;
      assert.equal(observed.body, subject.bodies.get(key), 'a replay repeats the first answer');
    } else if (answer.status !== 401) {
      subject.bodies.set(key, observed.body);
    }
  }
  if (order.length > new Set(order.map(({ request }) => request)).size) reached.twins += 1;
  for (const entry of subject.account.entries) reached.kinds.add(entry.kind);
}

/** A customer of another ledger is nobody. */
async function askForStranger(
  model: Model,
  world: World,
  how: Extract<Action, { kind: 'stranger' }>['how'],
): Promise<void> {
  const { services, live, sandbox, stranger } = world;
  const context: RequestContext = { requestId: 'model', idempotencyKey: 'stranger' };
  const amount = 1n;
  const spend = { identityId: stranger.living, amount };
  let expected: string = 'INTERNAL_USER_MUST_BE_AUTHORIZED';
  let observed: Observed;
  if (how === 'spend') observed = await observe(spendCredit(services, live, spend, context));
  else if (how === 'other ledger') {
    const identityId = subjectOf(model, 0).customer.living;
    observed = await observe(spendCredit(services, sandbox, { ...spend, identityId }, context));
  } else {
    const names = { identityId: stranger.living, cuRefNo: stranger.cuRefNo, email: stranger.email };

    const customer = { [how]: names[how] } as CustomerName;
    if (how !== 'identityId') expected = 'INTERNAL_RESOURCE_NOT_FOUND';
    observed = await observe(grantCredit(services, live, { customer, amount }, context));
  }
  assert.equal(observed.code, expected);
  model.reached.codes.add(expected);
}
