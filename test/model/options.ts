/** How long a random test runs, and where it begins. */
export interface Options {
  readonly seed: number;
  readonly seconds: number;
}

/**
 * Reads MODEL_SEED and MODEL_SECONDS, which `npm run test:model -- --seconds 600 --seed 7` sets.
 *
 * @param shortSeconds what a run within `npm test` takes.
 */
export function readOptions(shortSeconds: number): Options {
  const { MODEL_SEED, MODEL_SECONDS } = process.env;
  const seed = MODEL_SEED ? Number(MODEL_SEED) : Math.floor(Math.random() * 2 ** 31);
  return { seed, seconds: MODEL_SECONDS ? Number(MODEL_SECONDS) : shortSeconds };
}
