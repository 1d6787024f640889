/** @returns a generator of numbers in [0, 1) that a seed makes repeatable (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draws customers beforehand, so that choosing one costs the load generator a look-up.
 *
 * @returns offsets in [0, count). The ranks of `zipf` are scattered over that range: neighbours in popularity
 * would otherwise also be neighbours on the database's pages, which no real customers are.
 */
export function drawCustomers(
  count: number,
  pick: 'uniform' | 'zipf',
  draws: number,
  seed: number,
): Uint32Array {
  const random = seededRandom(seed);
  if (pick === 'uniform') return Uint32Array.from({ length: draws }, () => Math.floor(random() * count));
  const upTo = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank++) {
    total += 1 / (rank + 1);
    upTo[rank] = total;
  }
  const stride = strideFor(count);
  return Uint32Array.from({ length: draws }, () => (firstAbove(upTo, random() * total) * stride) % count);
}

/** A step that visits every offset once: it shares no divisor with count. */
function strideFor(count: number): number {
  let stride = Math.floor(count * 0.618) | 1;
  while (greatestCommonDivisor(stride, count) !== 1) stride += 2;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
