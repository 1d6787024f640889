import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../harness.ts';
import { closeConnections, type Result } from '../history/call.ts';
import { told } from './asking.ts';
import { openPlace, type Place } from './place.ts';
import { MODES, type Mode } from './proxy.ts';

/** Runs `work` in a place of its own and lets the history be judged afterwards. */
async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const place = await openPlace();
  try {
    await work(place);
    assert.deepEqual(await place.faults(), []);
    assert.doesNotMatch(
      place.server.logs(),
      /connectionParameters|spend-|slices/,
      'logs tell nothing private',
    );
  } finally {
    await place.close();
  }
}

/** Ids of two open holds and of a spend of the fourth customer. */
async function haveSome({ asking, server, subjects: [, , , four] }: Place): Promise<string[]> {
  const operations = [asking.hold(four, 10), asking.hold(four, 5), asking.spend(four, 3)];
  const results = operations.map((operation) => asking.settle(server.url, operation));
  return (await Promise.all(results)).map((result) => told(result).transactionId ?? '');
}

/**
 * Some of everything that a batch may hold: spends and holds with and without a key, a grant, a capture, an
 * extension, a refund, and last a refusal with a key.
 */
async function askForSome(place: Place, ids: readonly string[]): Promise<Result[]> {
  const { asking, server, subjects } = place;
  const [one, two, three, four] = subjects;
  const [captured = '', extended = '', spent = ''] = ids;
  const operations = [
    asking.spend(one, 5),
    asking.spend(one, 2.5, { key: false }),
    asking.spend(two, 7),
    asking.grant(three, 10),
    asking.hold(one, 4),
    asking.hold(two, 3, { key: false }),
    asking.useHold('capture', four, captured, { amount: 6 }),
    asking.useHold('extend', four, extended, { addAmount: 2 }),
    asking.refund(four, spent),
    asking.spend(three, 100_000),
  ];
  return Promise.all(operations.map((operation) => asking.send(server.url, operation)));
}

/** Asks again for everything with a key, on the same server: replays, and nothing happens twice. */
async function askAgain({ asking, server }: Place): Promise<void> {
  for (const operation of asking.history.operations.filter((each) => each.idempotencyKey !== undefined)) {
    const first = operation.attempts[0]?.result;
    const again = await asking.settle(server.url, operation);
    const [status, id] = await asking.look(server.url, operation);
    const { status: answered, transactionId } = told(again);
    assert.deepEqual([status, id], answered === 200 ? [200, transactionId] : [404, undefined]);
    if (first?.kind === 'answered' && first.status < 500) {
      assert(again.kind === 'answered' && again.replayed, 'the second time is a replay');
    }
  }
}

describe('a COMMIT whose answer is lost', { concurrency: 3 }, () => {
  after(closeConnections);

  const quick: readonly Mode[] = ['cut the request', 'cut the reply', 'delay the request'];
  for (const mode of quick) {
    it(`is settled while the caller waits, and nothing happens twice: ${mode}`, () =>
      inPlace(async (place) => {
        const { asking, proxy, server, subjects } = place;
        const ids = await haveSome(place);
        // One alone without a key, so that no replay hides a second effect, then one with a key, then several. Of a
        // hold and its release there is no entry that tells.
        for (const key of [false, true]) {
          proxy.arm(mode);
          const result = await asking.send(server.url, asking.spend(subjects[0], 1, { key }));
          assert.equal(told(result).status, 200);
        }
        proxy.arm(mode);
        const held = told(await asking.send(server.url, asking.hold(subjects[0], 2, { key: false })));
        assert.equal(held.status, 200);
        proxy.arm(mode);
        const release = asking.useHold('release', subjects[0], held.transactionId ?? '');
        assert.equal(told(await asking.send(server.url, release)).status, 200);
        proxy.arm(mode);
        const statuses = (await askForSome(place, ids)).map((each) => told(each).status);
        assert.deepEqual(statuses, [...Array.from({ length: 9 }, () => 200), 402]);
        assert.equal(proxy.hits.get(mode), 5, 'hits');
        await askAgain(place);
      }));
  }

  for (const mode of MODES.filter((each) => !quick.includes(each))) {
    it(`is noticed when nothing tells of it, and settled: ${mode}`, () =>
      inPlace(async (place) => {
        const ids = await haveSome(place);
        place.proxy.arm(mode);
        const results = await askForSome(place, ids);
        for (const { status, outcome } of results.map(told)) {
          assert(status === 200 || status === 402 || (status === 503 && outcome !== undefined));
        }
        assert.equal(place.proxy.hits.get(mode), 1, 'hits');
        await askAgain(place);
      }));
  }

  for (const mode of ['cut the request', 'cut the reply'] as const) {
    it(`is told as unknown, with the transaction's or hold's id, when it cannot be settled: ${mode}`, () =>
      inPlace(async (place) => {
        const { asking, proxy, server, subjects } = place;
        const keyed = asking.spend(subjects[0], 5);
        const held = asking.hold(subjects[2], 4);
        const all = [keyed, held, asking.spend(subjects[1], 6, { key: false })];
        proxy.arm(mode, () => proxy.shut());
        const outcomes = (await Promise.all(all.map((each) => asking.send(server.url, each)))).map(told);
        proxy.isClosed = false;
        const unknown = outcomes.filter(({ outcome }) => outcome === 'unknown');
        assert(unknown.length > 0, JSON.stringify(outcomes));
        for (const { status, code, outcome, transactionId } of outcomes) {
          assert.equal(status, 503);
          if (outcome === 'none') continue;
          assert.deepEqual([code, outcome], ['PUBLIC_OUTCOME_IS_UNKNOWN', 'unknown']);
          assert.match(transactionId ?? '', /^[A-Za-z0-9]{16}$/);
          const [found, id] = await asking.look(server.url, { transactionId: transactionId ?? '' });
          const committed = mode === 'cut the reply';
          assert.deepEqual([found, id], committed ? [200, transactionId] : [404, undefined]);
        }
        for (const [index, operation] of [keyed, held].entries()) {
          const before = outcomes[index];
          const again = told(await asking.settle(server.url, operation));
          assert.equal(again.status, 200);
          const wasKnown = before?.outcome === 'unknown' ? before.transactionId : undefined;
          assert.equal(again.transactionId === wasKnown, mode === 'cut the reply' && wasKnown !== undefined);
        }
      }));
  }

  it('is not mistaken for what another process has written under the same number', () =>
    inPlace(async (place) => {
      const { asking, fresh, proxy, server, subjects } = place;
      const other = await startServer({ databaseUrl: fresh.url });
      try {
        const lost = asking.spend(subjects[0], 5);
        proxy.arm('cut the request', () => proxy.shut());
        const waiting = asking.send(server.url, lost);
        while (proxy.hits.get('cut the request') === 0) await sleep(5);
        // The other process takes the number that the lost entry would have had.
        const taken = asking.spend(subjects[0], 7);
        assert.equal(told(await asking.settle(other.url, taken)).status, 200);
        proxy.isClosed = false;
        assert.equal(told(await waiting).status, 200);
        await askAgain(place);
      } finally {
        await other.stop();
      }
    }));

  it('with ROLLBACK for an answer is no success: a bad member fails alone, the others go on', () =>
    inPlace(async (place) => {
      const { asking, open, server, subjects } = place;
      await open.services.database.pool.query(
        `ALTER TABLE entries ADD CONSTRAINT no_boom CHECK (description <> 'boom')`,
      );
      const [one, two] = subjects;
      const bad = asking.spend(one, 1, { description: 'boom', key: false });
      const good = [asking.spend(one, 2), asking.spend(two, 3), asking.spend(one, 4)];
      const [failed, ...rest] = await Promise.all(
        [bad, ...good].map((each) => asking.send(server.url, each)),
      );
      assert.deepEqual(
        rest.map((each) => told(each).status),
        [200, 200, 200],
      );
      assert.deepEqual(told(failed), {
        ...{ status: 500, code: 'INTERNAL_ERROR', outcome: 'none', transactionId: undefined },
      });
      // A 500 with outcome none is the right answer here and would be a fault in any other history.
      asking.history.operations.splice(asking.history.operations.indexOf(bad), 1);
    }));
});
