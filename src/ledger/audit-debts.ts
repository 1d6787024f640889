import { type AuditedDebt, type AuditedEntry, credits, type Report } from './audit-words.ts';

interface ReplayedDebt {
  readonly amount: bigint;
  open: bigint;
}

/** The debts of one account, built again from its history (I3). */
export class ReplayedDebts {
  readonly #debts = new Map<number, ReplayedDebt>();
  readonly #open = new Set<number>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  /** @returns what is still open of the debt of this entry. */
  openOf(seq: number): bigint {
    return this.#debts.get(seq)?.open ?? 0n;
  }

  /** An entry owes `amount`. */
  owe(seq: number, amount: bigint): void {
    this.#debts.set(seq, { amount, open: amount });
    this.#open.add(seq);
  }

  /** A settlement pays the oldest debt first; a refund lowers that of the entry which it undoes. */
  pay(entry: AuditedEntry, seq: number, amount: bigint): void {
    const words = `entry ${entry.seq} (${entry.kind})`;
    const debt = this.#debts.get(seq);
    if (!debt || amount > debt.open) {
      const owed = credits(debt?.open ?? 0n);
      this.#report('I3', `${words} pays ${credits(amount)} of entry ${seq}, which owes ${owed}`);
    }
    // Debts are owed in the order of seq, so the first of the set is the oldest.
    const [oldest] = this.#open;
    if (entry.kind === 'settlement' && oldest !== undefined && oldest < seq) {
      this.#report('I3', `${words} pays the debt of entry ${seq} before that of entry ${oldest}`);
    }
    if (!debt) return;
    debt.open -= amount;
    if (debt.open <= 0n) this.#open.delete(seq);
  }

  /** Compares what the history made of the debts with what is stored of them. */
  compare(rows: readonly AuditedDebt[]): void {
    const stored = new Set<number>();
    for (const row of rows) {
      stored.add(row.seq);
      const debt = this.#debts.get(row.seq);
      if (!debt) {
        this.#report('I3', `entry ${row.seq} owes nothing, but a debt of ${credits(row.amount)} is stored`);
      } else if (debt.amount !== row.amount || debt.open !== row.open) {
        const is = `${credits(row.open)} of ${credits(row.amount)}`;
        const should = `${credits(debt.open)} of ${credits(debt.amount)}`;
        this.#report('I3', `entry ${row.seq} owes ${is}, its slices and what undid them say ${should}`);
      }
    }
    for (const seq of this.#debts.keys()) {
      if (!stored.has(seq)) this.#report('I3', `the debt of entry ${seq} is not stored`);
    }
  }
}
