import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFaults } from '../../test/assert-faults.ts';
import {
  type FreshDatabase,
  freshDatabase,
  makeOrganisation,
  openTestServices,
  type TestOrganisation,
} from '../../test/harness.ts';
import type { OpenServices } from '../open-services.ts';
import { readMovedClocks } from '../store/sandbox-rows.ts';
import { type ClockRequest, moveSandboxClock } from './move-sandbox-clock.ts';

const DAY_SECONDS = 86_400;
let fresh: FreshDatabase;
let open: OpenServices;
let organisation: TestOrganisation;
before(async () => {
  fresh = await freshDatabase();
  open = await openTestServices(fresh);
  organisation = await makeOrganisation(open.services);
});
after(async () => {
  await open.stop();
  await fresh.drop();
});

function move(request: ClockRequest, ledgerId = organisation.sandbox) {
  return moveSandboxClock(open.services, { ledgerId }, request);
}

/** How far the answered time is from that many seconds ahead of now, in milliseconds. */
function distance(now: string, aheadSeconds: number): number {
  return Math.abs(Date.parse(now) - Date.now() - aheadSeconds * 1000);
}

test('each move adds to the ones before, and moves that ledger alone', async () => {
  const first = await move({ advance: '1d12h' });
  assert.equal(first.advancedBy, 1.5 * DAY_SECONDS);
  assert.ok(distance(first.now, first.advancedBy) < 30_000);
  const second = await move({ advance: '45s' });
  assert.equal(second.advancedBy, first.advancedBy + 45);
  const other = await makeOrganisation(open.services);
  assert.equal((await move({ advance: '1s' }, other.sandbox)).advancedBy, 1);
  assert.deepEqual(await readMovedClocks(open.services.database.pool), [
    { ledgerId: organisation.sandbox, clockOffsetMs: second.advancedBy * 1000 },
    { ledgerId: other.sandbox, clockOffsetMs: 1000 },
  ]);
});

test('a move to an instant ends at that instant, and none goes back', async () => {
  const to = new Date(Date.now() + 400 * DAY_SECONDS * 1000).toISOString();
  const moved = await move({ to });
  assert.equal(moved.now, to);
  assert.ok(distance(moved.now, moved.advancedBy) < 30_000);
  await assertFaults(move({ to }), ['/to']);
  await assertFaults(move({ to: new Date().toISOString() }), ['/to']);
  await assertFaults(move({ to: '2030-02-30T00:00:00Z' }), ['/to']);
  for (const advance of ['0', '0s', '-1d', '1', 'tomorrow', ''])
    await assertFaults(move({ advance }), ['/advance']);
});

test('all moves together stay within ten years, and one that goes beyond moves nothing', async () => {
  const { sandbox } = await makeOrganisation(open.services);
  assert.equal((await move({ advance: `${3650 * DAY_SECONDS}s` }, sandbox)).advancedBy, 3650 * DAY_SECONDS);
  await assertFaults(move({ advance: '3d 1s' }, sandbox), ['/advance']);
  await assertFaults(move({ to: '9999-12-31T00:00:00Z' }, sandbox), ['/to']);
  assert.equal((await move({ advance: '3d' }, sandbox)).advancedBy, 3653 * DAY_SECONDS);
});

test('of two moves at once both count', async () => {
  const { sandbox } = await makeOrganisation(open.services);
  await Promise.all([move({ advance: '1h' }, sandbox), move({ advance: '1h' }, sandbox)]);
  assert.equal((await move({ advance: '1h' }, sandbox)).advancedBy, 3 * 3600);
});

test('live data lives in real time', async () => {
  await assert.rejects(move({ advance: '1s' }, organisation.live), { code: 'PUBLIC_SANDBOX_ONLY' });
});
