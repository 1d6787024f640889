/** @returns the middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * The ratio of two series measured in turns: the median of the ratios of each pair, so that a machine that is
 * slower for a while slows both sides of a pair and leaves the ratio alone.
 */
export function pairedRatio(
  above: readonly number[] | undefined,
  below: readonly number[] | undefined,
): number {
  return median((above ?? []).map((value, i) => value / (below?.[i] ?? Number.NaN)).filter(Number.isFinite));
}
