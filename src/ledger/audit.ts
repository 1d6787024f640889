import { Replay } from './audit-replay.ts';
import { type AuditedSlice, parseSlices, shapeFault } from './audit-slices.ts';
import {
  type AuditedChange,
  type AuditedEntry,
  type AuditedLot,
  type AuditedRows,
  credits,
  type Invariant,
  type Report,
} from './audit-words.ts';

/** What is due and not booked yet: a figure, never a finding (I11). */
export interface DueFigures {
  readonly count: number;
  /** The instant at which the oldest of it fell due, Unix milliseconds. */
  readonly oldestMs: number | null;
}

/**
 * Checks the invariants of ledger.md for one account, independently of the rules that wrote it: give it the
 * account's entries and changes in the order of their versions, then ask it to finish. It keeps the account's
 * lots and debts in memory and nothing of its entries. I10 and most of I9 wait for limits and holds.
 */
export class AccountAudit {
  readonly #rows: AuditedRows;
  readonly #report: Report;
  readonly #lots: readonly AuditedLot[];
  readonly #replay: Replay;
  #seq = 0;
  #version = 0;
  #atMs = 0;
  #balance = 0n;
  #balanceMoney = 0n;
  #debtLimit = 0n;
  #banned = false;
  /** An entry that can't be replayed makes everything after it look wrong, so it is the last one replayed. */
  #canReplay = true;

  constructor(rows: AuditedRows, report: Report) {
    this.#rows = rows;
    this.#report = report;
    this.#lots = rows.lots.map((lot) => this.#trueLot(lot));
    this.#replay = new Replay(this.#lots, report);
  }

  /** Takes the account's next entry. */
  entry(entry: AuditedEntry): void {
    const name = `entry ${entry.seq} (${entry.kind})`;
    if (entry.seq !== this.#seq + 1) this.#report('I1', `${name} follows entry ${this.#seq}`);
    this.#checkStep(name, entry);
    const balance = this.#balance + entry.amount;
    if (entry.balance !== balance) {
      this.#report(
        'I1',
        `${name}: the balance after it is ${credits(entry.balance)}, not ${credits(balance)}`,
      );
    }
    const money = this.#balanceMoney + entry.amountMoney;
    if (entry.balanceMoney !== money) {
      this.#report(
        'I1',
        `${name}: the money after it is ${credits(entry.balanceMoney)}, not ${credits(money)}`,
      );
    }
    if (entry.debtLimit !== this.#debtLimit) {
      this.#report('I8', `${name} was under the debt limit ${credits(this.#debtLimit)} and says another`);
    }
    if (entry.held !== 0n) this.#report('I9', `${name} says that ${credits(entry.held)} is held by no hold`);
    if (entry.kind === 'spend' && entry.balance - entry.held < -entry.debtLimit) {
      this.#report('I8', `${name} left ${credits(entry.balance)}, beyond its debt limit`);
    }
    if (entry.hasKey && (entry.kind === 'expiry' || entry.kind === 'settlement')) {
      this.#report('I5', `${name} has an idempotency key, but nobody asked for it`);
    }
    this.#play(name, entry);
    this.#seq = entry.seq;
    this.#balance = entry.balance;
    this.#balanceMoney = entry.balanceMoney;
  }

  /** Takes the account's next change that is no entry. */
  change(change: AuditedChange): void {
    const name = `change ${change.version} (${change.kind})`;
    this.#checkStep(name, change);
    if (change.kind === 'debt-limit') this.#debtLimit = change.debtLimit;
    else if (change.kind === 'ban') this.#banned = true;
    else if (change.kind === 'unban') this.#banned = false;
    else this.#report('I1', `${name} is of no known kind`);
    if (change.debtLimit !== this.#debtLimit) {
      this.#report('I8', `${name} was under the debt limit ${credits(this.#debtLimit)} and says another`);
    }
  }

  /** Takes something that refers to the account, or that it refers to; null: it is not there (I7). */
  reference(what: string, ledgerId: number | null): void {
    const { account } = this.#rows;
    if (ledgerId === account.ledgerId) return;
    const where = ledgerId === null ? 'is not there' : `belongs to ledger ${ledgerId}`;
    this.#report('I7', `${what} ${where}, the account to ledger ${account.ledgerId}`);
  }

  /** Compares what the history made of the account with what is stored of it. @returns what is due at `nowMs`. */
  finish(nowMs: number): DueFigures {
    this.#checkFigures();
    if (this.#canReplay) {
      this.#checkFreeBesideDebt('the account');
      this.#replay.compare(this.#rows.debts);
    }
    this.#checkSums();
    this.#checkCache();
    for (const { what, ledgerId } of this.#rows.references) this.reference(what, ledgerId);
    for (const { keyHash, kind } of this.#rows.keyClashes) {
      const what = kind === 'twice' ? 'stands on two entries' : 'is refused, but an entry has it';
      this.#report('I5', `the idempotency key with the hash ${keyHash} ${what}`);
    }
    const due = this.#lots.filter(
      (lot) => lot.expiresAtMs !== null && lot.expiresAtMs <= nowMs && lot.remaining > lot.held,
    );
    const oldestMs = due.reduce((least, lot) => Math.min(least, lot.expiresAtMs ?? least), Infinity);
    return { count: due.length, oldestMs: due.length > 0 ? oldestMs : null };
  }

  /** A lot with what is true of it: the account row has the figures of the one being burnt. */
  #trueLot(lot: AuditedLot): AuditedLot {
    const { cursor } = this.#rows.account;
    if (cursor?.lot !== lot.lot) return lot;
    // The sweeper and the next cursor find a lot by its own row, so that may be late, but never have less.
    if (lot.remaining < cursor.remaining) {
      this.#report('I2', `lot ${lot.lot} has less than the ${credits(cursor.remaining)} of the cursor`);
    }
    return { ...lot, remaining: cursor.remaining, remainingMoney: cursor.money };
  }

  #checkStep(name: string, { version, atMs }: { readonly version: number; readonly atMs: number }): void {
    if (version !== this.#version + 1) {
      this.#report('I1', `${name} has version ${version} after version ${this.#version}`);
    }
    if (atMs < this.#atMs) this.#report('I11', `${name} is dated before the one before it`);
    this.#version = version;
    this.#atMs = Math.max(this.#atMs, atMs);
  }

  #play(name: string, entry: AuditedEntry): void {
    const slices = parseSlices(entry.slices);
    if (typeof slices === 'string') {
      this.#report('I4', `${name}: ${slices}`);
      this.#canReplay = false;
      return;
    }
    this.#checkSlices(name, entry, slices);
    if (!this.#canReplay) return;
    if (entry.kind !== 'settlement') this.#checkFreeBesideDebt(`before ${name}`);
    this.#replay.play(entry, slices);
  }

  #checkSlices(name: string, entry: AuditedEntry, slices: readonly AuditedSlice[]): void {
    const amount = slices.reduce((sum, slice) => sum + slice.amount, 0n);
    const money = slices.reduce((sum, slice) => sum + slice.money, 0n);
    if (amount !== entry.amount) {
      this.#report('I4', `${name} is ${credits(entry.amount)}, its slices are ${credits(amount)}`);
    }
    if (money !== entry.amountMoney) {
      this.#report('I4', `${name} has money ${credits(entry.amountMoney)}, its slices ${credits(money)}`);
    }
    const fault = shapeFault(entry, slices);
    if (fault) this.#report('I4', `${name}: ${fault}`);
  }

  /** A settlement follows at once (rule 4), so free credit beside a debt never lasts until the next version. */
  #checkFreeBesideDebt(when: string): void {
    if (!this.#replay.hasDebt) return;
    const free = this.#replay.firstFree(this.#atMs);
    if (free !== undefined) this.#report('I3', `${when}: lot ${free} has free credit beside a debt`);
  }

  #checkFigures(): void {
    const { account } = this.#rows;
    const expect = (what: string, is: unknown, should: unknown, invariant: Invariant = 'I1') => {
      if (is !== should)
        this.#report(invariant, `the account's ${what} is ${is}, its history says ${should}`);
    };
    expect('last seq', account.lastSeq, this.#seq);
    expect('version', account.version, this.#version);
    expect('last instant', account.lastAtMs, this.#atMs);
    expect('ban', account.banned, this.#banned);
    expect('balance', credits(account.balance), credits(this.#balance));
    expect('money', credits(account.balanceMoney), credits(this.#balanceMoney));
    expect('debt limit', credits(account.debtLimit), credits(this.#debtLimit));
    expect('held', credits(account.held), credits(0n), 'I9');
  }

  #checkSums(): void {
    const { account, debts } = this.#rows;
    const remaining = this.#lots.reduce((sum, lot) => sum + lot.remaining, 0n);
    const money = this.#lots.reduce((sum, lot) => sum + lot.remainingMoney, 0n);
    const open = debts.reduce((sum, debt) => sum + debt.open, 0n);
    if (account.debt !== open || open < 0n) {
      this.#report('I3', `the account's debt is ${credits(account.debt)}, its debts are ${credits(open)}`);
    }
    if (account.balance !== remaining - account.debt) {
      const should = `${credits(remaining)} in lots less a debt of ${credits(account.debt)}`;
      this.#report('I3', `the account's balance is ${credits(account.balance)}, not ${should}`);
    }
    if (account.balanceMoney !== money) {
      this.#report(
        'I3',
        `the account's money is ${credits(account.balanceMoney)}, its lots' ${credits(money)}`,
      );
    }
    if (account.lastLot !== this.#lots.reduce((last, lot) => Math.max(last, lot.lot), 0)) {
      this.#report('I2', `the account says that its last lot is ${account.lastLot}`);
    }
  }

  /** What the account row caches about lots (I2). It was written at the account's last instant. */
  #checkCache(): void {
    const { account } = this.#rows;
    const cursor = account.cursor;
    let nextDueMs: number | null = null;
    for (const lot of this.#lots) {
      if (lot.expiresAtMs === null || lot.remaining <= lot.held) continue;
      if (nextDueMs === null || lot.expiresAtMs < nextDueMs) nextDueMs = lot.expiresAtMs;
    }
    if (account.nextDueMs !== nextDueMs) {
      this.#report(
        'I2',
        `the account expects the next expiry at ${account.nextDueMs}, its lots at ${nextDueMs}`,
      );
    }
    const first = this.#canReplay ? this.#replay.firstFree(account.lastAtMs) : cursor?.lot;
    if (cursor?.lot !== first) {
      this.#report('I2', `the account's cursor is lot ${cursor?.lot ?? 'none'}, first is ${first ?? 'none'}`);
    }
    const lot = this.#lots.find((each) => each.lot === cursor?.lot);
    if (!cursor || !lot) return;
    if (
      cursor.priority !== lot.priority ||
      cursor.expiresAtMs !== lot.expiresAtMs ||
      cursor.held !== lot.held
    ) {
      this.#report('I2', `the account's cursor tells another priority, expiry or held than lot ${lot.lot}`);
    }
  }
}

/** Something that is not as it must be. */
export interface AuditFinding {
  readonly invariant: Invariant;
  readonly text: string;
}

/** Checks one account whose history fits into memory. @returns what is not as it must be. */
export function audit(
  rows: AuditedRows & {
    readonly entries: readonly AuditedEntry[];
    readonly changes: readonly AuditedChange[];
  },
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  const account = new AccountAudit(rows, (invariant, text) => findings.push({ invariant, text }));
  const changes = [...rows.changes];
  for (const entry of rows.entries) {
    while (changes[0] && changes[0].version < entry.version) account.change(changes.shift() as AuditedChange);
    account.entry(entry);
  }
  for (const change of changes) account.change(change);
  account.finish(0);
  return findings;
}
