import { Refusal } from './refusals.ts';

/** Lets few of many at once do their work; the others wait for their turn, in their order. */
export interface Turns {
  /** @throws Refusal INTERNAL_OVERLOADED: too many wait, or it waited for too long. Else what the work throws. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** A caller that has waited this long has a time-out of its own; its answer would be work for nobody. */
const PATIENCE_MS = 30_000;

interface Waiting {
  readonly giveUpAt: number;
  begin(): void;
  refuse(refusal: Refusal): void;
}

/** @param atOnce how many work at once. @param mostWaiting how many more may wait. */
export function openTurns(atOnce: number, mostWaiting: number, patienceMs = PATIENCE_MS): Turns {
  const waiting: Waiting[] = [];
  let working = 0;

  // Whoever is done hands its place on, so that nobody who comes just then overtakes.
  const handOn = () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (performance.now() <= next.giveUpAt) return next.begin();
      next.refuse(overloaded());
    }
    working -= 1;
  };

  return {
    async run(work) {
      if (working >= atOnce) {
        if (waiting.length >= mostWaiting) throw overloaded();
        const giveUpAt = performance.now() + patienceMs;
        await new Promise<void>((begin, refuse) => waiting.push({ giveUpAt, begin, refuse }));
      } else working += 1;
      try {
        return await work();
      } finally {
        handOn();
      }
    },
  };
}

function overloaded(): Refusal {
  return new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
}
