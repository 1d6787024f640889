/** Credits or money in millionths, exact. JSON numbers exist only at the edge. */
export type Micro = bigint;

/** Credits that one request may name, either way (contract.md, Numbers). */
export const MAX_AMOUNT = 1_000_000_000;

/** No balance, debt or sum of money goes beyond this, either way, in millionths (rule 12). */
export const MAX_TOTAL: Micro = 6_000_000_000_000_000n;

const SCALE = 1_000_000;

/**
 * @param credits a JSON number that a double carries unchanged (at most 15 significant digits).
 * @returns the same in millionths, or undefined where it is not finite, has a 7th decimal place or is beyond
 *   MAX_AMOUNT. Up to there two decimals with six places never share a double, so the comparison is exact.
 */
export function toMicro(credits: number): Micro | undefined {
  if (!(Math.abs(credits) <= MAX_AMOUNT)) return undefined;
  const millionths = Math.round(credits * SCALE);
  return millionths / SCALE === credits ? BigInt(millionths) : undefined;
}

/** @returns credits as a JSON number; exact below 2^33 credits, which rule 12 sees to. */
export function fromMicro(micro: Micro): number {
  return Number(micro) / SCALE;
}

/** @returns `money * part / whole`, rounded half-even to a millionth (rule 5). All are 0 or more, whole above 0. */
export function proportion(money: Micro, part: Micro, whole: Micro): Micro {
  const product = money * part;
  const quotient = product / whole;
  const twice = (product % whole) * 2n;
  const roundUp = twice > whole || (twice === whole && quotient % 2n === 1n);
  return roundUp ? quotient + 1n : quotient;
}

/** @returns the smaller of two amounts. */
export function least(a: Micro, b: Micro): Micro {
  return a < b ? a : b;
}

/** @returns whether a balance, debt or sum of money is too large to be kept (rule 12). */
export function isTooLarge(total: Micro): boolean {
  return total > MAX_TOTAL || total < -MAX_TOTAL;
}
