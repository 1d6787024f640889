import assert from 'node:assert/strict';
import { compareNews, type News, readNews } from './compare.ts';
import type { NaiveAccount } from './naive-account.ts';
import { askTogether } from './naive-batch.ts';
import { ask } from './naive-ledger.ts';
import { inCredits, isBinding, type NaiveAnswer, type NaiveRequest } from './naive-words.ts';
import { type Model, nowOf, type Prepared, type Subject } from './play.ts';
import { deedsOf } from './reached.ts';
import type { Observed, World } from './world.ts';

interface Asked {
  readonly request: NaiveRequest;
  readonly observed: Observed;
  /** When it was decided, as far as what was written tells it. */
  readonly instant: number;
}
/** What is decided at once: one thing, or several that are done all or none. */
type Turn = readonly Asked[];

interface Answered extends Asked {
  readonly answer: NaiveAnswer;
}

/** What was decided at once, and the account after it. */
interface Decided {
  readonly members: readonly Answered[];
  readonly account: NaiveAccount;
}

/** Sends requests at one moment and finds an order in which the model gives the same answers and entries. */
export async function settle(
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
  const news = await readNews(world, subject);
  const asked = requests.map(({ turns }, index): Turn[] => {
    const answers = [...(observed[index] ?? [])];
    return turns.map((turn) =>
      turn.map((request): Asked => {
        const answer = answers.shift();
        assert(answer);
        const instant = instantOf(world, news, request, answer) ?? nowOf(model);
        return { request, observed: answer, instant };
      }),
    );
  });
  let told: unknown;
  const fits = (account: NaiveAccount) => {
    try {
      compareNews(news, account);
      return true;
    } catch (error) {
      told = error;
      return false;
    }
  };
  const order = findOrder(subject.account, asked, fits);
  if (!order) explain(subject.account, asked, told);
  else remember(model, subject, order, news);
}

/** @returns when the entry or hold event was written that an answer tells of. */
function instantOf(
  { services }: World,
  news: News,
  { command }: NaiveRequest,
  { members }: Observed,
): number | undefined {
  const { transactionId, holdId, amount, expiresAt } = members;
  if (typeof transactionId === 'string') {
    const seq = services.ids.decode(transactionId)?.seq;
    return news.entries.find((entry) => entry.seq === seq)?.at;
  }
  if (typeof holdId !== 'string') return undefined;
  const number = services.ids.decode(holdId)?.seq;
  const event = news.changes.find(({ kind, hold }) => {
    if (hold?.hold !== number || kind !== command.kind) return false;
    if (kind !== 'extend') return true;
    return inCredits(hold?.reserved ?? 0n) === amount && isoOf(hold?.expiresAt ?? 0) === expiresAt;
  });
  return event?.at;
}

function isoOf(instant: number): string {
  return new Date(instant).toISOString();
}

/**
 * Tries all orders, giving up on one at the first answer that does not fit. What one request asks for turn by turn is
 * done in this order, though not in one go.
 */
function findOrder(
  account: NaiveAccount,
  asked: readonly (readonly Turn[])[],
  fits: (account: NaiveAccount) => boolean,
): Decided[] | undefined {
  if (asked.every((turns) => turns.length === 0)) return fits(account) ? [] : undefined;
  for (const [index, [next, ...later]] of asked.entries()) {
    if (!next) continue;
    const after = account.copy();
    const members = askTurn(after, next);
    if (!members.every(({ answer, observed }) => isSame(answer, observed))) continue;
    const rest = findOrder(after, asked.with(index, later), fits);
    if (rest) return [{ members, account: after }, ...rest];
  }
  return undefined;
}

function askTurn(account: NaiveAccount, turn: Turn): Answered[] {
  const requests = turn.map(({ request }) => request);
  // One that is a replay may tell of an instant before that of the others.
  const instant = Math.max(...turn.map((each) => each.instant));
  const [only] = requests;
  const answers =
    requests.length === 1 && only ? [ask(account, only, instant)] : askTogether(account, requests, instant);
  return turn.flatMap((each, i) => {
    const answer = answers[i];
    return answer ? [{ ...each, answer }] : [];
  });
}

function isSame(answer: NaiveAnswer, observed: Observed): boolean {
  try {
    compareAnswer(answer, observed);
    return true;
  } catch {
    return false;
  }
}

/** Public ids are looked at once it is clear what they name. */
function compareAnswer(answer: NaiveAnswer, observed: Observed): void {
  const { status, code, details, replayed } = answer;
  const { transactionId, holdId, ...members } = observed.members;
  assert.deepEqual(
    { status: observed.status, code: observed.code, details: observed.details, replayed: observed.replayed },
    { status, code, details: code ? (details ?? {}) : undefined, replayed },
  );
  const told = membersOf(answer);
  assert.deepEqual(members, told);
  const { entry, event } = answer;
  assert.equal(typeof transactionId === 'string', entry !== undefined, 'a transactionId where there is one');
  const namesHold = event?.hold !== undefined || entry?.relation.hold !== undefined;
  assert.equal(typeof holdId === 'string', namesHold, 'a holdId where there is one');
}

/** The members of a success, ids left out. */
function membersOf({ entry, event }: NaiveAnswer): object {
  if (entry) {
    const { hold, refundable } = entry.relation;
    return {
      oldCreditBalance: inCredits(entry.balance - entry.amount),
      newCreditBalance: inCredits(entry.balance),
      ...(hold && { captured: inCredits(hold.captured), remaining: inCredits(hold.remaining) }),
      ...(refundable !== undefined && { refundable: inCredits(refundable) }),
    };
  }
  if (!event?.hold) return {};
  const { reserved, expiresAt, balance, heldAnswered } = event.hold;
  const figures = {
    creditBalance: inCredits(balance),
    available: inCredits(balance - heldAnswered + event.debtLimit),
  };
  if (event.kind === 'release') return { released: inCredits(reserved), ...figures };
  return { amount: inCredits(reserved), expiresAt: isoOf(expiresAt), ...figures };
}

/** Fails with the difference, which for a single request is plain to see. */
function explain(account: NaiveAccount, asked: readonly (readonly Turn[])[], told: unknown): never {
  const turns = asked.flat();
  const [only] = turns;
  if (turns.length === 1 && only) {
    for (const { answer, observed } of askTurn(account.copy(), only)) compareAnswer(answer, observed);
  }
  if (told) throw told;
  const bodies = turns
    .flat()
    .map(({ observed }) => observed.body ?? observed.code)
    .join('\n');
  throw new assert.AssertionError({ message: `no order of the requests explains the answers:\n${bodies}` });
}

function remember(model: Model, subject: Subject, order: readonly Decided[], news: News): void {
  const { reached } = model;
  for (const { seq, id } of news.entries) subject.entryIds.set(seq, id);
  for (const { number, id } of news.holds) subject.holdIds.set(number, id);
  subject.account = order.at(-1)?.account ?? subject.account;
  const all = order.flatMap(({ members }) => members);
  for (const { request, observed, answer } of all) {
    if (answer.code) reached.codes.add(answer.code);
    const { transactionId, holdId } = observed.members;
    const { entry, event } = answer;
    if (entry) assert.equal(transactionId, subject.entryIds.get(entry.seq), 'the id names the entry');
    const hold = event?.hold?.hold ?? entry?.relation.hold?.hold;
    if (hold !== undefined) assert.equal(holdId, subject.holdIds.get(hold), 'the id names the hold');
    const { key } = request;
    if (key === undefined || observed.body === undefined) continue;
    if (answer.replayed) {
      reached.replays += 1;
      assert.equal(observed.body, subject.bodies.get(key), 'a replay repeats the first answer');
    } else if (isBinding(answer)) {
      subject.bodies.set(key, observed.body);
    }
  }
  if (all.length > new Set(all.map(({ request }) => request)).size) reached.twins += 1;
  noteReached(model, subject);
}

/** Adds what the account of a customer has met. */
export function noteReached({ reached }: Model, { account }: Subject): void {
  for (const entry of account.entries) reached.kinds.add(entry.kind);
  for (const { kind, hold } of account.changes) if (hold) reached.holdEvents.add(kind);
  for (const hold of account.holds) if (hold.end) reached.holdEvents.add(hold.end.by);
  for (const deed of deedsOf(account)) reached.deeds.add(deed);
}
