import { parsePins } from './audit-slices.ts';
import {
  type AuditedAccount,
  type AuditedHold,
  type AuditedLot,
  credits,
  type Report,
} from './audit-words.ts';

/** What the stored rows of holds come to together, whatever their history (I9), and what is cached of them (I2). */
export class HoldRows {
  readonly #report: Report;
  readonly #pinned = new Map<number, bigint>();
  readonly #ends: number[] = [];
  #reserved = 0n;
  #lastHold = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The ends of the holds that are open, Unix milliseconds. */
  get ends(): readonly number[] {
    return this.#ends;
  }

  add(row: AuditedHold): void {
    const name = `hold ${row.hold}`;
    const pins = parsePins(row.pins);
    this.#lastHold = Math.max(this.#lastHold, row.hold);
    if (typeof pins === 'string') {
      this.#report('I9', `${name}: ${pins}`);
      return;
    }
    const pinned = pins.reduce((sum, { amount }) => sum + amount, 0n);
    if (row.unpinned < 0n || pinned + row.unpinned !== row.reserved) {
      const has = `${credits(pinned)} pinned and ${credits(row.unpinned)} without a pin`;
      this.#report('I9', `${name} reserves ${credits(row.reserved)}, but has ${has}`);
    }
    if ((row.endedBy === null) !== row.reserved > 0n) {
      this.#report('I9', `${name} is ${row.endedBy ?? 'open'} and reserves ${credits(row.reserved)}`);
    }
    if (row.endedBy !== null) return;
    this.#ends.push(row.expiresAtMs);
    this.#reserved += row.reserved;
    for (const { lot, amount } of pins) this.#pinned.set(lot, (this.#pinned.get(lot) ?? 0n) + amount);
  }

  /** Compares the account's and the lots' figures with the sums of their open holds. */
  compare(account: AuditedAccount, lots: readonly AuditedLot[]): void {
    if (account.held !== this.#reserved) {
      const should = credits(this.#reserved);
      this.#report('I9', `the account holds ${credits(account.held)}, its open holds reserve ${should}`);
    }
    for (const { lot, held } of lots) {
      const pinned = this.#pinned.get(lot) ?? 0n;
      this.#pinned.delete(lot);
      if (held !== pinned) {
        this.#report('I9', `lot ${lot} has ${credits(held)} held, open holds pin ${credits(pinned)} in it`);
      }
    }
    for (const lot of this.#pinned.keys())
      this.#report('I9', `an open hold has a pin in lot ${lot}, which is not there`);
    if (account.lastHold !== this.#lastHold) {
      this.#report('I2', `the account says that its last hold is ${account.lastHold}, not ${this.#lastHold}`);
    }
    const dueMs = this.#ends.length > 0 ? this.#ends.reduce((least, end) => Math.min(least, end)) : null;
    if (account.holdDueMs !== dueMs) {
      this.#report(
        'I2',
        `the account expects the next end of a hold at ${account.holdDueMs}, its holds at ${dueMs}`,
      );
    }
  }
}
