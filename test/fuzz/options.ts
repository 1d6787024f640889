/** How long the fuzzing runs, and where it begins. */
export interface Options {
  readonly seed: number;
  readonly seconds: number;
}

/** Reads FUZZ_SEED and FUZZ_SECONDS, which `npm run test:fuzz -- --seconds 600 --seed 7` sets. */
export function readOptions(shortSeconds: number): Options {
  const { FUZZ_SEED, FUZZ_SECONDS } = process.env;
  const seed = FUZZ_SEED ? Number(FUZZ_SEED) : Math.floor(Math.random() * 2 ** 31);
  return { seed, seconds: FUZZ_SECONDS ? Number(FUZZ_SECONDS) : shortSeconds };
}
