import { setTimeout as sleep } from 'node:timers/promises';
import { call, type Result } from './call.ts';
import { type Ground, isFinal, RETRY_PAUSE_MS } from './client.ts';
import type { Chance } from './options.ts';
import type { Attempt, Batch, Operation, Session, Subject } from './record.ts';
import { keepIds, type Wishes } from './wishes.ts';

/** What a client lends to its batches. */
export interface Lender {
  readonly ground: Ground;
  readonly chance: Chance;
  readonly wishes: Wishes;
  /** Keeps an operation with a key, to be asked for again. */
  readonly remember: (operation: Operation) => void;
  /** What was asked for with a key. */
  readonly recent: readonly Operation[];
  readonly pickSubject: () => Subject;
  readonly server: () => string;
  /** Finds out what became of an operation without a key. */
  readonly lookUp: (operation: Operation, result: Result | undefined) => Promise<void>;
}

interface Member {
  readonly operation: Operation;
  readonly session: Session | undefined;
}

const MORE_THAN_ANYBODY_HAS = 5_000;
/** More than the writer takes at once while little waits: it must not cut a group in two. */
export const LARGE_GROUP = 40;

/** Spends of one client that go out many at once. */
export class Batches {
  readonly #lender: Lender;

  constructor(lender: Lender) {
    this.#lender = lender;
  }

  /** Sends a batch, now and then twice at one moment, until it is clear what became of it. */
  async send(subject: Subject): Promise<void> {
    const { ground, chance } = this.#lender;
    const atomic = chance.percent(65);
    const members = this.#members(subject, atomic);
    if (!chance.percent(15) || members.every(({ operation }) => operation.idempotencyKey === undefined)) {
      return this.#settle(members, await this.#sendOnce(members, atomic, this.#lender.server()));
    }
    for (const { operation } of members) operation.twins = true;
    const twins = ground
      .servers()
      .map((_, i) => (i === 0 ? members : members.map((each) => this.#twinOf(each))));
    const batches = await Promise.all(
      ground.servers().map((server, i) => this.#sendOnce(twins[i] ?? members, atomic, server)),
    );
    batches.forEach((batch, i) => {
      batch.twin = batches[i === 0 ? 1 : 0];
    });
    await Promise.all(batches.map((batch, i) => this.#settle(twins[i] ?? members, batch)));
  }

  /** All or none of a session that has ended and of one that lives. */
  async sendEnded(subject: Subject, ended: Session, living: Session): Promise<void> {
    const members = [living, ended].map((session) => ({ operation: this.#spend(subject, 1), session }));
    await this.#settle(members, await this.#sendOnce(members, true, this.#lender.server()));
  }

  #members(subject: Subject, atomic: boolean): Member[] {
    const { chance, pickSubject, recent } = this.#lender;
    const members: Member[] = [];
    const isLarge = atomic && chance.percent(3);
    const count = isLarge ? LARGE_GROUP : 2 + chance.below(4);
    // What is done all or none is of one customer; little of each, so that mostly there is enough for all.
    const credits = () => (isLarge ? 0.25 : atomic ? 1 + chance.below(6) : undefined);
    const spoiler = chance.percent(20) ? count - 1 - chance.below(Math.min(4, count)) : undefined;
    while (members.length < count) {
      const who = atomic ? subject : pickSubject();
      const known = recent.filter(({ kind, subject: of }) => kind === 'spend' && (of === who || !atomic));
      const earlier = members.filter(({ operation }) => operation.idempotencyKey !== undefined);
      if (members.length === spoiler) {
        members.push(this.#member(this.#spend(who, MORE_THAN_ANYBODY_HAS)));
      } else if (known.length > 0 && !isLarge && chance.percent(18)) {
        members.push(this.#member(chance.pick(known)));
      } else if (earlier.length > 0 && chance.percent(5)) members.push(chance.pick(earlier));
      else members.push(this.#member(this.#spend(who, credits())));
    }
    return members;
  }

  #spend(subject: Subject, credits?: number): Operation {
    const operation = this.#lender.wishes.spend(subject, credits);
    this.#lender.ground.history.operations.push(operation);
    return operation;
  }

  /** What was asked for before comes with the session of that time. */
  #member(operation: Operation): Member {
    const [first] = operation.attempts;
    return { operation, session: first ? first.session : operation.subject.sessions.at(-1) };
  }

  /** The same where there is a key; without one it would be done twice, so it is another that is like it. */
  #twinOf(member: Member): Member {
    const { operation, session } = member;
    if (operation.idempotencyKey !== undefined) return member;
    const { wishes, ground } = this.#lender;
    const twin = wishes.keyless(operation);
    ground.history.operations.push(twin);
    return { operation: twin, session };
  }

  async #sendOnce(members: readonly Member[], atomic: boolean, server: string): Promise<Batch> {
    const { ground } = this.#lender;
    const sentAtMs = performance.now();
    const sentAtUnixMs = Date.now();
    const result = await call(server, {
      ...{ method: 'POST', path: '/api/v1/customer/credit-spend-batch', apiKey: ground.apiKey },
      body: {
        spends: members.map(({ operation: { body, idempotencyKey }, session }) => ({
          ...{ identityId: session?.identityId, ...body, idempotencyKey },
        })),
        ...(atomic && { atomic }),
      },
    });
    const answeredAtMs = performance.now();
    const results = this.#resultsOf(result, members);
    const operations = members.map(({ operation }) => operation);
    const batch: Batch = { atomic, members: operations, sentAtMs, answeredAtMs, results };
    ground.history.batches.push(batch);
    members.forEach(({ operation, session }, index) => {
      const each = results[index] ?? result;
      const attempt: Attempt = {
        sentAtMs,
        sentAtUnixMs,
        answeredAtMs,
        result: each,
        session,
        place: { batch, index },
      };
      operation.attempts.push(attempt);
      if (each.kind === 'answered' && each.status === 200) keepIds(operation, each.body);
      if (operation.idempotencyKey !== undefined) this.#lender.remember(operation);
    });
    return batch;
  }

  /** Takes an answer to a batch apart, byte for byte: each body is what credit-spend would have answered. */
  #resultsOf(result: Result, members: readonly Member[]): Result[] {
    // That nothing was done counts for all of them, as does an answer that never came.
    if (result.kind === 'lost' || result.status !== 200) return members.map(() => result);
    const { results } = JSON.parse(result.body) as { results: { status: number; body: unknown }[] };
    const isWhole = JSON.stringify({ success: true, results }) === result.body;
    if (!isWhole || results.length !== members.length) {
      const wanted = `${members.length} results and nothing else`;
      this.#lender.ground.history.oddities.push({ operation: 'a batch', wanted, got: result.body });
    }
    return results.map(({ status, body }, i): Result => {
      // A batch does not tell which of its members are replays; what has no key never is.
      const replayed = members[i]?.operation.idempotencyKey === undefined ? false : undefined;
      return { kind: 'answered', status, body: JSON.stringify(body), replayed };
    });
  }

  async #settle(members: readonly Member[], batch: Batch): Promise<void> {
    const { ground, server, lookUp } = this.#lender;
    ground.figures.operations += 1;
    if (!ground.persistent) return;
    let open = openOf(members, batch);
    for (const { operation, result } of open) {
      if (operation.idempotencyKey === undefined) await lookUp(operation, result);
    }
    for (;;) {
      const keyed = open.filter(({ operation }) => operation.idempotencyKey !== undefined);
      if (keyed.length === 0) return;
      await sleep(RETRY_PAUSE_MS);
      open = openOf(keyed, await this.#sendOnce(keyed, batch.atomic, server()));
    }
  }
}

/** @returns those of whom it is not known what became of them. */
function openOf(members: readonly Member[], { results }: Batch): (Member & { result: Result | undefined })[] {
  return members
    .map((member, i) => ({ ...member, result: results[i] }))
    .filter(({ result }) => !result || !isFinal(result));
}
