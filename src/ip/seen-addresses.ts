const DAY_MS = 24 * 60 * 60 * 1000;
/** Beyond this all are forgotten: an address that comes again is then asked for again, and found known. */
const MOST_SEEN = 50_000;
/** Beyond this addresses go without a context: the queue has not taken any for a long time. */
const MOST_WAITING = 50_000;

/** The day of an instant, in UTC, such as 2026-06-17. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * The addresses that this process has met today, and those of them that nobody has taken yet. `note` is called for
 * every spend with an address, after its commit: it is one look into a set.
 */
export class SeenAddresses {
  readonly #clock: () => number;
  readonly #seen = new Set<string>();
  #fresh: string[] = [];
  #day: number;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
    this.#day = Math.floor(clock() / DAY_MS);
  }

  /** How many have not been taken. */
  get waiting(): number {
    return this.#fresh.length;
  }

  note(ip: string): void {
    if (this.#seen.has(ip)) return;
    if (this.#seen.size >= MOST_SEEN) this.#seen.clear();
    this.#seen.add(ip);
    if (this.#fresh.length < MOST_WAITING) this.#fresh.push(ip);
  }

  /** @returns those that wait, at most so many; they wait no longer. With a new day every address is new again. */
  take(most: number): string[] {
    const day = Math.floor(this.#clock() / DAY_MS);
    if (day !== this.#day) this.#seen.clear();
    this.#day = day;
    return this.#fresh.splice(0, most);
  }

  /** Lets addresses wait again that could not be handed on. */
  putBack(ips: readonly string[]): void {
    this.#fresh.push(...ips.slice(0, MOST_WAITING - this.#fresh.length));
  }
}
