import type { AuditedEntry, AuditedPin } from './audit-words.ts';

/** One slice of an entry as the audit reads it; amounts in millionths, from the account's point of view. */
export interface AuditedSlice {
  readonly lot: number | undefined;
  /** The seq of the entry whose debt this is. */
  readonly debt: number | undefined;
  readonly amount: bigint;
  readonly money: bigint;
  readonly opens: boolean;
  /** The slice that this one undoes, counted from 0 in its entry. */
  readonly undoes: { readonly entry: number; readonly slice: number } | undefined;
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
    const { lot, debt, amount, money, opens, undoes } = item as Record<string, unknown>;
    if (!isNumber(amount) || !isNumber(money)) return 'a slice has no whole amount and money';
    if (isNumber(lot) === isNumber(debt)) return 'a slice names neither or both of lot and debt';
    slices.push({
      lot: isNumber(lot) ? lot : undefined,
      debt: isNumber(debt) ? debt : undefined,
      amount: BigInt(amount),
      money: BigInt(money),
      opens: opens === true,
      undoes: parseUndoes(undoes),
    });
  }
  return slices;
}

function parseUndoes(stored: unknown): AuditedSlice['undoes'] {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { entry, slice } = stored as Record<string, unknown>;
  return isNumber(entry) && isNumber(slice) ? { entry, slice } : undefined;
}

/**
 * @param stored the pins column of a hold or a hold event, of which nothing is taken for granted.
 * @returns its pins, or in a few words what is wrong with it.
 */
export function parsePins(stored: unknown): AuditedPin[] | string {
  if (!Array.isArray(stored)) return 'pins are no list';
  const pins: AuditedPin[] = [];
  for (const item of stored as unknown[]) {
    if (typeof item !== 'object' || item === null) return 'a pin is no object';
    const { lot, amount } = item as Record<string, unknown>;
    if (!isNumber(lot) || !isNumber(amount) || amount <= 0) return 'a pin names no lot and amount';
    if (pins.some((pin) => pin.lot === lot)) return `two pins are in lot ${lot}`;
    pins.push({ lot, amount: BigInt(amount) });
  }
  return pins;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** What of an entry its slices must fit. */
type Shaped = Pick<AuditedEntry, 'kind' | 'seq' | 'amount' | 'hold' | 'captured' | 'remaining' | 'undoes'>;

/**
 * What the slices of each kind of entry look like (ledger.md, Words and rules 2, 4, 7 and 8).
 *
 * @returns what is wrong with these, or undefined.
 */
export function shapeFault(entry: Shaped, slices: readonly AuditedSlice[]): string | undefined {
  if (slices.some((slice) => slice.debt !== undefined && slice.money !== 0n)) return 'a debt slice has money';
  return relationFault(entry, slices) ?? slicesFault(entry, slices);
}

function relationFault(entry: Shaped, slices: readonly AuditedSlice[]): string | undefined {
  const isCapture = entry.kind === 'capture';
  if (isCapture !== (entry.hold !== null)) return isCapture ? 'it captures no hold' : 'it names a hold';
  const isRefund = entry.kind === 'refund';
  const mayUndo = isRefund || (entry.kind === 'adjustment' && entry.amount < 0n);
  if (entry.undoes !== null && !mayUndo) return 'it says that it undoes an entry';
  if (entry.undoes === null && isRefund) return 'it refunds no entry';
  return !isRefund && slices.some((slice) => slice.undoes) ? 'a slice says that it undoes one' : undefined;
}

function slicesFault(entry: Shaped, slices: readonly AuditedSlice[]): string | undefined {
  switch (entry.kind) {
    case 'grant':
      return entry.amount > 0n ? openingFault(slices) : 'a grant that brings nothing';
    case 'adjustment':
      return entry.amount > 0n ? openingFault(slices) : takingFault(entry.seq, slices);
    case 'spend':
      return takingFault(entry.seq, slices);
    case 'capture':
      if (entry.amount !== 0n || slices.length > 0) return takingFault(entry.seq, slices);
      return entry.remaining === 0n ? undefined : 'it takes nothing and does not end its hold';
    case 'refund':
      return refundFault(entry, slices);
    case 'expiry':
      if (slices.length !== 1 || slices[0]?.lot === undefined) return 'an expiry takes from one lot';
      return takingFault(entry.seq, slices);
    case 'settlement':
      return settlementFault(slices);
    default:
      return `no entry is of the kind ${entry.kind}`;
  }
}

function refundFault(entry: Shaped, slices: readonly AuditedSlice[]): string | undefined {
  if (slices.length === 0) return 'it gives back nothing';
  for (const slice of slices) {
    if (slice.amount <= 0n || slice.money < 0n) return 'its slices must give';
    if (!slice.undoes) return 'a slice does not say which one it undoes';
    if (slice.opens && slice.lot === undefined) return 'it opens a debt';
    if (slice.debt !== undefined && slice.debt !== entry.undoes)
      return `it pays the debt of entry ${slice.debt}`;
  }
  return undefined;
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
