import type { IdCipher } from '../ids.ts';
import type { Slice } from '../ledger/account.ts';
import { fromMicro, type Micro } from '../ledger/amount.ts';
import type { ExplainedLot } from '../store/explain-rows.ts';
import type { HoldStep } from '../store/hold-history.ts';
import type { ExplainedDebt, ExplainedPart, ExplainedRows } from './explain-transaction.ts';
import {
  type SummaryFigures,
  whyBeyondPins,
  whyBurned,
  whyExpired,
  whyGivenBack,
  whyGivenUp,
  whyOpened,
  whyOpenedByRefund,
  whyOwed,
  whyPaid,
  whyPinned,
  whySettled,
  whyTakenBack,
} from './explain-words.ts';
import { toDate } from './log-item.ts';

/** An entry's slices in words, with the figures that sum them up. */
export interface ExplainedSlices {
  readonly lots: readonly ExplainedPart[];
  readonly debts: readonly ExplainedDebt[];
  readonly figures: SummaryFigures;
}

/** Says of each slice why it is there; the order is that in which it happened. */
export function explainSlices(ids: IdCipher, rows: ExplainedRows): ExplainedSlices {
  const { entry } = rows;
  const lots: ExplainedPart[] = [];
  const debts: ExplainedDebt[] = [];
  const numbers = new Set<number>();
  let [owed, paid] = [0n, 0n];
  const words = new LotWords(rows);
  for (const slice of entry.slices) {
    if (slice.lot !== undefined) {
      const lot = rows.lots.get(slice.lot);
      if (!lot) throw new Error('a slice of a lot that is not there');
      lots.push(toPart(ids, lot, slice, words.why(lot, slice)));
      numbers.add(slice.lot);
    } else if (slice.debt !== undefined) {
      const debtor = rows.debtors.get(slice.debt);
      if (!debtor) throw new Error('a debt of an entry that is not there');
      if (slice.amount < 0n) owed -= slice.amount;
      else paid += slice.amount;
      const why = whyOfDebt(rows, slice.amount);
      debts.push({ transactionId: ids.encode(debtor), amount: fromMicro(slice.amount), why });
    }
  }
  return { lots, debts, figures: { amount: entry.amount, lots: numbers.size, owed, paid } };
}

function toPart(ids: IdCipher, lot: ExplainedLot, slice: Slice, why: string): ExplainedPart {
  return {
    transactionId: ids.encode(lot.openedBy),
    amount: fromMicro(slice.amount),
    amountMoney: fromMicro(slice.money),
    priority: lot.priority,
    ...(lot.expiresAtMs !== null && { expirationDate: toDate(lot.expiresAtMs) }),
    why,
  };
}

function whyOfDebt({ entry }: ExplainedRows, amount: Micro): string {
  const { kind, undoes, debtLimit } = entry;
  if (amount > 0n) return kind === 'refund' ? whyGivenUp() : whyPaid();
  if (kind === 'spend' || kind === 'capture') return whyOwed(kind, debtLimit);
  return whyOwed(undoes === null ? 'adjustment' : 'void', debtLimit);
}

/** Says why each lot is there, one after the other: what came before is part of the reason. */
class LotWords {
  readonly #rows: ExplainedRows;
  /** What the hold of a capture had still pinned before it, by lot. */
  readonly #pins: Map<number, Micro>;
  #before: ExplainedLot | undefined;

  constructor(rows: ExplainedRows) {
    this.#rows = rows;
    this.#pins = pinsBefore(rows.hold?.steps ?? [], rows.entry.version);
  }

  why(lot: ExplainedLot, slice: Slice): string {
    const { kind, undoes } = this.#rows.entry;
    if (kind === 'expiry') return whyExpired(lot);
    if (kind === 'refund') return slice.opens ? whyOpenedByRefund(lot) : whyGivenBack();
    if (slice.opens) return whyOpened(lot);
    if (undoes !== null) return whyTakenBack();
    if (kind === 'capture' && takePin(this.#pins, lot.lot, slice.amount)) return whyPinned(lot);
    const before = this.#before;
    this.#before = lot;
    if (kind === 'settlement') return whySettled(lot, before);
    return kind === 'capture' ? whyBeyondPins(lot, before) : whyBurned(lot, before);
  }
}

/** @returns what a hold's earlier steps had set aside and not yet taken. */
function pinsBefore(steps: readonly HoldStep[], version: number): Map<number, Micro> {
  const pins = new Map<number, Micro>();
  for (const step of steps) {
    if (step.version >= version) break;
    for (const { lot, amount } of step.taken) takePin(pins, lot, amount);
    for (const { lot, amount } of step.pins) pins.set(lot, (pins.get(lot) ?? 0n) + amount);
  }
  return pins;
}

/** Takes out of what is pinned; a capture takes pins first, and free credit of the same lot in a slice of its own. */
function takePin(pins: Map<number, Micro>, lot: number, amount: Micro): boolean {
  const pinned = pins.get(lot) ?? 0n;
  if (pinned === 0n) return false;
  pins.set(lot, pinned + amount > 0n ? pinned + amount : 0n);
  return true;
}
