import assert from 'node:assert/strict';
import type fc from 'fast-check';
import { setBan, setLimits } from '../../src/operations/change-account.ts';
import { grantCredit } from '../../src/operations/grant-credit.ts';
import type { CustomerName } from '../../src/operations/name-customer.ts';
import type { RequestContext } from '../../src/operations/services.ts';
import { spendCredit } from '../../src/operations/spend-credit.ts';
import type { Action, Asking } from './actions.ts';
import { compareReadings } from './compare.ts';
import { monthAround } from './month.ts';
import { NaiveAccount } from './naive-account.ts';
import type { NaiveCommand, NaiveRequest } from './naive-words.ts';
import { prepareBatch, type SentBatch } from './play-batch.ts';
import { changed, type Known, type Resolved, resolve, send, TICK_MS, toNaive } from './requests.ts';
import { settle } from './settle.ts';
import { type Observed, observe, TIME_ZONE, type World } from './world.ts';

/** What was reached; a run that did not reach everything proves too little. */
export interface Reached {
  readonly codes: Set<string>;
  readonly kinds: Set<string>;
  readonly holdEvents: Set<string>;
  readonly deeds: Set<string>;
  readonly batchDeeds: Set<string>;
  replays: number;
  twins: number;
  sharedBatches: number;
  steps: number;
}

/** A request that was sent with a key, to be sent again. */
interface Sent {
  readonly key: string;
  readonly request: Resolved;
}

/** One customer: what is known of it here, and the model of its account. */
export interface Subject extends Known {
  account: NaiveAccount;
  readonly entryIds: Map<number, string>;
  readonly holdIds: Map<number, string>;
  readonly sent: Sent[];
  readonly sentBatches: SentBatch[];
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
    customer: await world.newCustomer(),
    account: new NaiveAccount((instant) => monthAround(TIME_ZONE, instant)),
    ...{ entryIds: new Map(), holdIds: new Map(), sent: [], sentBatches: [], bodies: new Map() },
  });
  const subjects = [await newSubject(), await newSubject()];
  return { subjects, reached, startMs: await world.readClockMs(), tick: 0, keys: 0 };
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
          if (hasTwin && request.turns.flat().some(({ key }) => key !== undefined)) requests.push(request);
        }
        return settle(model, world, subjectOf(model, action.customer), requests);
      }
      case 'batch':
      case 'batch again': {
        const subject = subjectOf(model, action.customer);
        const requests = prepareBatch(model, world, subject, action);
        const { beside } = { beside: undefined, ...action };
        const other = beside && prepare(model, world, action.customer, beside);
        return settle(model, world, subject, other ? [...requests, other] : requests);
      }
      case 'sequence':
        return playSequence(model, world, action);
      case 'wait':
        return wait(model, world, action.ticks);
      case 'wait for the month':
        return wait(model, world, ticksToMonth(model, action.isOver));
      case 'note-expiring':
        return settle(model, world, subjectOf(model, action.customer), [
          noteExpiring(world, subjectOf(model, action.customer)),
        ]);
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

/** The waiting lies before the last of them. */
async function playSequence(
  model: Model,
  world: World,
  { customer, askings, ticks }: Extract<Action, { kind: 'sequence' }>,
): Promise<void> {
  for (const [index, asking] of askings.entries()) {
    if (index === askings.length - 1 && ticks > 0) await wait(model, world, ticks);
    const request = prepare(model, world, customer, asking);
    await settle(model, world, subjectOf(model, customer), request ? [request] : []);
  }
}

/** From here on the real system's time is again a little after the model's. */
async function wait(model: Model, world: World, ticks: number): Promise<void> {
  model.tick += ticks;
  await world.moveClock(nowOf(model));
}

/** @returns whole ticks until shortly before or after the next month, so many that the two never meet it. */
function ticksToMonth(model: Model, isOver: boolean): number {
  const [, end] = monthAround(TIME_ZONE, nowOf(model));
  const ticks = Math.floor((end - nowOf(model)) / TICK_MS);
  const isNear = end - nowOf(model) - ticks * TICK_MS < TICK_MS / 4;
  if (isOver || (isNear && ticks < 2)) return ticks + 1;
  return Math.max(1, isNear ? ticks - 1 : ticks);
}

function subjectOf(model: Model, customer: number): Subject {
  const subject = model.subjects[customer];
  assert(subject);
  return subject;
}

/** A request, ready for the model and for the real system. */
export interface Prepared {
  /** What it asks for, turn by turn; what shares a turn is done all or none. */
  readonly turns: readonly (readonly NaiveRequest[])[];
  /** @returns the answers to all of it, in order. */
  send(): Promise<readonly Observed[]>;
}

function prepareOne(request: NaiveRequest, sendOne: () => Promise<Observed>): Prepared {
  return { turns: [[request]], send: async () => [await sendOne()] };
}

function prepare(model: Model, world: World, index: number, asking: Asking): Prepared | undefined {
  const subject = subjectOf(model, index);
  if (asking.kind === 'limits' || asking.kind === 'ban') return prepareChange(world, subject, asking);
  if (asking.kind !== 'again') {
    const request = resolve(asking, subject, world, nowOf(model));
    if (!asking.keyed) return prepareResolved(world, subject, request, undefined);
    const key = `key-${++model.keys}`;
    subject.sent.push({ key, request });
    return prepareResolved(world, subject, request, key);
  }
  const sent = subject.sent.at(-1 - (asking.which % Math.max(1, subject.sent.length)));
  if (!sent) return undefined;
  const request = asking.isChanged ? changed(sent.request) : sent.request;
  const { naming } = asking;
  const renamed = 'naming' in request ? { ...request, naming } : request;
  return prepareResolved(world, subject, renamed, sent.key);
}

function prepareResolved(
  world: World,
  subject: Subject,
  request: Resolved,
  key: string | undefined,
): Prepared {
  return prepareOne(toNaive(request, key), () => observe(send(request, world, subject.customer, key)));
}

function prepareChange(
  { services, main }: World,
  subject: Subject,
  asking: Extract<Asking, { kind: 'limits' | 'ban' }>,
): Prepared {
  const customer = { cuRefNo: subject.customer.cuRefNo };
  if (asking.kind === 'ban') {
    const { banned } = asking;
    return prepareOne({ command: { kind: 'ban', banned } }, () =>
      observe(setBan(services, main, { customer, banned })),
    );
  }
  const { debtLimit, softLimit: monthlySoftLimit, hardLimit: monthlyHardLimit, lowBalance } = asking;
  const limits = { debtLimit, monthlySoftLimit, monthlyHardLimit, lowBalance };
  return prepareOne({ command: asking satisfies NaiveCommand }, () =>
    observe(setLimits(services, main, { customer, ...limits })),
  );
}

/** As the sweeper asks. */
function noteExpiring({ services, main }: World, { customer }: Subject): Prepared {
  const { accountId } = customer;
  const { ledgerId } = main;
  const command = { kind: 'note-expiring' } as const;
  const submission = { accountId, ledgerId, command, author: 'system', requestId: 'model' };
  return prepareOne({ command }, () => observe(services.writer.submit(submission)));
}

/** A customer of another ledger is nobody. */
async function askForStranger(
  model: Model,
  world: World,
  how: Extract<Action, { kind: 'stranger' }>['how'],
): Promise<void> {
  const { services, main, other, stranger } = world;
  const context: RequestContext = { requestId: 'model', idempotencyKey: 'stranger' };
  const amount = 1n;
  const spend = { identityId: stranger.living, amount };
  let expected: string = 'INTERNAL_USER_MUST_BE_AUTHORIZED';
  let observed: Observed;
  if (how === 'spend') observed = await observe(spendCredit(services, main, spend, context));
  else if (how === 'other ledger') {
    const identityId = subjectOf(model, 0).customer.living;
    observed = await observe(spendCredit(services, other, { ...spend, identityId }, context));
  } else {
    const names = { identityId: stranger.living, cuRefNo: stranger.cuRefNo, email: stranger.email };

    const customer = { [how]: names[how] } as CustomerName;
    if (how !== 'identityId') expected = 'INTERNAL_RESOURCE_NOT_FOUND';
    observed = await observe(grantCredit(services, main, { customer, amount }, context));
  }
  assert.equal(observed.code, expected);
  model.reached.codes.add(expected);
}
