import { type AuditedMonth, monthAt } from './audit-month.ts';
import { type AuditedChange, type AuditedLimits, credits, type Report } from './audit-words.ts';

/** What is stored with each entry and change of the limits in force after it. */
interface Stored {
  readonly debtLimit: bigint;
  readonly softLimit: bigint;
  readonly hardLimit: bigint;
}

/** An account after a step that took or reserved credit. */
interface Taken {
  readonly atMs: number;
  readonly balance: bigint;
  readonly held: bigint;
}

const NO_MONTH: AuditedMonth = { fromMs: 0, toMs: 0 };

/** The limits of one account and its month's use, built again from its history (I8, I10). */
export class ReplayedLimits {
  readonly #stored: AuditedLimits | null;
  readonly #timeZone: string;
  readonly #report: Report;
  #debtLimit = 0n;
  #softLimit = 0n;
  #hardLimit = 0n;
  /** The month of the last spend or capture. */
  #month = NO_MONTH;
  #used = 0n;
  /** An account that never had monthly limits is judged by none, so nothing needs to be counted. */
  #counts: boolean;

  constructor(stored: AuditedLimits | null, timeZone: string, report: Report) {
    this.#stored = stored;
    this.#timeZone = timeZone;
    this.#report = report;
    this.#counts = stored !== null;
  }

  get debtLimit(): bigint {
    return this.#debtLimit;
  }

  /** A change sets what its kind may set. */
  change({ kind, debtLimit, softLimit, hardLimit }: AuditedChange): void {
    if (kind === 'debt-limit' || kind === 'limits') this.#debtLimit = debtLimit;
    if (kind !== 'limits') return;
    this.#softLimit = softLimit;
    this.#hardLimit = hardLimit;
  }

  /** Whether an entry or a change says the limits that were in force. */
  checkInForce(name: string, stored: Stored): void {
    if (stored.debtLimit !== this.#debtLimit) {
      this.#report('I8', `${name} was under the debt limit ${credits(this.#debtLimit)} and says another`);
    }
    if (stored.softLimit !== this.#softLimit || stored.hardLimit !== this.#hardLimit) {
      const limits = `${credits(this.#softLimit)} and ${credits(this.#hardLimit)}`;
      this.#report('I8', `${name} was under the monthly limits ${limits} and says others`);
    }
  }

  /** Counts what a spend or capture took. */
  count(atMs: number, amount: bigint): void {
    const month = this.#monthAt(atMs);
    if (!month) return;
    if (month.fromMs !== this.#month.fromMs) this.#used = 0n;
    this.#month = month;
    this.#used += amount;
  }

  /** Counts what was refunded of a spend or capture; only what was booked in the same month is less use of it. */
  uncount(undoneAtMs: number | undefined, atMs: number, amount: bigint): void {
    const { fromMs, toMs } = this.#month;
    if (undoneAtMs === undefined || undoneAtMs < fromMs || atMs >= toMs) return;
    this.#used = amount < this.#used ? this.#used - amount : 0n;
  }

  /** Whether credit that a spend, a hold or a capture beyond its hold took was within all limits. */
  checkTaken(name: string, { atMs, balance, held }: Taken): void {
    if (balance - held < -this.#debtLimit) {
      const left = credits(balance - held);
      this.#report('I8', `${name} left ${left}, beyond its debt limit ${credits(this.#debtLimit)}`);
    }
    if (this.#hardLimit === 0n) return;
    const month = this.#monthAt(atMs);
    if (!month) return;
    const use = (month.fromMs === this.#month.fromMs ? this.#used : 0n) + held;
    if (use > this.#hardLimit) {
      this.#report('I8', `${name} left a month's use of ${credits(use)}, beyond ${credits(this.#hardLimit)}`);
    }
  }

  /** Compares what the history made of the monthly limits with what is stored. */
  compare(): void {
    const softLimit = this.#stored?.softLimit ?? 0n;
    const hardLimit = this.#stored?.hardLimit ?? 0n;
    if (softLimit !== this.#softLimit || hardLimit !== this.#hardLimit) {
      const should = `${credits(this.#softLimit)} and ${credits(this.#hardLimit)}`;
      const is = `${credits(softLimit)} and ${credits(hardLimit)}`;
      this.#report('I8', `the account's monthly limits are ${is}, its history says ${should}`);
    }
    if (this.#stored) this.#compareMonth(this.#stored);
  }

  #compareMonth({ monthFromMs, monthToMs, monthUsed }: AuditedLimits): void {
    const month = this.#monthAt(monthFromMs);
    if (!month) return;
    if (month.fromMs !== monthFromMs || month.toMs !== monthToMs) {
      this.#report('I10', `${monthFromMs} to ${monthToMs} is no month of ${this.#timeZone}`);
    }
    if (monthFromMs < this.#month.fromMs) {
      this.#report('I10', `the month's use is that of a month before the last spend's`);
      return;
    }
    const used = monthFromMs === this.#month.fromMs ? this.#used : 0n;
    if (monthUsed !== used) {
      this.#report('I10', `the month's use is ${credits(monthUsed)}, its history says ${credits(used)}`);
    }
  }

  /** @returns the month of an instant; undefined where nothing is counted. */
  #monthAt(atMs: number): AuditedMonth | undefined {
    if (!this.#counts) return undefined;
    if (atMs >= this.#month.fromMs && atMs < this.#month.toMs) return this.#month;
    try {
      return monthAt(this.#timeZone, atMs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#report('I10', `the time zone ${this.#timeZone} is not known`);
      this.#counts = false;
      return undefined;
    }
  }
}
