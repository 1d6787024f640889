/** How long a history runs, and where its chance begins. */
export interface Options {
  readonly seed: number;
  readonly seconds: number;
}

/**
 * Reads HISTORY_SEED and HISTORY_SECONDS, which `npm run test:history -- --seconds 600 --seed 7` sets.
 *
 * @param shortSeconds what a run within `npm test` takes.
 */
export function readOptions(shortSeconds: number): Options {
  const { HISTORY_SEED, HISTORY_SECONDS } = process.env;
  const seed = HISTORY_SEED ? Number(HISTORY_SEED) : Math.floor(Math.random() * 2 ** 31);
  return { seed, seconds: HISTORY_SECONDS ? Number(HISTORY_SECONDS) : shortSeconds };
}

/** A repeatable source of chance. What several processes make of it is not repeatable, the requests are. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
    for (let i = 0; i < 5; i++) this.below(2);
  }

  /** @returns a whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return Math.floor((this.#state / 2_147_483_647) * limit);
  }

  /** @returns true in `percent` of a hundred cases. */
  percent(percent: number): boolean {
    return this.below(10_000) < percent * 100;
  }

  /** @returns one of these; there must be one. */
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }
}
