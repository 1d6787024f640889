import { checkCache, checkFigures, checkSums, trueLots } from './audit-figures.ts';
import { HoldRows } from './audit-hold-rows.ts';
import { ReplayedLimits } from './audit-limits.ts';
import { checkLotFigures } from './audit-lots.ts';
import { Replay } from './audit-replay.ts';
import { type AuditedSlice, parseSlices, shapeFault } from './audit-slices.ts';
import {
  type AuditedChange,
  type AuditedEntry,
  type AuditedHold,
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

const HOLD_KINDS = new Set(['hold', 'extend', 'release', 'hold-expiry']);
const KEYLESS_KINDS = new Set([
  'expiry',
  'settlement',
  'hold-expiry',
  'debt-limit',
  'limits',
  'ban',
  'unban',
]);

/** The end of a hold, which tells the balance after all that it brought about at its instant. */
interface ToldEnd {
  readonly name: string;
  readonly change: AuditedChange;
}

/**
 * Checks the invariants of ledger.md for one account, independently of the rules that wrote it: give it the
 * account's entries and changes in the order of their versions, each hold's row before the event that creates the
 * hold, then ask it to finish. Of the history it keeps in memory lots, debts, open holds and what is refunded.
 */
export class AccountAudit {
  readonly #rows: AuditedRows;
  readonly #report: Report;
  readonly #lots: readonly AuditedLot[];
  readonly #replay: Replay;
  readonly #limits: ReplayedLimits;
  readonly #holdRows: HoldRows;
  #seq = 0;
  #version = 0;
  #atMs = 0;
  #balance = 0n;
  #balanceMoney = 0n;
  #banned = false;
  #ends: ToldEnd[] = [];
  /** An entry that can't be replayed makes everything after it look wrong, so it is the last one replayed. */
  #canReplay = true;

  constructor(rows: AuditedRows, report: Report) {
    this.#rows = rows;
    this.#report = report;
    this.#lots = trueLots(rows, report);
    this.#replay = new Replay(this.#lots, rows.undone, report);
    this.#limits = new ReplayedLimits(rows.limits, rows.timeZone, report);
    this.#holdRows = new HoldRows(report);
  }

  /** Takes the row of a hold, before the event that creates it. */
  hold(row: AuditedHold): void {
    this.#holdRows.add(row);
    this.#replay.holds.row(row);
  }

  /** Takes the account's next entry. */
  entry(entry: AuditedEntry): void {
    const name = `entry ${entry.seq} (${entry.kind})`;
    if (entry.seq !== this.#seq + 1) this.#report('I1', `${name} follows entry ${this.#seq}`);
    this.#checkStep(name, entry);
    const balance = this.#balance + entry.amount;
    if (entry.balance !== balance) {
      const should = credits(balance);
      this.#report('I1', `${name}: the balance after it is ${credits(entry.balance)}, not ${should}`);
    }
    const money = this.#balanceMoney + entry.amountMoney;
    if (entry.balanceMoney !== money) {
      const should = credits(money);
      this.#report('I1', `${name}: the money after it is ${credits(entry.balanceMoney)}, not ${should}`);
    }
    this.#limits.checkInForce(name, entry);
    this.#play(name, entry);
    this.#seq = entry.seq;
    this.#balance = entry.balance;
    this.#balanceMoney = entry.balanceMoney;
  }

  /** Takes the account's next change that is no entry. */
  change(change: AuditedChange): void {
    const name = `change ${change.version} (${change.kind})`;
    this.#checkStep(name, change);
    const isHoldEvent = HOLD_KINDS.has(change.kind);
    if (change.kind === 'ban') this.#banned = true;
    else if (change.kind === 'unban') this.#banned = false;
    else if (!isHoldEvent && change.kind !== 'debt-limit' && change.kind !== 'limits') {
      this.#report('I1', `${name} is of no known kind`);
    }
    this.#limits.change(change);
    this.#limits.checkInForce(name, change);
    if (!this.#canReplay) return;
    if (isHoldEvent) this.#playHold(name, change);
    else {
      this.#replay.pass(name, change);
      this.#checkHeld(name, change.held);
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
    const { account, debts, references, keyClashes } = this.#rows;
    this.#settleEnds();
    const { debtLimit } = this.#limits;
    const told = {
      seq: this.#seq,
      version: this.#version,
      atMs: this.#atMs,
      banned: this.#banned,
      debtLimit,
    };
    checkFigures(
      account,
      { ...told, balance: this.#balance, balanceMoney: this.#balanceMoney },
      this.#report,
    );
    for (const lot of this.#lots) checkLotFigures(lot, this.#report);
    let first = account.cursor?.lot;
    if (this.#canReplay) {
      this.#replay.finish();
      this.#replay.lots.compare();
      this.#replay.debts.compare(debts);
      this.#replay.holds.compare();
      first = this.#replay.lots.firstFree(account.lastAtMs)?.row.lot;
    }
    this.#limits.compare();
    checkSums(this.#rows, this.#lots, this.#report);
    checkCache(account, this.#lots, first, this.#report);
    this.#holdRows.compare(account, this.#lots);
    for (const { what, ledgerId } of references) this.reference(what, ledgerId);
    for (const { keyHash, kind } of keyClashes) {
      const what = kind === 'twice' ? 'stands on two effects' : 'is refused, but an entry or a hold has it';
      this.#report('I5', `the idempotency key with the hash ${keyHash} ${what}`);
    }
    return this.#due(nowMs);
  }

  #due(nowMs: number): DueFigures {
    const due: number[] = this.#holdRows.ends.filter((endMs) => endMs <= nowMs);
    for (const { expiresAtMs, remaining, held } of this.#lots) {
      if (expiresAtMs !== null && expiresAtMs <= nowMs && remaining > held) due.push(expiresAtMs);
    }
    const oldestMs = due.reduce((least, atMs) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
    return { count: due.length, oldestMs: due.length > 0 ? oldestMs : null };
  }

  #checkStep(name: string, step: AuditedEntry | AuditedChange): void {
    const { version, atMs, kind, hasKey } = step;
    if (this.#ends.length > 0) {
      const goesOn = atMs === this.#atMs && (kind === 'expiry' || kind === 'hold-expiry');
      if (!goesOn) this.#settleEnds();
    }
    if (version !== this.#version + 1) {
      this.#report('I1', `${name} has version ${version} after version ${this.#version}`);
    }
    if (atMs < this.#atMs) this.#report('I11', `${name} is dated before the one before it`);
    if (hasKey && KEYLESS_KINDS.has(kind)) {
      this.#report('I5', `${name} has an idempotency key, but no request with one can have asked for it`);
    }
    this.#version = version;
    this.#atMs = Math.max(this.#atMs, atMs);
  }

  #play(name: string, entry: AuditedEntry): void {
    const slices = parseSlices(entry.slices);
    if (typeof slices === 'string') {
      this.#report('I4', `${name}: ${slices}`);
      this.#canReplay = false;
    } else this.#checkSlices(name, entry, slices);
    const beyond =
      this.#canReplay && typeof slices !== 'string' ? this.#replay.play(name, entry, slices) : 0n;
    const { kind, atMs, amount } = entry;
    if (kind === 'spend' || kind === 'capture') this.#limits.count(atMs, -amount);
    if (kind === 'refund') this.#limits.uncount(this.#replay.instantOf(entry.undoes ?? 0), atMs, amount);
    if (kind === 'spend' || beyond > 0n) this.#limits.checkTaken(name, entry);
    if (this.#canReplay) this.#checkHeld(name, entry.held);
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

  #playHold(name: string, change: AuditedChange): void {
    const hasMore = this.#replay.playHold(name, change);
    const { atMs, held } = change;
    if (hasMore) this.#limits.checkTaken(name, { atMs, held, balance: this.#balance });
    this.#checkHeld(name, held);
    if (change.kind === 'release' || change.kind === 'hold-expiry') this.#ends.push({ name, change });
    else this.#checkTold(name, change);
  }

  #settleEnds(): void {
    for (const { name, change } of this.#ends) this.#checkTold(name, change);
    this.#ends = [];
  }

  /** Whether a hold event tells the balance that its answer told. */
  #checkTold(name: string, { balance }: AuditedChange): void {
    if (balance === this.#balance) return;
    const is = balance === null ? 'none' : credits(balance);
    this.#report('I1', `${name}: the balance after it is ${is}, not ${credits(this.#balance)}`);
  }

  #checkHeld(name: string, held: bigint): void {
    const should = this.#replay.holds.held;
    if (held !== should) {
      this.#report('I9', `${name} says that ${credits(held)} is held, its holds reserve ${credits(should)}`);
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
    readonly holds: readonly AuditedHold[];
  },
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  const account = new AccountAudit(rows, (invariant, text) => findings.push({ invariant, text }));
  for (const hold of rows.holds) account.hold(hold);
  const changes = [...rows.changes];
  for (const entry of rows.entries) {
    while (changes[0] && changes[0].version < entry.version) account.change(changes.shift() as AuditedChange);
    account.entry(entry);
  }
  for (const change of changes) account.change(change);
  account.finish(0);
  return findings;
}
