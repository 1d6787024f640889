import type { IdCipher, PublicName } from '../ids.ts';
import { fromMicro } from '../ledger/amount.ts';
import type { LogRow, LotExpiry } from '../store/log-rows.ts';

/** One row of the credit log, as contract.md publishes it; credits and money as JSON numbers. */
export interface CreditLogItem {
  readonly id: string;
  readonly amount: number;
  readonly amountMoney: number;
  readonly balance: number;
  readonly balanceMoney: number;
  readonly order?: { readonly orderNumber: string; readonly hash?: string; readonly groupName?: string };
  readonly expiration?: {
    readonly date: string;
    readonly status: 'pending' | 'processed' | 'spent';
    readonly processed?: string;
  };
  readonly description?: string;
  readonly insertedDate: string;
  readonly kind: string;
  /** The spend or capture that a refund undoes, the grant that a void undoes, the hold of a capture. */
  readonly relatedId?: string;
}

/** @returns the rows as items of the log. */
export function toLogItems(ids: IdCipher, rows: readonly LogRow[]): CreditLogItem[] {
  const related = rows.flatMap((row) => row.related ?? []);
  const texts = ids.encodeAll([...rows, ...related]);
  const relatedIds = new Map<PublicName, string>();
  related.forEach((name, i) => {
    relatedIds.set(name, texts[rows.length + i] ?? '');
  });
  return rows.map((row, i) => {
    const { order, expiry, description } = row;
    const relatedId = row.related && relatedIds.get(row.related);
    return {
      id: texts[i] ?? '',
      amount: fromMicro(row.amount),
      amountMoney: fromMicro(row.amountMoney),
      balance: fromMicro(row.balance),
      balanceMoney: fromMicro(row.balanceMoney),
      ...(order && { order: withoutAbsent(order) }),
      ...(expiry && { expiration: expirationOf(expiry) }),
      ...(description !== null && { description }),
      insertedDate: toDate(row.atMs),
      kind: row.kind,
      ...(relatedId !== undefined && { relatedId }),
    };
  });
}

function withoutAbsent(order: NonNullable<LogRow['order']>): NonNullable<CreditLogItem['order']> {
  const { orderNumber, hash, groupName } = order;
  return { orderNumber, ...(hash !== undefined && { hash }), ...(groupName !== undefined && { groupName }) };
}

/** Pending until it is due and nothing of it is left, not even pinned; then whether something was written off. */
function expirationOf(expiry: LotExpiry): NonNullable<CreditLogItem['expiration']> {
  const { expiresAtMs, isDue, remaining, writtenOff, writtenOffAtMs } = expiry;
  const date = toDate(expiresAtMs);
  if (!isDue || remaining > 0n) return { date, status: 'pending' };
  const status = writtenOff > 0n ? 'processed' : 'spent';
  return { date, status, processed: toDate(writtenOffAtMs ?? expiresAtMs) };
}

/** @returns the instant as answers show it: UTC with three decimals. */
export function toDate(ms: number): string {
  return new Date(ms).toISOString();
}
