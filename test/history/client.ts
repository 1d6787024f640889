import { setTimeout as sleep } from 'node:timers/promises';
import { Batches } from './batches.ts';
import { type Call, call, type Result } from './call.ts';
import type { Chance } from './options.ts';
import {
  type Attempt,
  type Batch,
  type History,
  millionths,
  type Operation,
  type Session,
  type Subject,
} from './record.ts';
import { forgetHold, keepIds, sumOf, Wishes } from './wishes.ts';

/** What all clients share. */
export interface Ground {
  readonly history: History;
  /** Addresses of the servers now; one that was killed may come back under another. */
  readonly servers: () => readonly string[];
  readonly apiKey: string;
  /** How many of the subjects are hot: half of all requests are about them. */
  readonly hot: number;
  readonly isOver: () => boolean;
  /** Whether an operation with a key is sent again until it has an answer. */
  readonly persistent: boolean;
  readonly figures: { takes: number; refusals: number; operations: number };
}

export const RETRY_PAUSE_MS = 150;
const RECENT = 200;
const TAKING: ReadonlySet<string> = new Set(['spend', 'hold', 'extend', 'capture']);

/** One client: does something, waits for the answer, does the next thing. */
export class Client {
  readonly #ground: Ground;
  readonly #chance: Chance;
  readonly #wishes: Wishes;
  readonly #recent: Operation[] = [];
  readonly #batches: Batches;

  constructor(ground: Ground, chance: Chance, name: string) {
    this.#ground = ground;
    this.#chance = chance;
    this.#wishes = new Wishes(chance, name);
    this.#batches = new Batches({
      ...{ ground, chance, wishes: this.#wishes, recent: this.#recent },
      remember: (operation) => this.#remember(operation),
      pickSubject: () => this.#pickSubject(),
      server: () => this.#server(),
      lookUp: (operation, result) => this.#lookUp(operation, result),
    });
  }

  async run(): Promise<void> {
    while (!this.#ground.isOver()) await this.#step();
  }

  async #step(): Promise<void> {
    const chance = this.#chance;
    const subject = this.#pickSubject();
    const kind = chance.below(1000);
    if (kind < 90) return this.#replay();
    if (kind < 100) return this.#sendChanged();
    if (kind < 106) return this.#changeSession(subject);
    if (kind < 120) return this.#readLog(subject);
    if (kind < 130) return this.#readInfo(subject);
    if (kind < 180) return this.#batches.send(subject);
    const operation = this.#wishes.next(subject, this.#grantPercent());
    this.#ground.history.operations.push(operation);
    if (operation.idempotencyKey !== undefined) {
      this.#remember(operation);
      // Twins now and then: the same key to both processes at the same moment.
      if (chance.percent(6)) operation.twins = true;
    }
    await this.#settle(operation);
  }

  #remember(operation: Operation): void {
    if (this.#recent.includes(operation)) return;
    this.#recent.push(operation);
    if (this.#recent.length > RECENT) this.#recent.shift();
  }

  #pickSubject(): Subject {
    const { history, hot } = this.#ground;
    const { subjects } = history;
    return this.#chance.pick(this.#chance.percent(50) ? subjects.slice(0, hot) : subjects.slice(hot));
  }

  /** Grants more often while much is refused for want of credit, so that both are reached. */
  #grantPercent(): number {
    const { takes, refusals } = this.#ground.figures;
    return refusals > takes * 0.28 ? 38 : 16;
  }

  /** Sends an operation until it is clear what became of it. */
  async #settle(operation: Operation): Promise<void> {
    const { figures } = this.#ground;
    const session = bySession(operation) ? operation.subject.sessions.at(-1) : undefined;
    const results = operation.twins
      ? await Promise.all(this.#ground.servers().map((server) => this.#send(operation, session, server)))
      : [await this.#send(operation, session, this.#server())];
    figures.operations += 1;
    if (TAKING.has(operation.kind)) figures.takes += 1;
    if (results.some((result) => result.kind === 'answered' && result.status === 402)) figures.refusals += 1;
    if (!this.#ground.persistent || results.every(isFinal)) return;
    if (operation.idempotencyKey === undefined) return this.#lookUp(operation, results[0]);
    for (let result: Result | undefined; !result || !isFinal(result); ) {
      await sleep(RETRY_PAUSE_MS);
      result = await this.#send(operation, session, this.#server());
    }
  }

  async #send(operation: Operation, session: Session | undefined, server: string): Promise<Result> {
    const sentAtMs = performance.now();
    const sentAtUnixMs = Date.now();
    const result = await call(server, this.#callOf(operation, session));
    const answeredAtMs = performance.now();
    const attempt: Attempt = { sentAtMs, sentAtUnixMs, answeredAtMs, result, session };
    operation.attempts.push(attempt);
    if (result.kind === 'answered' && result.status === 200) keepIds(operation, result.body);
    if (result.kind === 'answered' && result.status === 409) forgetHold(operation);
    return result;
  }

  #callOf({ kind, body, idempotencyKey }: Operation, session: Session | undefined): Call {
    const { apiKey } = this.#ground;
    return {
      method: 'POST',
      path: `/api/v1/customer/credit-${kind}`,
      apiKey,
      idempotencyKey,
      body: session ? { identityId: session.identityId, ...body } : body,
    };
  }

  #server(): string {
    return this.#chance.pick(this.#ground.servers());
  }

  /** Asks again for something that was asked for before, with the session of that time. */
  async #replay(): Promise<void> {
    if (this.#recent.length === 0) return;
    const operation = this.#chance.pick(this.#recent);
    const { session } = operation.attempts[0] ?? {};
    await this.#send(operation, session, this.#server());
  }

  /** A key of a decided request with another request: refused, and nothing changes. */
  async #sendChanged(): Promise<void> {
    const operation = this.#recent.findLast((each) => each.attempts.some(isBinding) && 'amount' in each.body);
    const session = operation?.subject.sessions.at(-1);
    if (!operation || !session) return;
    const changed = { ...operation, body: { ...operation.body, amount: sumOf(operation.amount ?? 0, 1) } };
    const living = bySession(operation) ? session : undefined;
    const result = await call(this.#server(), this.#callOf(changed, living));
    if (result.kind !== 'answered' || result.status >= 500) return;
    const ended = result.status === 401 && session.endAskedAtMs !== undefined;
    // A grant's expiry may have passed meanwhile, which is looked at after the key.
    if (ended || (result.status === 422 && /PUBLIC_IDEMPOTENCY_KEY_REUSED/.test(result.body))) return;
    const got = `${result.status} ${result.body}`;
    this.#ground.history.oddities.push({ operation: operation.name, wanted: 'KEY_REUSED', got });
  }

  /** Logs a customer out, and in again. */
  async #changeSession(subject: Subject): Promise<void> {
    const { apiKey } = this.#ground;
    const session = subject.sessions.at(-1);
    if (!session || session.endAskedAtMs !== undefined) return;
    const login = { method: 'POST', path: '/api/v1/customer/magic-auth', apiKey } as const;
    const result = await call(this.#server(), { ...login, body: { email: subject.email } });
    if (result.kind !== 'answered' || result.status !== 200) return;
    if (session.endAskedAtMs !== undefined) return;
    session.endAskedAtMs = performance.now();
    const { identityId } = JSON.parse(result.body) as { identityId: string };
    const living: Session = { identityId };
    const logout = { method: 'POST', path: '/api/v1/customer/logout', apiKey } as const;
    const ended = await call(this.#server(), { ...logout, body: { identityId: session.identityId } });
    if (ended.kind === 'answered' && ended.status === 200) {
      session.endedAtMs = performance.now();
      await this.#spendEnded(subject, session);
      await this.#batches.sendEnded(subject, session, living);
    }
    subject.sessions.push(living);
  }

  /** A session that has ended spends nothing, on any process, from the moment that the logout was answered. */
  async #spendEnded(subject: Subject, session: Session): Promise<void> {
    const operation = this.#wishes.spend(subject);
    this.#ground.history.operations.push(operation);
    for (const server of this.#ground.servers()) await this.#send(operation, session, server);
  }

  async #readLog(subject: Subject): Promise<void> {
    const session = subject.sessions.at(-1);
    if (!session) return;
    const path = `/api/v1/customer/credit-log?identityId=${session.identityId}&limit=5`;
    const result = await call(this.#server(), { method: 'GET', path, apiKey: this.#ground.apiKey });
    if (result.kind !== 'answered' || result.status !== 200) return;
    const page = JSON.parse(result.body) as { creditBalance: number; items: { balance: number }[] };
    const newest = page.items[0]?.balance;
    if (newest === undefined || newest === page.creditBalance) return;
    const wanted = `a balance as after the newest of its rows, ${newest}`;
    this.#ground.history.oddities.push({ operation: path, wanted, got: String(page.creditBalance) });
  }

  /** What can be spent is what there is, less what is held, plus what may be owed. */
  async #readInfo(subject: Subject): Promise<void> {
    const session = subject.sessions.at(-1);
    if (!session) return;
    const path = `/api/v1/customer/get-account-info?identityId=${session.identityId}`;
    const sentAtMs = performance.now();
    const result = await call(this.#server(), { method: 'GET', path, apiKey: this.#ground.apiKey });
    if (result.kind !== 'answered' || result.status !== 200) return;
    const info = JSON.parse(result.body) as Record<'creditBalance' | 'held' | 'available', number> & {
      loggedIn: boolean;
    };
    if (!info.loggedIn) return;
    this.#ground.history.readings.push({
      ...{ subject, sentAtMs, answeredAtMs: performance.now(), balance: millionths(info.creditBalance) },
      ...{ held: millionths(info.held), available: millionths(info.available) },
    });
  }

  /** What has no key is looked up by the id that came with the unknown outcome. */
  async #lookUp(operation: Operation, result: Result | undefined): Promise<void> {
    const transactionId = unknownId(result);
    if (transactionId === undefined) return;
    const path = `/api/v1/customer/credit-transaction?transactionId=${transactionId}`;
    for (;;) {
      const found = await call(this.#server(), { method: 'GET', path, apiKey: this.#ground.apiKey });
      if (found.kind === 'answered' && (found.status === 200 || found.status === 404)) {
        operation.looked = { transactionId, status: found.status };
        return;
      }
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

/** @returns the id, of an entry or a hold, in an answer that says that the outcome is unknown. */
export function unknownId(result: Result | undefined): string | undefined {
  if (result?.kind !== 'answered' || result.status !== 503) return undefined;
  const { error } = JSON.parse(result.body) as {
    error: { outcome: string; transactionId?: string; holdId?: string };
  };
  return error.outcome === 'unknown' ? (error.transactionId ?? error.holdId) : undefined;
}

/** @returns whether a session names the customer. */
export function bySession({ kind }: Pick<Operation, 'kind'>): boolean {
  return kind === 'spend' || kind === 'hold';
}

/** Statuses that an Idempotency-Key repeats. */
const BINDING: ReadonlySet<number> = new Set([200, 402, 403, 409]);

/** @returns whether an Idempotency-Key repeats this answer for certain. */
export function isBinding({ result, place }: Attempt): boolean {
  if (result.kind !== 'answered' || !BINDING.has(result.status)) return false;
  if (!isNotApplied(result)) return true;
  // One alone is told so only because it was told so in its group.
  return place ? fellForGood(place.batch) : true;
}

/**
 * Members of a group that could have been done are refused as those that could not. Where they all say that another
 * one was refused, one of them has said so before.
 */
function fellForGood({ atomic, results }: Batch): boolean {
  const refused = results.filter((result) => result.kind === 'answered' && result.status !== 200);
  const own = refused.filter((result) => !isNotApplied(result));
  return (
    !atomic ||
    own.length === 0 ||
    own.some((result) => result.kind === 'answered' && BINDING.has(result.status))
  );
}

/** @returns whether it was refused for the sake of another member of its group alone. */
export function isNotApplied(result: Result): boolean {
  return (
    result.kind === 'answered' && result.status === 409 && /PUBLIC_CREDIT_BATCH_NOT_APPLIED/.test(result.body)
  );
}

/** @returns whether asking again would tell no more. */
export function isFinal(result: Result): boolean {
  return result.kind === 'answered' && result.status < 500;
}
