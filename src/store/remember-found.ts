import { Latest } from '../latest.ts';

/** Finds what never changes once it is there, and remembers it. */
export interface Remembered<Key, Found> {
  /** @returns what was found, or undefined where there is nothing. Rejects when the database is away. */
  find(key: Key): Found | Promise<Found | undefined>;
}

interface Miss<Key, Found> {
  readonly key: Key;
  resolve(found: Found | undefined): void;
  reject(error: unknown): void;
}

const LARGEST_CACHE = 100_000;
const LARGEST_LOOK_UP = 1_000;

/**
 * Remembers what `lookUp` finds, the latest 50,000 to 100,000 of it; what is not there is not remembered. Misses that come
 * while a look-up is under way share the next one.
 */
export function rememberFound<Key extends string | number, Found extends object | number>(
  lookUp: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Found>>,
): Remembered<Key, Found> {
  const cache = new Latest<Key, Found>(LARGEST_CACHE);
  const misses: Miss<Key, Found>[] = [];
  let lookingUp = false;

  const work = async () => {
    while (misses.length > 0) {
      const batch = misses.splice(0, LARGEST_LOOK_UP);
      try {
        const found = await lookUp([...new Set(batch.map(({ key }) => key))]);
        for (const [key, each] of found) cache.set(key, each);
        for (const { key, resolve } of batch) resolve(found.get(key));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    lookingUp = false;
  };

  return {
    find(key) {
      const known = cache.get(key);
      if (known !== undefined) return known;
      return new Promise((resolve, reject) => {
        misses.push({ key, resolve, reject });
        if (lookingUp) return;
        lookingUp = true;
        // Begun in the next turn, so that the misses of one turn share a statement.
        setImmediate(() => void work());
      });
    },
  };
}
