import { fromMicro, type Micro } from '../ledger/amount.ts';
import { toDate } from './log-item.ts';

/** What an explanation says in words. Plain sentences for the people who ask where their credit went. */

/** As much of a lot as words are made of. */
export interface PlaceInOrder {
  readonly priority: number;
  readonly expiresAtMs: number | null;
}

/** @returns the amount without its sign, as it is written in a sentence. */
function numberOf(amount: Micro): string {
  return String(fromMicro(amount < 0n ? -amount : amount));
}

function credits(amount: Micro): string {
  const number = numberOf(amount);
  return number === '1' ? '1 credit' : `${number} credits`;
}

function expiryOf({ expiresAtMs }: PlaceInOrder): string {
  return expiresAtMs === null ? 'never expires' : `expires ${toDate(expiresAtMs)}`;
}

function placeOf(lot: PlaceInOrder): string {
  return `priority ${lot.priority}, ${expiryOf(lot)}`;
}

/** Why this lot comes where it comes among those that paid (rule 1). */
export function whyBurned(lot: PlaceInOrder, before: PlaceInOrder | undefined): string {
  if (!before) return `Burned first: ${placeOf(lot)}.`;
  const place = placeOf(lot);
  if (lot.priority !== before.priority) {
    return `Next, as the one before had no more: ${place}. Priority ${before.priority} burns before ${lot.priority}.`;
  }
  if (lot.expiresAtMs === before.expiresAtMs) {
    return `Next, as the one before had no more: ${place}, like the one before, but opened later.`;
  }
  return `Next, as the one before had no more: ${place}. What expires sooner burns first.`;
}

/** Why a capture took from this lot what its hold had pinned (rule 7). */
export function whyPinned(lot: PlaceInOrder): string {
  return `Its hold had set this aside: ${placeOf(lot)}.`;
}

/** Why a capture took from this lot beyond what its hold had pinned. */
export function whyBeyondPins(lot: PlaceInOrder, before: PlaceInOrder | undefined): string {
  return `Beyond what its hold had set aside. ${whyBurned(lot, before)}`;
}

/** Why something expired (rule 2). */
export function whyExpired({ expiresAtMs }: PlaceInOrder): string {
  return `Not used by ${expiresAtMs === null ? 'then' : toDate(expiresAtMs)}, when it expired.`;
}

/** What a grant, a positive adjustment brought. */
export function whyOpened(lot: PlaceInOrder): string {
  return `New credit: ${placeOf(lot)}.`;
}

/** Why free credit went into a debt (rule 4). */
export function whySettled(lot: PlaceInOrder, before: PlaceInOrder | undefined): string {
  return `Free credit pays what is owed at once. ${whyBurned(lot, before)}`;
}

/** Why a refund gave this back (rule 8). */
export function whyGivenBack(): string {
  return 'Given back to where it was taken from; what was taken last comes back first.';
}

/** Why a refund brought new credit (rule 8). */
export function whyOpenedByRefund(lot: PlaceInOrder): string {
  return `Where it was taken from has expired, so this is new credit: ${placeOf(lot)}.`;
}

/** Why a void took this (rule 8). */
export function whyTakenBack(): string {
  return 'What was free of the voided credit was taken back.';
}

/** Why something is owed (rule 4). */
export function whyOwed(kind: 'spend' | 'capture' | 'adjustment' | 'void', debtLimit: Micro): string {
  switch (kind) {
    case 'spend':
      return `No free credit was left; up to ${numberOf(debtLimit)} may be owed.`;
    case 'capture':
      return 'No credit was left for this part.';
    case 'adjustment':
      return 'No free credit was left; an operator may go beyond the debt limit.';
    case 'void':
      return 'This part of the voided credit had been used already.';
  }
}

/** Why a debt was paid (rule 4). */
export function whyPaid(): string {
  return 'What was owed longest is paid first.';
}

/** Why a refund lowered a debt (rule 8). */
export function whyGivenUp(): string {
  return 'This part was still owed; now it is not.';
}

/** The figures that a summary tells. */
export interface SummaryFigures {
  readonly amount: Micro;
  /** How many lots gave or took. */
  readonly lots: number;
  /** What became debt in this entry, 0 or more. */
  readonly owed: Micro;
  /** What was paid of debt, or given up, 0 or more. */
  readonly paid: Micro;
}

/** @returns all of an entry in a sentence or two. */
export function summaryOf(kind: string, isVoid: boolean, figures: SummaryFigures): string {
  const amount = credits(figures.amount);
  const owed = figures.owed > 0n ? ` ${numberOf(figures.owed)} of it was owed.` : '';
  switch (kind) {
    case 'spend':
      return `Spent ${amount}${fromLots(figures)}.${owed}`;
    case 'capture':
      return `Took ${amount} for a held job${fromLots(figures)}.${owed}`;
    case 'grant':
      return `Topped up by ${amount}.`;
    case 'expiry':
      return `${amount} expired unused.`;
    case 'settlement':
      return `Free credit paid ${numberOf(figures.paid)} of what was owed. The balance stays the same.`;
    case 'refund':
      return figures.paid > 0n
        ? `Gave back ${amount}; ${numberOf(figures.paid)} of it had still been owed.`
        : `Gave back ${amount}.`;
    default:
      if (isVoid) return `Took back ${amount} that had been brought by mistake.${owed}`;
      if (figures.amount > 0n) return `An operator added ${amount}.`;
      return `An operator took ${amount}${fromLots(figures)}.${owed}`;
  }
}

function fromLots({ lots }: SummaryFigures): string {
  if (lots === 0) return '';
  return lots === 1 ? ' from one lot' : ` from ${lots} lots`;
}
