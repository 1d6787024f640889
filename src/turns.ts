import { Refusal } from './refusals.ts';

/** Lets few of many at once do their work; the others wait for their turn, in their order. */
export interface Turns {
  /** @throws Refusal INTERNAL_OVERLOADED: too many wait. Else what the work throws. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** @param atOnce how many work at once. @param mostWaiting how many more may wait. */
export function openTurns(atOnce: number, mostWaiting: number): Turns {
  const waiting: (() => void)[] = [];
  let working = 0;
  return {
    async run(work) {
      if (working >= atOnce) {
        if (waiting.length >= mostWaiting) throw new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
        // Whoever is done hands its place on, so that nobody who comes just then overtakes.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else working += 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else working -= 1;
      }
    },
  };
}
