/** The invariants of ledger.md that a finding can name. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11';

/** Told of each thing that is not as it must be. */
export type Report = (invariant: Invariant, text: string) => void;

/** The open lot that burns first, as the account row caches it; millionths and Unix milliseconds. */
export interface AuditedCursor {
  readonly lot: number;
  readonly priority: number;
  readonly expiresAtMs: number | null;
  readonly remaining: bigint;
  readonly money: bigint;
  readonly held: bigint;
}

/** An account's row, as stored; millionths and Unix milliseconds. */
export interface AuditedAccount {
  readonly accountId: number;
  readonly ledgerId: number;
  readonly version: number;
  readonly lastSeq: number;
  readonly lastAtMs: number;
  readonly lastLot: number;
  readonly lastHold: number;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  readonly debtLimit: bigint;
  readonly banned: boolean;
  readonly nextDueMs: number | null;
  readonly holdDueMs: number | null;
  readonly cursor: AuditedCursor | null;
}

/** A lot's own row, as stored; while the lot is the cursor its remaining, remainingMoney and held are stale. */
export interface AuditedLot {
  readonly lot: number;
  readonly openedBySeq: number;
  readonly amount: bigint;
  readonly money: bigint;
  readonly priority: number;
  readonly expiresAtMs: number | null;
  readonly remaining: bigint;
  readonly remainingMoney: bigint;
  readonly held: bigint;
  readonly writtenOff: bigint;
  readonly writtenOffAtMs: number | null;
}

/** The row of a debt, as stored. */
export interface AuditedDebt {
  readonly seq: number;
  readonly amount: bigint;
  readonly open: bigint;
}

/** An entry, as stored; nothing of `slices` is taken for granted. */
export interface AuditedEntry {
  readonly seq: number;
  readonly version: number;
  readonly atMs: number;
  readonly kind: string;
  readonly amount: bigint;
  readonly amountMoney: bigint;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly held: bigint;
  readonly debtLimit: bigint;
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
  readonly slices: unknown;
  readonly author: string;
  readonly hasKey: boolean;
  /** Of a capture: its hold, what all its captures took, and what it reserves after this one. */
  readonly hold: number | null;
  readonly captured: bigint | null;
  readonly remaining: bigint | null;
  /** Of a refund and a void: the seq of the entry undone. */
  readonly undoes: number | null;
  /** Of a refund: what is left to refund after it. */
  readonly refundable: bigint | null;
}

/** A change of the account that is no entry, as stored; hold events among them. */
export interface AuditedChange {
  readonly version: number;
  readonly atMs: number;
  readonly kind: string;
  readonly held: bigint;
  readonly debtLimit: bigint;
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
  readonly author: string;
  readonly hasKey: boolean;
  /** Of hold events, as are all that follow. */
  readonly hold: number | null;
  readonly attempt: number | null;
  readonly reserved: bigint | null;
  readonly expiresAtMs: number | null;
  readonly pins: unknown;
  readonly balance: bigint | null;
}

/** A hold's row, as stored; nothing of `pins` is taken for granted. */
export interface AuditedHold {
  readonly hold: number;
  readonly attempt: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly reserved: bigint;
  readonly unpinned: bigint;
  readonly captured: bigint;
  readonly pins: unknown;
  readonly endedBy: string | null;
  readonly endedAtMs: number | null;
}

/** The monthly limits of an account and the month they are judged by, as stored. */
export interface AuditedLimits {
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
  readonly monthFromMs: number;
  readonly monthToMs: number;
  readonly monthUsed: bigint;
}

/** An Idempotency-Key (its hash) that stands where it must not. */
export interface KeyClash {
  readonly keyHash: string;
  /** Two entries or hold events have it, or one of them and a refused request. */
  readonly kind: 'twice' | 'refused';
}

/** Everything stored about one account but its entries, changes and holds, which may be too many to keep. */
export interface AuditedRows {
  readonly account: AuditedAccount;
  readonly lots: readonly AuditedLot[];
  readonly debts: readonly AuditedDebt[];
  /** null where it never had any. */
  readonly limits: AuditedLimits | null;
  /** Of its organisation, by IANA name. */
  readonly timeZone: string;
  /** The seqs of the entries that some refund undoes, at least in part. */
  readonly undone: ReadonlySet<number>;
  readonly keyClashes: readonly KeyClash[];
  /** What refers to the account, in a few words, and the ledger that belongs to; null: it is not there. */
  readonly references: readonly { readonly what: string; readonly ledgerId: number | null }[];
}

/** Credit of one lot that a hold has set aside. */
export interface AuditedPin {
  readonly lot: number;
  readonly amount: bigint;
}

/** @returns millionths as credits, for a text. */
export function credits(micro: bigint): string {
  const digits = (micro < 0n ? -micro : micro).toString().padStart(7, '0');
  const decimals = digits.slice(-6).replace(/0+$/, '');
  return `${micro < 0n ? '-' : ''}${digits.slice(0, -6)}${decimals && `.${decimals}`}`;
}
