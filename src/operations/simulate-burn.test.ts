import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BurnRate, type FreeCredit, simulateBurn } from './simulate-burn.ts';

function lot(number: number, amount: bigint, expiresAtMs: number | null, priority = 50): FreeCredit {
  return { lot: number, amount, money: amount / 2n, expiresAtMs, priority };
}

test('credit runs out when all of it has burnt, or when the last of it expires', () => {
  const rate = { used: 10n, perMs: 1 };
  assert.deepEqual(simulateBurn([lot(1, 100n, null)], rate, 1000), { runsOutAtMs: 1010, unused: [] });
  assert.deepEqual(simulateBurn([lot(1, 101n, null)], rate, 1000), { runsOutAtMs: 1011, unused: [] });
  const unused = [{ expiresAtMs: 1004, amount: 60n, money: 30n }];
  assert.deepEqual(simulateBurn([lot(1, 100n, 1004)], rate, 1000), { runsOutAtMs: 1004, unused });
  assert.deepEqual(simulateBurn([], rate, 1000), { runsOutAtMs: 1000, unused: [] });
});

test('without any use nothing runs out but what expires', () => {
  const rate = { used: 0n, perMs: 1 };
  const unused = [{ expiresAtMs: 7, amount: 3n, money: 1n }];
  assert.deepEqual(simulateBurn([lot(1, 5n, null)], rate, 0), { runsOutAtMs: null, unused: [] });
  assert.deepEqual(simulateBurn([lot(1, 5n, null), lot(2, 3n, 7)], rate, 0), { runsOutAtMs: null, unused });
  assert.deepEqual(simulateBurn([lot(2, 3n, 7)], rate, 0), { runsOutAtMs: 7, unused });
});

test('a lower priority number burns first, also when other credit then expires unused', () => {
  const credit = [lot(1, 50n, 10, 90), lot(2, 100n, null, 10)];
  const unused = [{ expiresAtMs: 10, amount: 50n, money: 25n }];
  assert.deepEqual(simulateBurn(credit, { used: 5n, perMs: 1 }, 0), { runsOutAtMs: 20, unused });
});

test('what burns is what a clock that ticks each millisecond burns', (t) => {
  let seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * limit);
  };
  for (let round = 0; round < 500; round++) {
    const credit = Array.from({ length: 1 + below(6) }, (_, i) =>
      lot(i + 1, BigInt(1 + below(40)), below(3) === 0 ? null : 100 + 1 + below(60), below(3)),
    );
    const rate = { used: BigInt(below(30)), perMs: 1 + below(9) };
    assert.deepEqual(simulateBurn(credit, rate, 100), tick(credit, rate, 100), `round ${round}`);
  }
});

/** Burns millisecond by millisecond; everything is over long before the end. */
function tick(credit: readonly FreeCredit[], { used, perMs }: BurnRate, fromMs: number) {
  const never = Number.MAX_SAFE_INTEGER;
  const inOrder = [...credit].sort(
    (a, b) => a.priority - b.priority || (a.expiresAtMs ?? never) - (b.expiresAtMs ?? never) || a.lot - b.lot,
  );
  const left = new Map(inOrder.map(({ lot: number, amount }) => [number, amount]));
  const unused = new Map<number, { amount: bigint; money: bigint }>();
  let burnt = 0n;
  for (let now = fromMs; now < fromMs + 3_000; now++) {
    for (const { lot: number } of inOrder) {
      for (
        ;
        burnt < (used * BigInt(now - fromMs)) / BigInt(perMs) && (left.get(number) ?? 0n) > 0n;
        burnt++
      ) {
        left.set(number, (left.get(number) ?? 0n) - 1n);
      }
    }
    for (const { lot: number, expiresAtMs, amount, money } of inOrder) {
      const rest = left.get(number) ?? 0n;
      if (expiresAtMs !== now || rest === 0n) continue;
      const before = unused.get(now) ?? { amount: 0n, money: 0n };
      const exact = (Number(money) * Number(rest)) / Number(amount);
      unused.set(now, { amount: before.amount + rest, money: before.money + BigInt(halfEven(exact)) });
      left.set(number, 0n);
    }
    if ([...left.values()].every((rest) => rest === 0n)) return result(now, unused);
  }
  return result(null, unused);
}

function result(runsOutAtMs: number | null, unused: ReadonlyMap<number, { amount: bigint; money: bigint }>) {
  return { runsOutAtMs, unused: [...unused].map(([expiresAtMs, sums]) => ({ expiresAtMs, ...sums })) };
}

function halfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
