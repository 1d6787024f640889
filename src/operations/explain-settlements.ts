import type { IdCipher } from '../ids.ts';
import { fromMicro } from '../ledger/amount.ts';
import type { ExplainedLot, SettlementRow } from '../store/explain-rows.ts';
import { toDate } from './log-item.ts';

/** A payment of what an entry owed, as JSON numbers. */
export interface ExplainedSettlement {
  /** Of the settlement. */
  readonly transactionId: string;
  readonly insertedDate: string;
  /** What it paid of this entry's debt. */
  readonly amount: number;
  /** What paid, in burn order; a refund of the entry returns to these lots first. */
  readonly lots: readonly {
    /** Of the entry that opened the lot. */
    readonly transactionId: string;
    /** Below 0: taken from the lot. */
    readonly amount: number;
    readonly amountMoney: number;
  }[];
}

/**
 * Tells of settlements what they paid of one entry's debt: each slice of a lot stands before the debt that it pays
 * (rule 4).
 */
export function explainSettlements(
  ids: IdCipher,
  seq: number,
  settlements: readonly SettlementRow[],
  lots: ReadonlyMap<number, ExplainedLot>,
): ExplainedSettlement[] {
  return settlements.map(({ name, atMs, slices }) => {
    const payments = slices.flatMap((slice, i) => {
      if (slice.debt !== seq) return [];
      const paying = slices[i - 1];
      const lot = paying?.lot === undefined ? undefined : lots.get(paying.lot);
      if (!paying || !lot) throw new Error('a debt that no lot has paid');
      return [{ paid: slice.amount, paying, lot }];
    });
    return {
      transactionId: ids.encode(name),
      insertedDate: toDate(atMs),
      amount: fromMicro(payments.reduce((sum, { paid }) => sum + paid, 0n)),
      lots: payments.map(({ paying, lot }) => ({
        transactionId: ids.encode(lot.openedBy),
        amount: fromMicro(paying.amount),
        amountMoney: fromMicro(paying.money),
      })),
    };
  });
}
