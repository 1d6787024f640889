import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { actions } from './actions.ts';
import { BATCH_DEEDS } from './batch-deeds.ts';
import { compareReadings } from './compare.ts';
import { readOptions } from './options.ts';
import { newModel, type Reached, Step } from './play.ts';
import { DEEDS, ENTRY_KINDS, HOLD_EVENTS, PURE_CODES } from './reached.ts';
import { openWorld, type World } from './world.ts';

const { seed, seconds } = readOptions(15);
const RUNS_PER_ROUND = 5;

describe('credit on a real database against a naive model', () => {
  let world: World;

  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  const history = fc.commands(
    actions.map((action) => action.map((each) => new Step(each))),
    { maxCommands: 60, size: 'max' },
  );

  it(`gives the answers, the log and the rows of the model (--seed ${seed})`, async () => {
    const reached: Reached = {
      ...{ codes: new Set(), kinds: new Set(), holdEvents: new Set(), deeds: new Set() },
      batchDeeds: new Set(),
      ...{ replays: 0, twins: 0, sharedBatches: 0, steps: 0 },
    };
    const property = fc.asyncProperty(history, async (commands) => {
      await world.renew();
      const model = await newModel(world, reached);
      await fc.asyncModelRun(() => ({ model, real: world }), commands);
      for (const subject of model.subjects) await compareReadings(model, world, subject);
    });
    const startedAt = performance.now();
    const isOver = () => {
      const elapsed = (performance.now() - startedAt) / 1000;
      const isEnough =
        PURE_CODES.length === reached.codes.size &&
        ENTRY_KINDS.length === reached.kinds.size &&
        HOLD_EVENTS.length === reached.holdEvents.size &&
        BATCH_DEEDS.length === reached.batchDeeds.size;
      return elapsed > seconds * 4 || (elapsed > seconds && isEnough);
    };
    let rounds = 0;
    do {
      const report = await fc.check(property, {
        seed: seed + rounds,
        numRuns: RUNS_PER_ROUND,
        // Reached while a failure is made smaller, never in a round that goes well.
        interruptAfterTimeLimit: 60_000,
      });
      rounds += 1;
      if (report.failed) {
        assert.fail(
          `--seed ${report.seed} --path ${report.counterexamplePath}\n${fc.defaultReportMessage(report)}\n${String(report.errorInstance)}`,
        );
      }
    } while (!isOver());
    assert.deepEqual([...reached.codes].sort(), PURE_CODES, 'every refusal was reached');
    assert.deepEqual([...reached.kinds].sort(), ENTRY_KINDS, 'every kind of entry was reached');
    assert.deepEqual([...reached.holdEvents].sort(), HOLD_EVENTS, 'every kind of hold event was reached');
    assert.deepEqual([...reached.batchDeeds].sort(), BATCH_DEEDS.toSorted(), 'batches were hard enough');
    assert(reached.replays > 0 && reached.twins > 0 && reached.sharedBatches > 0, JSON.stringify(reached));
    console.log(
      `${reached.steps} steps, ${reached.replays} replays, ${reached.sharedBatches} shared batches,`,
      `without ${DEEDS.filter((deed) => !reached.deeds.has(deed)).join(', ') || 'nothing'}`,
    );
  });
});
