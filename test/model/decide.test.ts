import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AccountChange, LedgerEvent, Setting } from '../../src/ledger/account.ts';
import type { Outcome } from '../../src/ledger/command.ts';
import { type Decision, decide } from '../../src/ledger/decide.ts';
import { type AnsweredMember, deedsOfGroup, GROUP_DEEDS } from './batch-deeds.ts';
import { cursorState, emptyAccount, firstLotsState, type Kept, keep, openLots, wholeState } from './kept.ts';
import { NaiveAccount, reservedOf } from './naive-account.ts';
import { askTogether } from './naive-batch.ts';
import { bookedUse } from './naive-judge.ts';
import { ask } from './naive-ledger.ts';
import {
  isBeyond,
  type NaiveAnswer,
  type NaiveChange,
  type NaiveEntry,
  type NaiveRequest,
} from './naive-words.ts';
import { readOptions } from './options.ts';
import { atInstant, type Batch, histories, monthAround } from './pure-plans.ts';
import { DEEDS, deedsOf, ENTRY_KINDS, HOLD_EVENTS, PURE_CODES } from './reached.ts';
import { toRequest } from './to-ledger.ts';

const { seed, seconds } = readOptions(8);

/** Rule 12, and what a capture within its hold may leave beyond it. */
const KEPT = 8_000_000_000_000_000n;

function monthOf(atMs: number) {
  const [fromMs, toMs] = monthAround(atMs);
  return { fromMs, toMs };
}

const DAY = 86_400_000;
/** How long returned credit lives, at least and at most. */
type Life = readonly [number, number];
const USUAL_LIFE: Life = [DAY, 30 * DAY];
const lives = fc.constantFrom<Life>(
  USUAL_LIFE,
  USUAL_LIFE,
  [1, 5],
  [4, 4],
  [DAY, DAY],
  [2 * DAY, 3_650 * DAY],
);

function settingWith([leastMs, mostMs]: Life): Setting {
  return { monthOf, returnedLife: { leastMs, mostMs } };
}

function plainOutcome(outcome: Outcome, earlier: readonly unknown[]): unknown {
  if (outcome.kind === 'replay')
    return { replay: true, of: earlier[outcome.earlier ?? -1] ?? outcome.keyHash };
  if (outcome.kind === 'refused') return { code: outcome.code, details: plainDetails(outcome.details) };
  return { seq: outcome.entry?.seq, version: outcome.holdEvent?.version };
}

function plainDetails(details: Readonly<Record<string, unknown>>): unknown {
  // The rules' text of a fault is no business of the model.
  return 'errors' in details ? {} : details;
}

function plainAnswer(answer: NaiveAnswer, key: string | undefined, isEarlier: boolean): unknown {
  const first = answer.code
    ? { code: answer.code, details: answer.details ?? {} }
    : { seq: answer.entry?.seq, version: answer.event?.version };
  if (!answer.replayed) return first;
  return { replay: true, of: isEarlier ? first : key };
}

function plainEntry(entry: NaiveEntry): unknown {
  const { at, money: amountMoney, ...rest } = entry;
  return { ...rest, atMs: at, amountMoney };
}

function plainChange({ author: _, reason: __, hold, ...change }: AccountChange): unknown {
  const { ip: ___, ...event } = hold ?? {};
  return { ...change, ...(hold ? { hold: event } : {}) };
}

function plainNaiveChange({ at, hold, ...change }: NaiveChange): unknown {
  if (!hold) return { ...change, atMs: at };
  const { expiresAt, ...event } = hold;
  return { ...change, atMs: at, hold: { ...event, expiresAtMs: expiresAt } };
}

/** In an order of their own: of one instant none comes first. */
function plainEvents(events: readonly Pick<LedgerEvent, 'kind' | 'details'>[], at: (i: number) => number) {
  return events.map(({ kind, details }, i) => JSON.stringify([at(i), kind, details])).sort();
}

interface Reached {
  decisions: number;
  fast: number;
  readonly codes: Set<string>;
  readonly kinds: Set<string>;
  readonly holdEvents: Set<string>;
  readonly deeds: Set<string>;
  readonly groupDeeds: Set<string>;
}

/** Plays batches on both and compares them after each. */
const MOST_ROUNDS = 6;

function hasMetAll({ kinds, holdEvents, codes, deeds, groupDeeds }: Reached): boolean {
  const met = kinds.size + holdEvents.size + codes.size + deeds.size + groupDeeds.size;
  const all = [ENTRY_KINDS, HOLD_EVENTS, PURE_CODES, DEEDS, GROUP_DEEDS];
  return met === all.reduce((sum, { length }) => sum + length, 0);
}

function compare(batches: readonly Batch[], life: Life, reached: Reached): void {
  const model = new NaiveAccount(monthAround, life);
  const setting = settingWith(life);
  const kept = emptyAccount();
  let clockMs = 1_000;
  for (const { waitMs, parts: planned } of batches) {
    clockMs += waitMs;
    // A clock that was set back leads neither before what has happened nor into a month that is over.
    const nowMs = Math.max(clockMs, kept.account.lastAtMs, kept.limits?.monthFromMs ?? 0);
    const parts = planned.map((part) => part.requests.map((request) => atInstant(request, model, nowMs)));
    const asked = parts.flat();
    const requests = parts.flatMap((part) => {
      const group = part.length > 1 ? {} : undefined;
      return part.map((request) => toRequest(request, group));
    });
    const play = (state: ReturnType<typeof wholeState>) =>
      decide(state, requests, kept.keys, clockMs, setting, kept.refusedKeys);
    const decision = play(wholeState(kept, asked, nowMs));
    assert(decision, 'with everything known there is always a decision');
    const partials = [cursorState(kept, asked), ...[1, 2].map((n) => firstLotsState(kept, asked, n))];
    for (const partial of partials) {
      const partly = play(partial);
      if (!partly) continue;
      assert.deepEqual(inOrder(partly), inOrder(decision), 'what is decided from a part is what all decides');
      reached.fast += 1;
    }
    const known = {
      ...{ entries: model.entries.length, changes: model.changes.length, events: model.events.length },
    };
    const keysBefore = new Set(model.keys.keys());
    const answers = parts.flatMap((part) =>
      askAll(model, part, nowMs, reached).map((answer, i) => {
        const key = part[i]?.key;
        return plainAnswer(answer, key, key !== undefined && !keysBefore.has(key));
      }),
    );
    compareDecision(decision, model, known, answers, kept);
    compareKept(kept, model, nowMs);
    reached.decisions += requests.length;
    for (const [key, { content, answer }] of model.keys) {
      kept.keys.set(key, content ?? '');
      if (answer.code) kept.refusedKeys.add(key);
    }
  }
  for (const entry of model.entries) reached.kinds.add(entry.kind);
  for (const { kind, hold } of model.changes) if (hold) reached.holdEvents.add(kind);
  for (const hold of model.holds) if (hold.end) reached.holdEvents.add(hold.end.by);
  for (const deed of deedsOf(model)) reached.deeds.add(deed);
}

function askAll(
  model: NaiveAccount,
  part: readonly NaiveRequest[],
  nowMs: number,
  reached: Reached,
): NaiveAnswer[] {
  const [only] = part;
  const answers = part.length === 1 && only ? [ask(model, only, nowMs)] : askTogether(model, part, nowMs);
  for (const { code } of answers) if (code) reached.codes.add(code);
  if (part.length === 1) return answers;
  const members = answers.map((answer, i): AnsweredMember => ({ ...answer, key: part[i]?.key }));
  for (const deed of deedsOfGroup(members)) reached.groupDeeds.add(deed);
  return answers;
}

/** Which lot, debt or hold was touched first may hang on what was read. */
function inOrder({ outcomes, changes }: Decision): unknown {
  if (!changes) return { outcomes };
  const { lots, debts, holds, writeOffs, ...rest } = changes;
  return {
    outcomes,
    ...rest,
    lots: lots.toSorted((a, b) => a.lot - b.lot),
    debts: debts.toSorted((a, b) => a.seq - b.seq),
    holds: holds.toSorted((a, b) => a.hold - b.hold),
    writeOffs: writeOffs.toSorted((a, b) => a.lot - b.lot),
  };
}

function compareDecision(
  { outcomes, changes }: Decision,
  model: NaiveAccount,
  known: { entries: number; changes: number; events: number },
  answers: readonly unknown[],
  kept: Kept,
): void {
  const plain: unknown[] = [];
  for (const outcome of outcomes) plain.push(plainOutcome(outcome, plain));
  assert.deepEqual(plain, answers);
  const entries = (changes?.entries ?? []).map(({ note: _, ...entry }) => entry);
  assert.deepEqual(entries, model.entries.slice(known.entries).map(plainEntry));
  const changed = (changes?.changes ?? []).map(plainChange);
  assert.deepEqual(changed, model.changes.slice(known.changes).map(plainNaiveChange));
  const events = changes?.events ?? [];
  const shouldBe = model.events.slice(known.events);
  assert.deepEqual(
    plainEvents(events, (i) => events[i]?.atMs ?? 0),
    plainEvents(shouldBe, (i) => shouldBe[i]?.at ?? 0),
  );
  if (changes) keep(kept, changes);
}

/** What is kept after a decision is what the model has. */
function compareKept(kept: Kept, model: NaiveAccount, nowMs: number): void {
  const { accountId: _, ...account } = kept.account;
  assert.deepEqual(account, {
    ...{ version: model.version, lastSeq: model.entries.length, lastAtMs: model.latest },
    ...{ lastLot: model.lots.length, lastHold: model.holds.length, held: model.held },
    ...{ balance: model.balance, balanceMoney: model.balanceMoney, debt: model.debt },
    ...{ debtLimit: model.debtLimit, banned: model.banned },
  });
  assert.deepEqual(
    openLots(kept).map(({ lot, remaining, remainingMoney, held }) => [lot, remaining, remainingMoney, held]),
    model.lots.filter((lot) => lot.credit > 0n).map((lot) => [lot.number, lot.credit, lot.money, lot.pinned]),
  );
  assert.deepEqual(
    [...kept.lots.values()].map(({ lot, amount, writtenOff }) => [amount, writtenOff, lot.expiryNoted]),
    model.lots.map((lot) => [lot.amount, lot.writtenOff, lot.noted]),
  );
  assert.deepEqual(
    [...kept.debts.values()].map((each) => [each.seq, each.amount, each.open]),
    model.debts.map((each) => [each.entry, each.amount, each.open]),
  );
  assert.deepEqual(
    [...kept.holds.values()].map(({ attempt: __, pins, ...hold }) => ({
      ...hold,
      pins: pins.toSorted((a, b) => a.lot - b.lot),
    })),
    model.holds.map((hold) => ({
      ...{ hold: hold.number, createdAtMs: hold.createdAt, expiresAtMs: hold.expiresAt },
      ...{ reserved: reservedOf(hold), unpinned: hold.unpinned, captured: hold.captured },
      ...{
        pins: hold.pins.toSorted((a, b) => a.lot - b.lot),
        endedBy: hold.end?.by,
        endedAtMs: hold.end?.at,
      },
    })),
  );
  const { balance, balanceMoney, debt } = kept.account;
  for (const figure of [balance, debt]) assert(figure < KEPT && figure > -KEPT, 'the database takes it');
  assert(!isBeyond(balanceMoney), 'the database takes it');
  compareLimits(kept, model, nowMs);
  assert.equal(kept.cursor?.lot, model.free(model.latest)[0]?.number, 'the cursor burns first');
  assert.equal(kept.cursor?.remaining, model.free(model.latest)[0]?.credit);
  assert.equal(kept.nextDueMs, model.nextDue(), 'the next expiry');
  assert.equal(kept.holdDueMs, model.nextHoldDue(), 'the next end of a hold');
}

function compareLimits({ limits }: Kept, model: NaiveAccount, nowMs: number): void {
  const { softLimit, hardLimit, lowBalance } = model;
  const told = limits ?? { softLimit: 0n, hardLimit: 0n, lowBalance: null };
  assert.deepEqual(
    [told.softLimit, told.hardLimit, told.lowBalance],
    [softLimit, hardLimit, lowBalance],
    'the limits',
  );
  // A month that has begun since is counted when it is next asked about.
  if (!limits || limits.monthToMs <= nowMs) return;
  const [from, to] = monthAround(nowMs);
  assert.deepEqual(
    [limits.monthFromMs, limits.monthToMs, limits.monthUsed, limits.softNoted],
    [from, to, bookedUse(model, nowMs), model.softNoted.has(from)],
    'the use of the month',
  );
}

describe('the rules against a naive model', () => {
  // A mistake once made: a refused spend left the account unwritten, and what had expired before it with it.
  it('writes what has expired also when the spend that met it is refused', () => {
    const kept = emptyAccount();
    const grant = { kind: 'grant', amount: 10n, money: 10n, priority: 50, expiresAtMs: 200 } as const;
    const spend = { kind: 'spend', amount: 1n } as const;
    for (const [command, clockMs] of [
      [grant, 100],
      [spend, 200],
    ] as const) {
      const state = wholeState(kept, [], clockMs);
      const decision = decide(
        state,
        [{ command, author: 'cli' }],
        kept.keys,
        clockMs,
        settingWith(USUAL_LIFE),
      );
      assert(decision?.changes);
      assert.equal(decision.outcomes[0]?.kind, command === grant ? 'done' : 'refused');
      keep(kept, decision.changes);
    }
    assert.equal(kept.account.balance, 0n);
    assert.equal(kept.cursor, undefined);
    assert.equal(kept.nextDueMs, null);
    assert.deepEqual(openLots(kept), []);
  });

  it(`decides as the model does, from all of an account and from a part of it (--seed ${seed})`, () => {
    const reached: Reached = {
      ...{ decisions: 0, fast: 0, codes: new Set(), kinds: new Set() },
      ...{ holdEvents: new Set(), deeds: new Set(), groupDeeds: new Set() },
    };
    // A machine that is busy gets further rounds to meet everything, and none when it has.
    for (let round = 0; round === 0 || (round < MOST_ROUNDS && !hasMetAll(reached)); round++) {
      const settings = { interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false };
      const report = fc.check(
        fc.property(histories, lives, (batches, life) => compare(batches, life, reached)),
        { seed: seed + round, numRuns: 1_000_000, ...settings },
      );
      if (report.failed) {
        const message = fc.defaultReportMessage(report);
        assert.fail(`--seed ${seed + round}\n${message}\n${String(report.errorInstance)}`);
      }
    }
    assert.deepEqual([...reached.kinds].sort(), ENTRY_KINDS);
    assert.deepEqual([...reached.holdEvents].sort(), HOLD_EVENTS);
    assert.deepEqual([...reached.codes].sort(), PURE_CODES);
    assert.deepEqual([...reached.deeds].sort(), DEEDS);
    assert.deepEqual([...reached.groupDeeds].sort(), GROUP_DEEDS.toSorted());
    assert(reached.fast > reached.decisions / 10, 'a part must often be enough');
    console.log(`${reached.decisions} decisions, ${reached.fast} batches also from a part, seed ${seed}`);
  });
});
