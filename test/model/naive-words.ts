/** The words of the naive model, its own and nobody else's. Amounts in millionths, instants in Unix milliseconds. */

export interface NaiveLot {
  readonly number: number;
  readonly openedBy: number;
  readonly priority: number;
  readonly expiresAt: number | null;
  readonly amount: bigint;
  readonly brought: bigint;
  /** All that is left, what holds have pinned included. */
  credit: bigint;
  money: bigint;
  pinned: bigint;
  writtenOff: bigint;
  writtenOffAt: number | null;
  /** Whether an event has told that it expires soon. */
  noted: boolean;
}

export interface NaiveDebt {
  readonly entry: number;
  readonly amount: bigint;
  open: bigint;
}

export interface NaivePin {
  readonly lot: number;
  amount: bigint;
}

export type NaiveEnd = 'captured' | 'released' | 'expired';

export interface NaiveHold {
  readonly number: number;
  readonly createdAt: number;
  expiresAt: number;
  pins: NaivePin[];
  unpinned: bigint;
  captured: bigint;
  end: { readonly by: NaiveEnd; readonly at: number } | undefined;
}

export interface NaiveSlice {
  readonly lot?: number;
  readonly debt?: number;
  readonly amount: bigint;
  readonly money: bigint;
  readonly opens?: true;
  readonly undoes?: { readonly entry: number; readonly slice: number };
}

/** What only captures, refunds and voids say. */
export interface NaiveRelation {
  readonly hold?: { readonly hold: number; readonly captured: bigint; readonly remaining: bigint };
  readonly undoes?: number;
  readonly refundable?: bigint;
}

/** What is in force after an entry or a change. */
export interface NaiveForce {
  readonly held: bigint;
  readonly debtLimit: bigint;
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
}

export type NaiveEntryKind =
  | 'grant'
  | 'spend'
  | 'adjustment'
  | 'expiry'
  | 'settlement'
  | 'capture'
  | 'refund';

export interface NaiveEntry extends NaiveForce {
  readonly seq: number;
  readonly version: number;
  readonly at: number;
  readonly kind: NaiveEntryKind;
  readonly amount: bigint;
  readonly money: bigint;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly slices: readonly NaiveSlice[];
  readonly relation: NaiveRelation;
}

export type NaiveChangeKind =
  | 'debt-limit'
  | 'ban'
  | 'unban'
  | 'limits'
  | 'hold'
  | 'extend'
  | 'release'
  | 'hold-expiry';

export interface NaiveChange extends NaiveForce {
  readonly version: number;
  readonly at: number;
  readonly kind: NaiveChangeKind;
  readonly hold?: NaiveHoldEvent;
}

export interface NaiveHoldEvent {
  readonly hold: number;
  readonly reserved: bigint;
  readonly expiresAt: number;
  readonly pins: readonly Readonly<NaivePin>[];
  /** What the account had when the command was done, as it is answered. */
  balance: bigint;
  heldAnswered: bigint;
}

export interface NaiveEvent {
  readonly kind: 'soft-limit' | 'low-balance' | 'credit-expiring' | 'debt-begun';
  readonly at: number;
  readonly details: Readonly<Record<string, number | string>>;
}

export type NaiveCommand =
  | { readonly kind: 'spend'; readonly amount: bigint }
  | {
      readonly kind: 'grant';
      readonly amount: bigint;
      readonly money: bigint;
      readonly priority: number;
      readonly expiresAt: number | null;
    }
  | {
      readonly kind: 'adjustment';
      readonly amount: bigint;
      readonly money: bigint;
      readonly expiresAt: number | null;
    }
  | {
      readonly kind: 'limits';
      readonly debtLimit?: bigint | undefined;
      readonly softLimit?: bigint | undefined;
      readonly hardLimit?: bigint | undefined;
      readonly lowBalance?: bigint | null | undefined;
    }
  | { readonly kind: 'ban'; readonly banned: boolean }
  | { readonly kind: 'hold'; readonly amount: bigint; readonly expiresIn: number }
  | NaiveExtend
  | NaiveCapture
  | { readonly kind: 'release'; readonly hold: number }
  | { readonly kind: 'refund'; readonly entry: number; readonly amount?: bigint | undefined }
  | { readonly kind: 'void'; readonly entry: number; readonly debt: boolean }
  | { readonly kind: 'note-expiring' }
  | { readonly kind: 'look' };

export interface NaiveExtend {
  readonly kind: 'extend';
  readonly hold: number;
  readonly addAmount?: bigint | undefined;
  readonly expiresIn?: number | undefined;
}

export interface NaiveCapture {
  readonly kind: 'capture';
  readonly hold: number;
  readonly amount: bigint;
  readonly final: boolean;
}

export interface NaiveRequest {
  readonly command: NaiveCommand;
  /** An idempotency key, and whatever makes two requests the same request. */
  readonly key?: string | undefined;
  readonly content?: string | undefined;
  readonly sessionHasEnded?: boolean | undefined;
  /** It names what cannot be this account's, so the account is not even looked at. */
  readonly isElsewhere?: boolean | undefined;
}

export interface NaiveAnswer {
  readonly status: number;
  readonly code?: string;
  /** What stands beside the code: credits and instants. */
  readonly details?: Readonly<Record<string, number | string>>;
  /** The entry that the command made. */
  readonly entry?: NaiveEntry;
  /** The hold event that the command made. */
  readonly event?: NaiveChange;
  /** The answer is that of an earlier request with this key. */
  readonly replayed: boolean;
}

/** The first and the last instant of a month, the last no part of it. */
export type NaiveMonths = (instant: number) => readonly [from: number, to: number];

const MILLION = 1_000_000n;

/** Rule 12: nothing goes beyond this. */
export const LARGEST = 6_000_000_000n * MILLION;

/** @returns an amount as the JSON number that stands for it. */
export function inCredits(amount: bigint): number {
  const sign = amount < 0n ? '-' : '';
  const size = amount < 0n ? -amount : amount;
  return Number(`${sign}${size / MILLION}.${(size % MILLION).toString().padStart(6, '0')}`);
}

export function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

export function isBeyond(total: bigint): boolean {
  return total > LARGEST || total < -LARGEST;
}

/** @returns the part of `whole` that goes with `part` of `of`: the nearest, of two equally near ones the even. */
export function share(whole: bigint, part: bigint, of: bigint): bigint {
  const low = (whole * part) / of;
  const toLow = whole * part - low * of;
  const toHigh = (low + 1n) * of - whole * part;
  if (toLow === toHigh) return low % 2n === 0n ? low : low + 1n;
  return toLow < toHigh ? low : low + 1n;
}

export function refused(
  status: number,
  code: string,
  details?: Record<string, number | string>,
): NaiveAnswer {
  return { status, code, ...(details ? { details } : {}), replayed: false };
}

export const TOO_LARGE = refused(409, 'PUBLIC_CREDIT_TOO_LARGE');
/** @returns whether a key repeats this answer from now on. */
export function isBinding({ status }: NaiveAnswer): boolean {
  return ![401, 404, 422].includes(status);
}

export const NOT_APPLIED = refused(409, 'PUBLIC_CREDIT_BATCH_NOT_APPLIED');
export const NOT_AUTHORIZED = refused(401, 'INTERNAL_USER_MUST_BE_AUTHORIZED');
export const NOT_FOUND = refused(404, 'INTERNAL_RESOURCE_NOT_FOUND');
