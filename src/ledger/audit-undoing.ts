import type { ReplayedDebts } from './audit-debts.ts';
import type { ReplayedLots } from './audit-lots.ts';
import { shareOf } from './audit-order.ts';
import type { AuditedSlice } from './audit-slices.ts';
import { type AuditedEntry, credits, type Report } from './audit-words.ts';

/** How long a lot lives at least and at most that a refund opens instead of one that is due (rule 8). */
const LEAST_LIFE_MS = 86_400_000;
const MOST_LIFE_MS = 30 * LEAST_LIFE_MS;

/** A slice that refunds may undo, with what is left of it. */
interface UndoableSlice {
  readonly entry: number;
  readonly slice: number;
  readonly atMs: number;
  /** undefined: debt, of which the debt itself knows what is open. */
  readonly lot: number | undefined;
  left: bigint;
  leftMoney: bigint;
}

/** A spend or capture that some refund undoes. */
interface UndoneEntry {
  readonly seq: number;
  readonly atMs: number;
  /** What is left to refund, millionths. */
  left: bigint;
  readonly slices: readonly UndoableSlice[];
  /** The lots' slices of settlements that paid its debt, oldest first. */
  readonly settled: UndoableSlice[];
}

/** Refunds and voids, judged by rule 8 (I4); of the history only entries that a refund undoes are kept. */
export class Undoings {
  readonly #undone: ReadonlySet<number>;
  readonly #lots: ReplayedLots;
  readonly #debts: ReplayedDebts;
  readonly #report: Report;
  readonly #entries = new Map<number, UndoneEntry>();

  /** @param undone seqs of the entries that some refund undoes. */
  constructor(undone: ReadonlySet<number>, lots: ReplayedLots, debts: ReplayedDebts, report: Report) {
    this.#undone = undone;
    this.#lots = lots;
    this.#debts = debts;
    this.#report = report;
  }

  /** Remembers an entry that will be refunded, and a settlement that pays the debt of one. */
  note(entry: AuditedEntry, slices: readonly AuditedSlice[]): void {
    const undoable = ({ lot, amount, money }: AuditedSlice, slice: number): UndoableSlice => {
      return { entry: entry.seq, slice, atMs: entry.atMs, lot, left: -amount, leftMoney: -money };
    };
    if (entry.kind === 'settlement') {
      for (let at = 0; at + 1 < slices.length; at += 2) {
        const [taken, paid] = slices.slice(at, at + 2);
        if (!taken || paid?.debt === undefined) continue;
        this.#entries.get(paid.debt)?.settled.push(undoable(taken, at));
      }
    } else if ((entry.kind === 'spend' || entry.kind === 'capture') && this.#undone.has(entry.seq)) {
      const { seq, atMs, amount } = entry;
      this.#entries.set(seq, { seq, atMs, left: -amount, slices: slices.map(undoable), settled: [] });
    }
  }

  /** @returns the instant of the spend or capture with this seq, where a refund undoes it. */
  instantOf(seq: number): number | undefined {
    return this.#entries.get(seq)?.atMs;
  }

  /** Plays a refund. */
  refund(entry: AuditedEntry, slices: readonly AuditedSlice[]): void {
    const name = `entry ${entry.seq} (refund)`;
    const undone = this.#entries.get(entry.undoes ?? 0);
    if (!undone)
      this.#report('I4', `${name} undoes entry ${entry.undoes}, which is no spend or capture before it`);
    else this.#checkLeft(name, entry, undone);
    slices.forEach((slice, index) => {
      const words = `${name}: slice ${index}`;
      const target = undone && this.#checkTarget(words, slice, undone);
      if (slice.debt !== undefined) this.#debts.pay(entry, slice.debt, slice.amount);
      else if (slice.opens) this.#openInstead(words, entry, slice, target);
      else this.#giveBack(words, entry, slice, target);
      if (!target) return;
      target.left -= slice.amount;
      target.leftMoney -= slice.money;
    });
  }

  #checkLeft(name: string, entry: AuditedEntry, undone: UndoneEntry): void {
    undone.left -= entry.amount;
    const left = credits(undone.left);
    if (undone.left < 0n)
      this.#report('I4', `${name} gives back more than entry ${undone.seq} took: ${left} is left`);
    if (entry.refundable !== undone.left) {
      const says = entry.refundable === null ? 'nothing' : credits(entry.refundable);
      this.#report('I4', `${name} says that ${says} is left to refund of entry ${undone.seq}, not ${left}`);
    }
  }

  /** Whether a slice undoes what comes next, last taken first, and no more than is left of that. */
  #checkTarget(words: string, { undoes, amount, money, debt }: AuditedSlice, undone: UndoneEntry) {
    const target = [...undone.slices, ...undone.settled].find(
      ({ entry, slice }) => entry === undoes?.entry && slice === undoes.slice,
    );
    if (!target || (target.lot === undefined) !== (debt !== undefined)) {
      this.#report('I4', `${words} undoes no slice of entry ${undone.seq} that it could`);
      return undefined;
    }
    const next = this.#nextOf(undone);
    if (next && next !== target) {
      const is = `slice ${target.slice} of entry ${target.entry}`;
      this.#report('I4', `${words} undoes ${is}, but slice ${next.slice} of entry ${next.entry} comes first`);
    }
    const left = target.lot === undefined ? this.#debts.openOf(undone.seq) : target.left;
    if (amount > left)
      this.#report('I4', `${words} gives back ${credits(amount)}, but only ${credits(left)} is left`);
    else if (target.lot !== undefined) {
      const share = amount === left ? target.leftMoney : shareOf(target.leftMoney, amount, left);
      if (share !== money) this.#report('I4', `${words} has money ${credits(money)}, not ${credits(share)}`);
    }
    return target;
  }

  /** @returns the slice that is undone next: the last with something left; of debt first what is open, then what paid it. */
  #nextOf({ seq, slices, settled }: UndoneEntry): UndoableSlice | undefined {
    const last = slices.at(-1);
    if (last && last.lot === undefined) {
      if (this.#debts.openOf(seq) > 0n) return last;
      const paid = settled.findLast(({ left }) => left > 0n);
      if (paid) return paid;
    }
    return slices.findLast(({ lot, left }) => lot !== undefined && left > 0n);
  }

  #giveBack(
    words: string,
    entry: AuditedEntry,
    slice: AuditedSlice,
    target: UndoableSlice | undefined,
  ): void {
    const { lot: number, amount, money } = slice;
    if (number === undefined) return;
    if (target && target.lot !== number) {
      this.#report('I4', `${words} gives lot ${number} what was taken from lot ${target.lot}`);
    }
    const expiresAtMs = this.#lots.get(number)?.row.expiresAtMs ?? null;
    if (expiresAtMs !== null && expiresAtMs <= entry.atMs) {
      this.#report('I6', `${words} gives back to lot ${number}, which is due`);
    }
    this.#lots.giveBack(entry, number, amount, money);
  }

  #openInstead(
    words: string,
    entry: AuditedEntry,
    slice: AuditedSlice,
    target: UndoableSlice | undefined,
  ): void {
    const opened = this.#lots.open(entry, slice);
    const old = target?.lot === undefined ? undefined : this.#lots.get(target.lot)?.row;
    if (!opened || !target || !old) return;
    if (old.expiresAtMs === null || old.expiresAtMs > entry.atMs) {
      this.#report('I6', `${words} opens lot ${opened.lot}, though lot ${old.lot} is not due`);
      return;
    }
    const lifeMs = Math.min(Math.max(old.expiresAtMs - target.atMs, LEAST_LIFE_MS), MOST_LIFE_MS);
    if (opened.priority !== old.priority || opened.expiresAtMs !== entry.atMs + lifeMs) {
      this.#report(
        'I2',
        `lot ${opened.lot} has not the priority or the life that it has from lot ${old.lot}`,
      );
    }
  }

  /** Plays a void: all that is free of its lot, and all that was used of it as debt, or none of that. */
  void(entry: AuditedEntry, slices: readonly AuditedSlice[]): void {
    const name = `entry ${entry.seq} (void)`;
    const own = this.#lots.broughtBy(entry.undoes ?? 0);
    if (!own)
      this.#report('I4', `${name} undoes entry ${entry.undoes}, which is no grant or adjustment upwards`);
    const inLots = slices.filter(({ lot }) => lot !== undefined);
    for (const { lot } of inLots) {
      if (lot !== own?.row.lot) this.#report('I6', `${name} takes from lot ${lot}, which is not its own`);
    }
    const taken = inLots.reduce((sum, { amount }) => sum - amount, 0n);
    const owed = slices.reduce((sum, { debt, amount }) => (debt === undefined ? sum : sum - amount), 0n);
    if (own) {
      const isDue = own.row.expiresAtMs !== null && own.row.expiresAtMs <= entry.atMs;
      const free = isDue ? 0n : own.remaining - own.held;
      const voidable = own.row.amount - own.voidedFree - own.voidedAsDebt;
      const should = free < voidable ? free : voidable;
      if (taken !== should)
        this.#report('I4', `${name} takes ${credits(taken)}, it could take ${credits(should)}`);
      own.voidedFree += taken;
    }
    for (const { lot, amount, money } of inLots) {
      if (lot !== undefined) this.#lots.takeOutOfTurn(entry, lot, -amount, -money);
    }
    if (owed > 0n) this.#debts.owe(entry.seq, owed);
    if (!own || owed === 0n) return;
    const used = own.row.amount - own.remaining - own.writtenOff - own.voidedFree - own.voidedAsDebt;
    if (owed !== used)
      this.#report('I4', `${name} makes a debt of ${credits(owed)}, ${credits(used)} was used`);
    own.voidedAsDebt += owed;
  }
}
