import type { Chance } from './options.ts';
import type { Operation, OperationKind, Subject } from './record.ts';

const REMEMBERED = 12;

/** Thinks of things that a client may want, each under a name of its own. */
export class Wishes {
  readonly #chance: Chance;
  readonly #client: string;
  #count = 0;

  constructor(chance: Chance, client: string) {
    this.#chance = chance;
    this.#client = client;
  }

  /** @param grantPercent how often it is credit that is brought. */
  next(subject: Subject, grantPercent: number): Operation {
    const chance = this.#chance;
    if (chance.percent(grantPercent)) return this.grant(subject);
    const kind = chance.below(100);
    const { holdIds, takenIds, grantedIds } = subject;
    if (kind < 14) return this.#hold(subject);
    // Mostly of one that was opened lately, so that two clients often mean the same.
    const holdId = holdIds.length > 0 ? chance.pick(holdIds) : undefined;
    if (kind < 34 && holdId) return this.#useHold(subject, holdId);
    if (kind < 41 && takenIds.length > 0) return this.#refund(subject, chance.pick(takenIds));
    if (kind < 43 && grantedIds.length > 0) {
      const debt = chance.percent(20) ? { debt: true } : {};
      const transactionId = chance.pick(grantedIds);
      return this.#new('void', subject, undefined, { transactionId, ...debt }, transactionId);
    }
    return this.spend(subject);
  }

  spend(subject: Subject, credits = this.#someCredits()): Operation {
    return this.#new('spend', subject, credits, {});
  }

  /** A spend of the same amount under another name, without a key. */
  keyless({ subject, amount, body }: Operation): Operation {
    const name = `${this.#client}-${++this.#count}`;
    const other = { name, kind: 'spend' as const, subject, amount, body: { ...body, description: name } };
    return { ...other, idempotencyKey: undefined, attempts: [], twins: false };
  }

  grant(subject: Subject): Operation {
    const chance = this.#chance;
    const short = { expirationDate: new Date(Date.now() + 60 + chance.below(1_200)).toISOString() };
    const long = { expirationDate: new Date(Date.now() + 3_600_000 * (1 + chance.below(30))).toISOString() };
    const expiry = chance.percent(45) ? short : chance.percent(40) ? long : {};
    const priority = chance.percent(40) ? { priority: chance.below(101) } : {};
    const money = chance.percent(30) ? { amountMoney: chance.below(4_000) / 100 } : {};
    const members = { cuRefNo: subject.cuRefNo, ...expiry, ...priority, ...money };
    return this.#new('grant', subject, 5 + 5 * chance.below(4), members);
  }

  #hold(subject: Subject): Operation {
    // Most of them end by themselves while the history goes on, unless somebody ends them.
    const expiresIn = this.#chance.percent(20) ? {} : { expiresIn: 1 + this.#chance.below(3) };
    return this.#new('hold', subject, this.#someCredits(), expiresIn);
  }

  #useHold(subject: Subject, holdId: string): Operation {
    const chance = this.#chance;
    const use = chance.below(10);
    if (use < 2) return this.#new('release', subject, undefined, { holdId }, holdId);
    if (use < 4) {
      const expiresIn = { expiresIn: 1 + chance.below(4) };
      return chance.percent(50)
        ? this.#new('extend', subject, undefined, { holdId, ...expiresIn }, holdId)
        : this.#new('extend', subject, this.#someCredits(), { holdId }, holdId, 'addAmount');
    }
    const final = chance.percent(50) ? { final: false } : {};
    const amount = chance.percent(10) && !('final' in final) ? 0 : this.#someCredits();
    return this.#new('capture', subject, amount, { holdId, ...final }, holdId);
  }

  #refund(subject: Subject, transactionId: string): Operation {
    const amount = this.#chance.percent(50) ? undefined : this.#someCredits();
    return this.#new('refund', subject, amount, { transactionId }, transactionId);
  }

  #someCredits(): number {
    const chance = this.#chance;
    const amount = chance.percent(20) ? 0.25 + chance.below(80) / 4 : 5 + 5 * chance.below(5);
    return chance.percent(15) ? sumOf(amount, 0.000_001) : amount;
  }

  #new(
    kind: OperationKind,
    subject: Subject,
    amount: number | undefined,
    members: Readonly<Record<string, unknown>>,
    target?: string,
    amountMember = 'amount',
  ): Operation {
    const name = `${this.#client}-${++this.#count}`;
    // What has no description is known by its key.
    const isNamed = kind !== 'extend' && kind !== 'release';
    const isKeyed = !isNamed || this.#chance.percent(kind === 'grant' ? 95 : 75);
    const body = {
      ...members,
      ...(amount !== undefined && { [amountMember]: amount }),
      ...(isNamed && { description: name }),
    };
    const idempotencyKey = isKeyed ? `key-${name}` : undefined;
    return { name, kind, subject, amount, target, idempotencyKey, body, attempts: [], twins: false };
  }
}

/** Keeps what an answer told, for others to use. */
export function keepIds({ kind, subject }: Operation, body: string): void {
  const { transactionId, holdId } = JSON.parse(body) as { transactionId?: string; holdId?: string };
  const { holdIds, takenIds, grantedIds } = subject;
  if (kind === 'hold' && holdId !== undefined) remember(holdIds, holdId);
  if (transactionId === undefined) return;
  if (kind === 'spend' || kind === 'capture') remember(takenIds, transactionId);
  if (kind === 'grant') remember(grantedIds, transactionId);
}

/** Nobody is told twice of the same hold that it has ended, or there would be little else. */
export function forgetHold({ subject, target }: Operation): void {
  const place = subject.holdIds.indexOf(target ?? '');
  if (place >= 0) subject.holdIds.splice(place, 1);
}

function remember(ids: string[], id: string): void {
  if (ids.includes(id)) return;
  ids.push(id);
  if (ids.length > REMEMBERED) ids.shift();
}

/** Decimals with six places, as a caller writes them. */
export function sumOf(one: number, other: number): number {
  return Number((one + other).toFixed(6));
}
