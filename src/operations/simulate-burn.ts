import { type Micro, proportion } from '../ledger/amount.ts';
import { type BurnPosition, burnsBefore } from '../ledger/lot.ts';

/** Free credit of one lot, in millionths. */
export interface FreeCredit extends BurnPosition {
  readonly amount: Micro;
  readonly money: Micro;
}

/** Credit by its expiry, in millionths; null never expires. */
export interface CreditBucket {
  readonly expiresAtMs: number | null;
  readonly amount: Micro;
  readonly money: Micro;
}

/** How fast credit is used: `used` millionths, 0 or more, in `perMs` milliseconds. */
export interface BurnRate {
  readonly used: Micro;
  readonly perMs: number;
}

/** What becomes of free credit at a rate. */
export interface BurnForecast {
  /** When nothing is left, by use or by expiry; null: never. */
  readonly runsOutAtMs: number | null;
  /** What expires unused, soonest first. */
  readonly unused: readonly CreditBucket[];
}

/**
 * Lets free credit burn evenly from now on, in burn order (rule 1), and expire where it is not used in time (rule 2). Exact:
 * what has burnt at an instant is computed from the beginning, so nothing adds up to an error.
 */
export function simulateBurn(credit: readonly FreeCredit[], rate: BurnRate, nowMs: number): BurnForecast {
  const burning = new Burning(credit, rate, nowMs);
  const expiring = credit
    .filter((lot) => lot.expiresAtMs !== null)
    .sort((a, b) => Number(a.expiresAtMs) - Number(b.expiresAtMs));
  const unused: CreditBucket[] = [];
  for (const lot of expiring) {
    const expiresAtMs = Number(lot.expiresAtMs);
    burning.burnUntil(expiresAtMs);
    if (burning.left === 0n) return { runsOutAtMs: burning.runsOutAtMs(), unused: inBuckets(unused) };
    const amount = burning.expire(lot);
    if (amount === 0n) continue;
    unused.push({ expiresAtMs, amount, money: proportion(lot.money, amount, lot.amount) });
    if (burning.left === 0n) return { runsOutAtMs: expiresAtMs, unused: inBuckets(unused) };
  }
  return { runsOutAtMs: burning.runsOutAtMs(), unused: inBuckets(unused) };
}

/** @returns credit summed by expiry, soonest first, what never expires last. */
export function inBuckets(credit: readonly CreditBucket[]): CreditBucket[] {
  const buckets = new Map<number | null, CreditBucket>();
  for (const { expiresAtMs, amount, money } of credit) {
    const before = buckets.get(expiresAtMs) ?? { amount: 0n, money: 0n };
    buckets.set(expiresAtMs, { expiresAtMs, amount: before.amount + amount, money: before.money + money });
  }
  const orderOf = ({ expiresAtMs }: CreditBucket) => expiresAtMs ?? Number.MAX_SAFE_INTEGER;
  return [...buckets.values()].sort((a, b) => orderOf(a) - orderOf(b));
}

/** Free credit while it burns. */
class Burning {
  /** In burn order. */
  readonly #lots: readonly FreeCredit[];
  readonly #left: Map<number, Micro>;
  readonly #rate: BurnRate;
  readonly #fromMs: number;
  /** Everything before this place is used up or gone. */
  #next = 0;
  #burnt = 0n;
  left = 0n;

  constructor(credit: readonly FreeCredit[], rate: BurnRate, fromMs: number) {
    this.#lots = [...credit].sort((a, b) => (burnsBefore(a, b) ? -1 : 1));
    this.#left = new Map(credit.map(({ lot, amount }) => [lot, amount]));
    for (const { amount } of credit) this.left += amount;
    this.#rate = rate;
    this.#fromMs = fromMs;
  }

  burnUntil(atMs: number): void {
    const { used, perMs } = this.#rate;
    let wanted = (used * BigInt(atMs - this.#fromMs)) / BigInt(perMs) - this.#burnt;
    for (; wanted > 0n && this.#next < this.#lots.length; this.#next++) {
      const lot = this.#lots[this.#next]?.lot ?? 0;
      const left = this.#left.get(lot) ?? 0n;
      const taken = wanted < left ? wanted : left;
      this.#left.set(lot, left - taken);
      this.left -= taken;
      this.#burnt += taken;
      wanted -= taken;
      if (taken < left) return;
    }
  }

  /** Writes off what is left of a lot. @returns how much. */
  expire({ lot }: FreeCredit): Micro {
    const left = this.#left.get(lot) ?? 0n;
    this.#left.set(lot, 0n);
    this.left -= left;
    return left;
  }

  /** @returns the first instant at which what has burnt, and what is left, will have burnt; null: never. */
  runsOutAtMs(): number | null {
    const { used, perMs } = this.#rate;
    const all = this.#burnt + this.left;
    if (all === 0n) return this.#fromMs;
    if (used === 0n) return null;
    return this.#fromMs + Number((all * BigInt(perMs) + used - 1n) / used);
  }
}
