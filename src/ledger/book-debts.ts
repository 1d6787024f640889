import type { AccountState, Debt } from './account.ts';
import type { Micro } from './amount.ts';
import { NeedsMore } from './needs-more.ts';

/** The debts of one account while its commands are played. */
export class BookDebts {
  /** Oldest first. */
  readonly #debts: Debt[];
  /** Where the debts that these commands open begin, if there are some in between that were not read. */
  readonly #unreadFrom: number;
  readonly #changed = new Set<Debt>();

  constructor({ debts, unreadDebts }: AccountState) {
    this.#debts = debts.map((debt) => ({ ...debt }));
    this.#unreadFrom = unreadDebts ? debts.length : Number.POSITIVE_INFINITY;
  }

  /** Every debt that was opened or paid from, as it is now. */
  get changed(): readonly Debt[] {
    return [...this.#changed];
  }

  /** @returns the debt of this entry, which is known to be open. */
  get(seq: number): Debt {
    const debt = this.#debts.find((candidate) => candidate.seq === seq);
    if (!debt) throw new NeedsMore();
    return debt;
  }

  /** @returns the oldest debt that is not paid; only asked while there is one. */
  oldest(): Debt {
    const index = this.#debts.findIndex((debt) => debt.open > 0n);
    const oldest = this.#debts[index];
    if (!oldest || index >= this.#unreadFrom) throw new NeedsMore();
    return oldest;
  }

  /** Opens the debt of an entry (rule 4). */
  add(seq: number, amount: Micro): Debt {
    const debt: Debt = { seq, amount, open: amount };
    this.#debts.push(debt);
    this.#changed.add(debt);
    return debt;
  }

  /** Lowers what is open of a debt. */
  lower(debt: Debt, amount: Micro): void {
    debt.open -= amount;
    this.#changed.add(debt);
  }
}
