import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micro } from '../../test/kept-account.ts';
import type { AccountState } from './account.ts';
import type { Group, LedgerRequest } from './command.ts';
import { decide } from './decide.ts';

const MONTH = { fromMs: 0, toMs: 31 * 24 * 3_600_000 };

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

function play(
  requests: readonly LedgerRequest[],
  stored = new Map<string, string>(),
  refused: string[] = [],
) {
  const decision = decide(state, requests, stored, 2, () => MONTH, new Set(refused));
  assert(decision);
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
    ...['done', 'PUBLIC_CREDIT_BATCH_NOT_APPLIED', 'PUBLIC_CREDIT_BATCH_NOT_APPLIED'],
    ...['PUBLIC_CREDIT_IS_NOT_SUFFICIENT', 'done'],
  ]);
  assert.equal(balance, 0n);
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
