import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micro } from '../../test/kept-account.ts';
import type { AccountState, Setting } from './account.ts';
import type { Group, LedgerRequest } from './command.ts';
import { decide } from './decide.ts';

const MONTH_MS = 30 * 24 * 3_600_000;
const setting: Setting = {
  monthOf: () => ({ fromMs: 0, toMs: MONTH_MS }),
  returnedLife: { leastMs: 1, mostMs: MONTH_MS },
};

/** An account with 10 credits in one lot. */
const state: AccountState = {
  account: {
    ...{ accountId: 1, version: 1, lastSeq: 1, lastAtMs: 1, lastLot: 1, lastHold: 0 },
    ...{ balance: micro(10), balanceMoney: micro(10), held: 0n, debt: 0n, debtLimit: 0n, banned: false },
  },
  lots: [
    {
      ...{ lot: 1, priority: 50, expiresAtMs: null, held: 0n, expiryNoted: false },
      ...{ remaining: micro(10), remainingMoney: micro(10) },
    },
  ],
  debts: [],
  holds: [],
  holdDueMs: null,
};

function spend(credits: number, keyHash?: string, group?: Group): LedgerRequest {
  const idempotency = keyHash === undefined ? undefined : { keyHash, requestHash: `${keyHash} ${credits}` };
  return { command: { kind: 'spend', amount: micro(credits) }, author: 'cli', idempotency, group };
}

function decided(
  requests: readonly LedgerRequest[],
  stored = new Map<string, string>(),
  refused: string[] = [],
) {
  const decision = decide(state, requests, stored, 2, setting, new Set(refused));
  assert(decision);
  return decision;
}

function play(requests: readonly LedgerRequest[], stored?: Map<string, string>, refused?: string[]) {
  const decision = decided(requests, stored, refused);
  const told = decision.outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind));
  return { told, balance: decision.changes?.account.balance ?? state.account.balance };
}

test('a group that fits is done, each member in its turn', () => {
  const group = {};
  const { told, balance } = play([spend(4, 'a', group), spend(6, 'b', group), spend(1)]);
  assert.deepEqual(told, ['done', 'done', 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT']);
  assert.equal(balance, 0n);
});

test('a group of which one member is refused leaves nothing behind, and the others go on as without it', () => {
  const group = {};
  const requests = [spend(1), spend(4, 'a', group), spend(4, 'a', group), spend(7, 'b', group), spend(9)];
  const { told, balance } = play(requests);
  assert.deepEqual(told, [
    ...['done', 'PUBLIC_CREDIT_BATCH_NOT_APPLIED', 'replay', 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', 'done'],
  ]);
  assert.equal(balance, 0n);
});

test('the figures of a group that falls are those after it: nothing of it was taken', () => {
  const group = {};
  const { outcomes } = decided([spend(1), spend(4, 'a', group), spend(7, 'b', group), spend(6, 'c', group)]);
  const figures = { creditBalance: 9, held: 0, available: 9 };
  const details = outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.details : outcome.kind));
  assert.deepEqual(details, [
    ...['done', {}, { ...figures, required: 11, shortBy: 2 }, { ...figures, required: 10, shortBy: 1 }],
  ]);
});

test('what makes a group fall for good binds the keys of all its members, and what does not binds none', () => {
  const group = {};
  const binding = (requests: LedgerRequest[], stored?: Map<string, string>, refusedBefore?: string[]) =>
    decided(requests, stored, refusedBefore).outcomes.map((each) => each.kind === 'refused' && each.binds);
  assert.deepEqual(binding([spend(4, 'a', group), spend(7, 'b', group)]), [true, true]);
  assert.deepEqual(binding([spend(4, 'a', group), spend(7, undefined, group)]), [true, true]);
  const known = new Map([['b', 'b 6']]);
  assert.deepEqual(binding([spend(4, 'a', group), spend(6, 'b', group)], known, ['b']), [true, false]);
  assert.deepEqual(binding([spend(4, 'a', group), spend(5, 'b', group)], known), [false, false]);
  assert.deepEqual(binding([spend(4, 'a', { isSpoilt: true })]), [false]);
});

test('a member that was done before is replayed; one that was refused before fails its group', () => {
  const group = {};
  const before = new Map([['a', 'a 4']]);
  const requests = [spend(4, 'a', group), spend(6, 'b', group)];
  assert.deepEqual(play(requests, before), { told: ['replay', 'done'], balance: micro(4) });
  const failed = play(requests, before, ['a']);
  assert.deepEqual(failed, { told: ['replay', 'PUBLIC_CREDIT_BATCH_NOT_APPLIED'], balance: micro(10) });
});

test('nothing is done of a group that was spoilt before; what was done earlier is replayed all the same', () => {
  const group = { isSpoilt: true };
  const requests = [spend(4, 'a', group), spend(6, 'b', group), spend(11, 'c', group), spend(7)];
  const { told, balance } = play(requests, new Map([['a', 'a 4']]));
  assert.deepEqual(told, [
    ...['replay', 'PUBLIC_CREDIT_BATCH_NOT_APPLIED', 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', 'done'],
  ]);
  assert.equal(balance, micro(3));
});

test('two groups are judged one after the other', () => {
  const [first, second] = [{}, {}];
  const requests = [spend(8, 'a', first), spend(8, 'b', first), spend(5, 'c', second), spend(5, 'd', second)];
  const { told, balance } = play(requests);
  assert.deepEqual(told, [
    ...['PUBLIC_CREDIT_BATCH_NOT_APPLIED', 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT', 'done', 'done'],
  ]);
  assert.equal(balance, 0n);
});
