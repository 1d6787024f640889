import { ReplayedDebts } from './audit-debts.ts';
import { type CaptureShare, ReplayedHolds } from './audit-holds.ts';
import { ReplayedLots } from './audit-lots.ts';
import type { AuditedSlice } from './audit-slices.ts';
import { Undoings } from './audit-undoing.ts';
import {
  type AuditedChange,
  type AuditedEntry,
  type AuditedLot,
  credits,
  type Report,
} from './audit-words.ts';

/** A step of the history: an entry or a change. */
interface Step {
  readonly kind: string;
  readonly atMs: number;
}

/** The lots, debts and holds of one account, built again from its history in the order of its versions. */
export class Replay {
  readonly lots: ReplayedLots;
  readonly debts: ReplayedDebts;
  readonly holds: ReplayedHolds;
  readonly #undoings: Undoings;
  readonly #report: Report;
  #atMs = 0;

  /** @param undone seqs of the entries that some refund undoes. */
  constructor(lots: readonly AuditedLot[], undone: ReadonlySet<number>, report: Report) {
    this.#report = report;
    this.lots = new ReplayedLots(lots, report);
    this.debts = new ReplayedDebts(report);
    this.holds = new ReplayedHolds(this.lots, report);
    this.#undoings = new Undoings(undone, this.lots, this.debts, report);
  }

  /** @returns the instant of the spend or capture with this seq, where a refund undoes it. */
  instantOf(seq: number): number | undefined {
    return this.#undoings.instantOf(seq);
  }

  /**
   * Plays one entry whose slices have the shape of its kind.
   *
   * @returns what a capture took beyond its hold; 0 of other entries.
   */
  play(name: string, entry: AuditedEntry, slices: readonly AuditedSlice[]): bigint {
    this.#begin(name, entry);
    let beyond = 0n;
    if (entry.kind === 'refund') this.#undoings.refund(entry, slices);
    else if (entry.kind === 'capture') beyond = this.#capture(name, entry, slices);
    else if (entry.kind === 'adjustment' && entry.undoes !== null) this.#undoings.void(entry, slices);
    else for (const slice of slices) this.#playSlice(entry, slice);
    this.#undoings.note(entry, slices);
    return beyond;
  }

  /** Plays one hold event. @returns whether its hold reserves more than before. */
  playHold(name: string, change: AuditedChange): boolean {
    this.#begin(name, change);
    return this.holds.play(name, change);
  }

  /** Plays a change that moves nothing. */
  pass(name: string, change: AuditedChange): void {
    this.#begin(name, change);
  }

  /** Looks at the end of the history for what should have followed in its last commit. */
  finish(): void {
    this.#begin('the end of its history', { kind: 'end', atMs: this.#atMs });
  }

  /** What must have been booked before this step: rule 2 at each instant, rule 4 after each step. */
  #begin(name: string, { kind, atMs }: Step): void {
    const isDue = kind === 'expiry' || kind === 'hold-expiry';
    // At one instant holds end first, then lots expire, and then the settlement follows.
    const mayBeSettledLater = kind === 'settlement' || (isDue && atMs === this.#atMs);
    if (!mayBeSettledLater && this.debts.hasOpen) {
      const free = this.lots.firstFree(this.#atMs);
      if (free) this.#report('I3', `before ${name}: lot ${free.row.lot} has free credit beside a debt`);
    }
    this.#atMs = Math.max(this.#atMs, atMs);
    this.lots.checkNothingDue(name, atMs, isDue);
    this.holds.checkNothingOver(name, atMs, kind === 'hold-expiry');
  }

  #playSlice(entry: AuditedEntry, slice: AuditedSlice): void {
    const { lot, debt, amount, money } = slice;
    if (slice.opens) this.lots.open(entry, slice);
    else if (debt !== undefined) this.#changeDebt(entry, debt, amount);
    else if (lot === undefined) return;
    else if (entry.kind === 'expiry') this.lots.expire(entry, lot, -amount, -money);
    else this.lots.takeInTurn(entry, lot, -amount, -money);
  }

  #changeDebt(entry: AuditedEntry, seq: number, amount: bigint): void {
    if (amount >= 0n) {
      this.debts.pay(entry, seq, amount);
      return;
    }
    const free = this.lots.firstFree(entry.atMs);
    const words = `entry ${entry.seq} (${entry.kind})`;
    if (free) this.#report('I3', `${words} owes while lot ${free.row.lot} has free credit`);
    this.debts.owe(seq, -amount);
  }

  /** Rule 7: pinned slices in burn order, then free credit in its turn, then debt. */
  #capture(name: string, entry: AuditedEntry, slices: readonly AuditedSlice[]): bigint {
    const share: CaptureShare = this.holds.shareOf(entry) ?? { pinned: [], beyond: 0n };
    share.pinned.forEach(({ lot, amount }, index) => {
      const slice = slices[index];
      if (slice?.lot === lot && slice.amount === -amount) return;
      this.#report(
        'I6',
        `${name}: slice ${index} is not the ${credits(amount)} that its hold pinned in lot ${lot}`,
      );
    });
    slices.forEach((slice, index) => {
      if (index >= share.pinned.length) this.#playSlice(entry, slice);
      else if (slice.lot !== undefined) this.lots.takePinned(entry, slice.lot, -slice.amount, -slice.money);
    });
    this.holds.capture(entry, share);
    return share.beyond;
  }
}
