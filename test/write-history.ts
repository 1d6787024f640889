import { NO_RELATION, type PinRow, type Rows, type SliceRow } from './healthy-account.ts';

type Entry = Rows['entries'][number];
type Relation = Partial<Pick<Entry, 'hold' | 'captured' | 'remaining' | 'undoes' | 'refundable' | 'hasKey'>>;
type LimitsInForce = Pick<Entry, 'debtLimit' | 'softLimit' | 'hardLimit'>;

/** What a hold event says: hold, what it reserves or reserved, its end, pins it adds, the balance told. */
type HoldWords = readonly [number, bigint, number, PinRow[], bigint];

/** A step of a history written by hand; versions, seqs and balances follow by themselves. */
export type Step = { readonly atMs: number; readonly kind: string; readonly held: bigint } & (
  | { readonly slices: SliceRow[]; readonly relation: Relation }
  | { readonly hold: HoldWords }
  | { readonly limits: LimitsInForce }
);

export function take(lot: number, amount: number, money: number): SliceRow {
  return { lot, amount: -amount, money: -money };
}

export function open(lot: number, amount: number, money: number): SliceRow {
  return { lot, amount, money, opens: true };
}

/** @returns a slice of a refund that undoes this slice of this entry. */
export function give(lot: number, amount: number, money: number, entry: number, slice: number): SliceRow {
  return { lot, amount, money, undoes: { entry, slice } };
}

/** @param held what is held after it, as of all steps. */
export function entry(
  atMs: number,
  kind: string,
  held: bigint,
  slices: SliceRow[],
  relation: Relation = {},
): Step {
  return { atMs, kind, held, slices, relation };
}

export function holdEvent(atMs: number, kind: string, held: bigint, ...hold: HoldWords): Step {
  return { atMs, kind, held, hold };
}

export function limits(atMs: number, held: bigint, inForce: LimitsInForce): Step {
  return { atMs, kind: 'limits', held, limits: inForce };
}

/** @returns the entries and changes that these steps are; holds have their number as attempt. */
export function writeHistory(steps: readonly Step[]): Pick<Rows, 'entries' | 'changes'> {
  const entries: Rows['entries'] = [];
  const changes: Rows['changes'] = [];
  let [balance, balanceMoney] = [0n, 0n];
  let inForce: LimitsInForce = { debtLimit: 0n, softLimit: 0n, hardLimit: 0n };
  steps.forEach((step, index) => {
    const { atMs, kind, held } = step;
    const common = { version: index + 1, atMs, kind, held, author: 'cli' };
    if ('slices' in step) {
      const { slices, relation } = step;
      const amount = slices.reduce((sum, slice) => sum + BigInt(slice.amount), 0n);
      const amountMoney = slices.reduce((sum, slice) => sum + BigInt(slice.money), 0n);
      balance += amount;
      balanceMoney += amountMoney;
      const figures = { amount, amountMoney, balance, balanceMoney, ...inForce };
      entries.push({ seq: entries.length + 1, ...common, ...figures, slices, ...NO_RELATION, ...relation });
      return;
    }
    if ('limits' in step) inForce = step.limits;
    const words = 'hold' in step ? step.hold : [];
    const [hold = null, reserved = null, expiresAtMs = null, pins = null, told = null] = words;
    const about = { hold, attempt: hold, reserved, expiresAtMs, pins, balance: told };
    changes.push({ ...common, ...inForce, hasKey: kind === 'hold', ...about });
  });
  return { entries, changes };
}

/** @returns a hold that has ended, or is open where nothing ended it; nothing is captured, reserved or pinned. */
export function holdRow(
  hold: number,
  createdAtMs: number,
  expiresAtMs: number,
  endedBy: string | null = null,
  endedAtMs: number | null = null,
): Rows['holds'][number] {
  const figures = { reserved: 0n, unpinned: 0n, captured: 0n, pins: [] };
  return { hold, attempt: hold, createdAtMs, expiresAtMs, ...figures, endedBy, endedAtMs };
}
