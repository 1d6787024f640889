/** Numbers in a typed array that grows. */
export class GrowingNumbers {
  /** Enough for what is read, so that nothing is copied; pages that are not written to take no memory. */
  #values = new Uint32Array(1 << 19);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(Math.ceil(this.length * 1.5));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  /** @returns the values in an array that is no larger than they are. */
  done(): Uint32Array {
    return this.#values.slice(0, this.length);
  }
}

/** Numbers that exist are far below this, but for a few that nobody else should see. */
const COMMON_NUMBERS = 1 << 20;

/** Names of autonomous systems: one block of UTF-8, and where in it each name begins. */
export class AsnNames {
  #bytes = Buffer.allocUnsafeSlow(1 << 22);
  #length = 0;
  #numbers = new Uint32Array(0);
  #offsets = new Uint32Array(0);
  readonly #foundNumbers = new GrowingNumbers();
  readonly #foundOffsets = new GrowingNumbers();
  #common = new Uint8Array(COMMON_NUMBERS);
  readonly #rare = new Set<number>();

  /** @returns whether it is new, and from now on known. */
  meet(number: number): boolean {
    if (number >= COMMON_NUMBERS) {
      if (this.#rare.has(number)) return false;
      this.#rare.add(number);
      return true;
    }
    if (this.#common[number] === 1) return false;
    this.#common[number] = 1;
    return true;
  }

  add(number: number, name: string): void {
    // Behind each name a byte that no name holds.
    const needed = this.#length + Buffer.byteLength(name) + 1;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.ceil(needed * 1.5));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#foundNumbers.push(number);
    this.#foundOffsets.push(this.#length);
    this.#length += this.#bytes.write(name, this.#length);
    this.#bytes[this.#length++] = 0;
  }

  /** Puts the names in order, and gives back what only reading them needed. */
  pack(): void {
    const numbers = this.#foundNumbers.done();
    const offsets = this.#foundOffsets.done();
    const order = numbers.map((_, i) => i).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
    this.#numbers = order.map((i) => numbers[i] ?? 0);
    this.#offsets = order.map((i) => offsets[i] ?? 0);
    this.#common = new Uint8Array(0);
    this.#rare.clear();
    const exact = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(exact, 0, 0, this.#length);
    this.#bytes = exact;
  }

  find(number: number): string | null {
    const at = lastNotAbove(this.#numbers.length, (i) => (this.#numbers[i] ?? 0) - number);
    if (at < 0 || this.#numbers[at] !== number) return null;
    const start = this.#offsets[at] ?? 0;
    return this.#bytes.toString('utf8', start, this.#bytes.indexOf(0, start)) || null;
  }

  get byteLength(): number {
    return this.#bytes.byteLength + this.#numbers.byteLength + this.#offsets.byteLength;
  }
}

/** @returns the last of `length` ordered things that is not above what is looked for, or -1. */
export function lastNotAbove(length: number, compare: (i: number) => number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(middle) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
