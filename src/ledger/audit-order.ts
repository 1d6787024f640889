/** Where a lot stands in the burn order. */
interface BurnPlace {
  readonly lot: number;
  readonly priority: number;
  readonly expiresAtMs: number | null;
}

/** Rule 1, written down a second time on purpose: the audit must not repeat a mistake of the rules it checks. */
export function compareInBurnOrder(a: BurnPlace, b: BurnPlace): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.expiresAtMs !== b.expiresAtMs) {
    if (a.expiresAtMs === null) return 1;
    return b.expiresAtMs === null ? -1 : a.expiresAtMs - b.expiresAtMs;
  }
  return a.lot - b.lot;
}

/** Rule 5: `money * part / whole`, half to even. */
export function shareOf(money: bigint, part: bigint, whole: bigint): bigint {
  const doubled = (2n * money * part) / whole;
  const isExactHalf = doubled * whole === 2n * money * part && doubled % 2n === 1n;
  const down = doubled / 2n;
  return isExactHalf ? down + (down % 2n) : (doubled + 1n) / 2n;
}

/**
 * Things in an order of which no two are equal; what the order hangs on changes only while a thing is not in it.
 * The front is only counted on, so draining thousands stays cheap.
 */
export class Ordered<T> {
  readonly #compare: (a: T, b: T) => number;
  #things: T[] = [];
  #start = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  add(thing: T): void {
    this.#things.splice(this.#placeOf(thing), 0, thing);
  }

  /** Removes it where it is there. */
  remove(thing: T): void {
    const place = this.#placeOf(thing);
    if (this.#things[place] !== thing) return;
    if (place > this.#start) {
      this.#things.splice(place, 1);
      return;
    }
    this.#start += 1;
    if (this.#start > 1_000 && this.#start * 2 > this.#things.length) {
      this.#things = this.#things.slice(this.#start);
      this.#start = 0;
    }
  }

  /** @returns the first of which this is true. */
  first(isTrueOf: (thing: T) => boolean = () => true): T | undefined {
    for (let at = this.#start; at < this.#things.length; at++) {
      const thing = this.#things[at];
      if (thing !== undefined && isTrueOf(thing)) return thing;
    }
    return undefined;
  }

  #placeOf(thing: T): number {
    let low = this.#start;
    let high = this.#things.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#things[middle];
      if (other !== undefined && this.#compare(other, thing) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
