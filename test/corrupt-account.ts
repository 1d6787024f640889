import assert from 'node:assert/strict';
import { it } from 'node:test';
import { audit } from '../src/ledger/audit.ts';
import type { Invariant } from '../src/ledger/audit-words.ts';
import type { Rows, SliceRow } from './healthy-account.ts';

/** A deliberate fault, an invariant that must name it, and where others do too, words by which it must. */
export type Fault = readonly [Invariant, string, (rows: Rows) => void, RegExp?];

function one<T>(rows: readonly T[], isIt: (row: T) => boolean): T {
  const row = rows.find(isIt);
  assert(row !== undefined, 'there is no such row');
  return row;
}

export const entry = (rows: Rows, seq: number) => one(rows.entries, (row) => row.seq === seq);
export const lot = (rows: Rows, number: number) => one(rows.lots, (row) => row.lot === number);
export const debt = (rows: Rows, seq: number) => one(rows.debts, (row) => row.seq === seq);
export const hold = (rows: Rows, number: number) => one(rows.holds, (row) => row.hold === number);

/** @returns the first change of this kind, of this hold. */
export function event(rows: Rows, kind: string, number: number | null = null): Rows['changes'][number] {
  return one(rows.changes, (row) => row.kind === kind && row.hold === number);
}

export function slice(rows: Rows, seq: number, index: number): SliceRow {
  const found = entry(rows, seq).slices[index];
  assert(found, 'there is no such slice');
  return found;
}

export function put<T extends object>(row: T, members: Partial<T>): void {
  Object.assign(row, members);
}

export function swap<T>(rows: T[], a: number, b: number): void {
  [rows[a], rows[b]] = [rows[b], rows[a]] as [T, T];
}

/** Two entries, or two changes, take each other's place in the order of versions. */
export function swapVersions(rows: Rows, a: { version: number }, b: { version: number }): void {
  [a.version, b.version] = [b.version, a.version];
  rows.changes.sort((x, y) => x.version - y.version);
}

export function drop<T>(rows: T[], row: T): void {
  rows.splice(rows.indexOf(row), 1);
}

/** Tests that the audit of such an account finds each of these faults. */
export function findsAll(healthy: () => Rows, faults: readonly Fault[]): void {
  for (const [invariant, fault, corrupt, words = /./] of faults) {
    it(`names ${invariant} when ${fault}`, () => {
      const rows = healthy();
      corrupt(rows);
      const found = audit(rows);
      const named = found.filter((finding) => finding.invariant === invariant && words.test(finding.text));
      const texts = found.map((finding) => `${finding.invariant} ${finding.text}`);
      assert(named.length > 0, `found only:\n${texts.join('\n')}`);
    });
  }
}
