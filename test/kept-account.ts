import assert from 'node:assert/strict';
import {
  type Account,
  type AccountChange,
  availableOf,
  type Debt,
  type Entry,
  type Hold,
  type LedgerEvent,
  type Limits,
  type Month,
  type Setting,
  type Slice,
} from '../src/ledger/account.ts';
import { fromMicro, type Micro } from '../src/ledger/amount.ts';
import type { BookChanges } from '../src/ledger/book.ts';
import type { Command, LedgerRequest, Outcome } from '../src/ledger/command.ts';
import { type Decision, decide } from '../src/ledger/decide.ts';
import type { Lot } from '../src/ledger/lot.ts';
import { checkKept } from './check-kept-account.ts';
import { partStates, wholeState } from './read-kept-account.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** @returns whole or broken credits in millionths. */
export function micro(credits: number): Micro {
  return BigInt(Math.round(credits * 1_000_000));
}

/** Months of thirty days, so that a test can tell where one ends. */
export function monthOf(atMs: number): Month {
  const fromMs = Math.floor(atMs / (30 * DAY_MS)) * 30 * DAY_MS;
  return { fromMs, toMs: fromMs + 30 * DAY_MS };
}

/** Of an organisation that has settled nothing else. */
export const SETTING: Setting = { monthOf, returnedLife: { leastMs: DAY_MS, mostMs: 30 * DAY_MS } };

/** A slice in credits, as the tests' tables write it. */
export function plainSlice({ lot, debt, amount, money, opens, undoes }: Slice): Record<string, unknown> {
  return {
    ...(lot === undefined ? { debt } : { lot }),
    amount: fromMicro(amount),
    ...(money === 0n ? {} : { money: fromMicro(money) }),
    ...(opens && { opens }),
    ...(undoes && { undoes: `${undoes.entry}.${undoes.slice}` }),
  };
}

interface Opened {
  readonly openedBySeq: number;
  readonly amount: Micro;
  writtenOff: Micro;
}

/**
 * One account as a database would keep it, written only by what `decide` says. Each decision is made from everything
 * and from the parts that the writer reads at first; all that decide must agree.
 */
export class KeptAccount {
  account: Account;
  readonly lots = new Map<number, Lot>();
  readonly opened = new Map<number, Opened>();
  readonly debts = new Map<number, Debt>();
  readonly holds = new Map<number, Hold>();
  readonly entries: Entry[] = [];
  readonly changes: AccountChange[] = [];
  readonly events: LedgerEvent[] = [];
  limits: Limits | undefined;
  cursor: Lot | undefined;
  nextDueMs: number | null = null;
  holdDueMs: number | null = null;
  nowMs: number;
  setting = SETTING;
  /** How many decisions were made from a part of the state alone, by the part. */
  readonly decidedFrom = new Map<string, number>();

  constructor(nowMs = 3 * DAY_MS) {
    this.nowMs = nowMs;
    this.account = {
      ...{ accountId: 1, version: 0, lastSeq: 0, lastAtMs: 0, lastLot: 0, lastHold: 0 },
      ...{ balance: 0n, balanceMoney: 0n, held: 0n, debt: 0n, debtLimit: 0n, banned: false },
    };
  }

  /** Plays one command at the present instant. */
  do(command: Command): Outcome {
    const outcome = this.doAll([command])[0];
    assert(outcome);
    return outcome;
  }

  /** Plays commands in one decision. */
  doAll(commands: readonly Command[]): readonly Outcome[] {
    const requests = commands.map((command): LedgerRequest => ({ command, author: 'cli' }));
    const state = wholeState(this, commands);
    const before = structuredClone(state);
    const decision = decide(state, requests, new Map(), this.nowMs, this.setting);
    assert(decision, 'with everything known there is always a decision');
    assert.deepEqual(state, before, 'a decision leaves its state alone');
    for (const [part, partial] of Object.entries(partStates(this, commands))) {
      const partly = decide(partial, requests, new Map(), this.nowMs, this.setting);
      if (!partly) continue;
      assert.deepEqual(
        sorted(partly),
        sorted(decision),
        `what is decided from the ${part} is what all decides`,
      );
      this.decidedFrom.set(part, (this.decidedFrom.get(part) ?? 0) + 1);
    }
    if (decision.changes) this.keep(decision.changes);
    return decision.outcomes;
  }

  /** Plays a command that must pass. @returns its entry or hold event. */
  pass(command: Command): {
    readonly entry?: Entry | undefined;
    readonly holdEvent?: AccountChange | undefined;
  } {
    const outcome = this.do(command);
    assert(
      outcome.kind === 'done',
      `${command.kind}: ${outcome.kind === 'refused' ? outcome.code : 'a replay'}`,
    );
    return outcome;
  }

  /** Plays a command that must be refused. @returns code and details. */
  refuse(command: Command): Record<string, unknown> {
    const outcome = this.do(command);
    assert(outcome.kind === 'refused', `${command.kind} passed`);
    return { code: outcome.code, ...outcome.details };
  }

  grant(credits: number, more: { expiresInMs?: number; priority?: number; money?: number } = {}): Entry {
    const expiresAtMs = more.expiresInMs === undefined ? null : this.nowMs + more.expiresInMs;
    const { priority = 50, money = credits } = more;
    return this.entryOf({
      ...{ kind: 'grant', amount: micro(credits), money: micro(money), priority, expiresAtMs },
    });
  }

  adjust(credits: number): Entry {
    return this.entryOf({
      ...{ kind: 'adjustment', amount: micro(credits), money: 0n, expiresAtMs: null },
    });
  }

  spend(credits: number): Entry {
    return this.entryOf({ kind: 'spend', amount: micro(credits) });
  }

  /** @returns the hold's number. */
  hold(credits: number, expiresInMs = HOUR_MS): number {
    const { holdEvent } = this.pass({ kind: 'hold', amount: micro(credits), expiresInMs });
    assert(holdEvent?.hold);
    return holdEvent.hold.hold;
  }

  capture(hold: number, credits: number, final = true): Entry {
    return this.entryOf({ kind: 'capture', ...this.named(hold), amount: micro(credits), final });
  }

  release(hold: number): AccountChange {
    const { holdEvent } = this.pass({ kind: 'release', ...this.named(hold) });
    assert(holdEvent);
    return holdEvent;
  }

  refund(seq: number, credits?: number): Entry {
    const amount = credits === undefined ? undefined : micro(credits);
    return this.entryOf({ kind: 'refund', seq, attempt: seq, amount });
  }

  void(seq: number, debt = false): Entry {
    return this.entryOf({ kind: 'void', seq, attempt: seq, debt });
  }

  /** A hold's name as its public id has it; here the attempt is the number. */
  named(hold: number): { hold: number; attempt: number } {
    return { hold, attempt: hold };
  }

  /** Lets time go by. */
  wait(ms: number): void {
    this.nowMs += ms;
  }

  /** @returns the figures in credits. */
  get figures(): Record<string, number> {
    const { balance, held, debt } = this.account;
    const available = fromMicro(availableOf(this.account));
    return { balance: fromMicro(balance), held: fromMicro(held), debt: fromMicro(debt), available };
  }

  /** @returns kind and slices of the entries since the one numbered `seq`, in credits. */
  entriesSince(seq: number): unknown[] {
    return this.entries.slice(seq).map(({ kind, slices }) => [kind, ...slices.map(plainSlice)]);
  }

  private entryOf(command: Command): Entry {
    const { entry } = this.pass(command);
    assert(entry);
    return entry;
  }

  openHolds(): Hold[] {
    return [...this.holds.values()].filter((hold) => hold.endedBy === undefined);
  }

  openLots(): Lot[] {
    return [...this.lots.values()].filter((lot) => lot.remaining > 0n);
  }

  openDebts(): Debt[] {
    return [...this.debts.values()].filter((debt) => debt.open > 0n);
  }

  openingOf(lot: number): Opened {
    const opened = this.opened.get(lot);
    assert(opened);
    return opened;
  }

  /** Use of the present month, counted from the entries in the plainest way. */
  countedUse(): Micro {
    const { fromMs } = monthOf(this.nowMs);
    let used = 0n;
    for (const { kind, atMs, amount, relation } of this.entries) {
      const undone = this.entries[(relation.undoes ?? 0) - 1];
      if ((kind === 'spend' || kind === 'capture') && atMs >= fromMs) used -= amount;
      if (kind === 'refund' && undone && undone.atMs >= fromMs) used -= amount;
    }
    return used;
  }

  private keep(changes: BookChanges): void {
    this.account = { ...changes.account };
    for (const { lot, openedBySeq, amount } of changes.openings) {
      this.opened.set(lot, { openedBySeq, amount, writtenOff: 0n });
    }
    for (const lot of changes.lots) this.lots.set(lot.lot, { ...lot });
    for (const { lot, amount } of changes.writeOffs) this.openingOf(lot).writtenOff += amount;
    for (const debt of changes.debts) this.debts.set(debt.seq, { ...debt });
    for (const hold of changes.holds) this.holds.set(hold.hold, { ...hold, attempt: hold.hold });
    this.entries.push(...changes.entries);
    this.changes.push(...changes.changes);
    this.events.push(...changes.events);
    this.limits = changes.limits ? { ...changes.limits } : this.limits;
    this.cursor = changes.cursor && { ...changes.cursor };
    this.nextDueMs = changes.nextDueMs;
    this.holdDueMs = changes.holdDueMs;
    checkKept(this);
  }
}

/** What a decision changed has no order, but entries, changes, openings and events have. */
function sorted({ outcomes, changes }: Decision): unknown {
  if (!changes) return { outcomes };
  const lots = changes.lots.toSorted((a, b) => a.lot - b.lot);
  return {
    outcomes,
    changes: { ...changes, lots, holds: changes.holds.toSorted((a, b) => a.hold - b.hold) },
  };
}
