import type { AccountRange, Of, RowPosition } from './audit-rows.ts';
import type { Transaction } from './database.ts';

/** Rows that are in memory at once of each table. */
const ROWS_PER_PAGE = 5_000;

type ReadPage<T> = (tx: Transaction, after: RowPosition, upTo: number, limit: number) => Promise<Of<T>[]>;

/** The rows of one table, read a page at a time in the order of their accounts, so that memory stays bounded. */
export class RowsInOrder<T> {
  readonly #tx: Transaction;
  readonly #range: AccountRange;
  readonly #readPage: ReadPage<T>;
  readonly #keyOf: (row: T) => number;
  readonly #onStray: (accountId: number) => void;
  #page: readonly Of<T>[] = [];
  #at = 0;
  #isLastPage = false;

  constructor(
    tx: Transaction,
    range: AccountRange,
    readPage: ReadPage<T>,
    keyOf: (row: T) => number,
    onStray: (accountId: number) => void,
  ) {
    this.#tx = tx;
    this.#range = range;
    this.#readPage = readPage;
    this.#keyOf = keyOf;
    this.#onStray = onStray;
  }

  /** @returns the account's next row; accounts are asked for in their order, so rows passed over are strays. */
  async next(accountId: number): Promise<T | undefined> {
    for (let stray = 0; ; ) {
      const row = this.#page[this.#at] ?? (await this.#turn());
      if (!row || row.accountId > accountId) return undefined;
      this.#at += 1;
      if (row.accountId === accountId) return row;
      if (row.accountId !== stray) this.#onStray(row.accountId);
      stray = row.accountId;
    }
  }

  /** @returns all rows of the account. */
  async all(accountId: number): Promise<T[]> {
    const rows: T[] = [];
    for (let row = await this.next(accountId); row; row = await this.next(accountId)) rows.push(row);
    return rows;
  }

  /** Looks for strays behind the last account. */
  async finish(): Promise<void> {
    await this.next(Number.POSITIVE_INFINITY);
  }

  async #turn(): Promise<Of<T> | undefined> {
    if (this.#isLastPage) return undefined;
    const last = this.#page.at(-1);
    const after = last
      ? { accountId: last.accountId, key: this.#keyOf(last) }
      : { accountId: this.#range.after + 1, key: -1 };
    this.#page = await this.#readPage(this.#tx, after, this.#range.upTo, ROWS_PER_PAGE);
    this.#isLastPage = this.#page.length < ROWS_PER_PAGE;
    this.#at = 0;
    return this.#page[0];
  }
}
