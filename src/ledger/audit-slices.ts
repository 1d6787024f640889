/** One slice of an entry as the audit reads it; amounts in millionths, from the account's point of view. */
export interface AuditedSlice {
  readonly lot: number | undefined;
  /** The seq of the entry whose debt this is. */
  readonly debt: number | undefined;
  readonly amount: bigint;
  readonly money: bigint;
  readonly opens: boolean;
}

/**
 * @param stored the slices column of an entry, of which nothing is taken for granted.
 * @returns its slices, or in a few words what is wrong with it.
 */
export function parseSlices(stored: unknown): AuditedSlice[] | string {
  if (!Array.isArray(stored)) return 'slices are no list';
  const slices: AuditedSlice[] = [];
  for (const item of stored as unknown[]) {
    if (typeof item !== 'object' || item === null) return 'a slice is no object';
    const { lot, debt, amount, money, opens } = item as Record<string, unknown>;
    if (!isNumber(amount) || !isNumber(money)) return 'a slice has no whole amount and money';
    if (isNumber(lot) === isNumber(debt)) return 'a slice names neither or both of lot and debt';
    slices.push({
      lot: isNumber(lot) ? lot : undefined,
      debt: isNumber(debt) ? debt : undefined,
      amount: BigInt(amount),
      money: BigInt(money),
      opens: opens === true,
    });
  }
  return slices;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/**
 * What the slices of each kind of entry look like (ledger.md, Words and rules 2 to 4).
 *
 * @returns what is wrong with these, or undefined.
 */
export function shapeFault(
  entry: { readonly kind: string; readonly seq: number; readonly amount: bigint },
  slices: readonly AuditedSlice[],
): string | undefined {
  if (slices.some((slice) => slice.debt !== undefined && slice.money !== 0n)) return 'a debt slice has money';
  switch (entry.kind) {
    case 'grant':
      return entry.amount > 0n ? openingFault(slices) : 'a grant that brings nothing';
    case 'adjustment':
      return entry.amount > 0n ? openingFault(slices) : takingFault(entry.seq, slices);
    case 'spend':
      return takingFault(entry.seq, slices);
    case 'expiry':
      if (slices.length !== 1 || slices[0]?.lot === undefined) return 'an expiry takes from one lot';
      return takingFault(entry.seq, slices);
    case 'settlement':
      return settlementFault(slices);
    default:
      return `no entry is of the kind ${entry.kind}`;
  }
}

function openingFault(slices: readonly AuditedSlice[]): string | undefined {
  const [only] = slices;
  const isOpening = slices.length === 1 && only?.opens && only.lot !== undefined;
  return isOpening && only.amount > 0n && only.money >= 0n ? undefined : 'it must open one lot';
}

function takingFault(seq: number, slices: readonly AuditedSlice[]): string | undefined {
  if (slices.length === 0) return 'it takes from nothing';
  for (const [index, slice] of slices.entries()) {
    if (slice.opens || slice.amount >= 0n || slice.money > 0n) return 'its slices must take';
    if (slice.debt === undefined) continue;
    if (slice.debt !== seq) return `it names debt of entry ${slice.debt}`;
    if (index !== slices.length - 1) return 'its debt must be its last slice';
  }
  return undefined;
}

function settlementFault(slices: readonly AuditedSlice[]): string | undefined {
  if (slices.length === 0 || slices.length % 2 !== 0) return 'its slices must be pairs';
  for (let at = 0; at < slices.length; at += 2) {
    const [taken, paid] = slices.slice(at, at + 2);
    const isPair = taken?.lot !== undefined && !taken.opens && paid?.debt !== undefined;
    if (!isPair || taken.amount >= 0n || taken.money > 0n || paid.amount !== -taken.amount) {
      return 'each pair must take from a lot and pay as much of a debt';
    }
  }
  return undefined;
}
