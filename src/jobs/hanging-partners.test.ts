import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HangingPartners } from './hanging-partners.ts';

const NOT_ASKED = /did not answer a moment ago/;

test('a partner who hangs is asked by one at a time, once a while, and others are not held up', async () => {
  const partners = new HangingPartners(50, 150);
  let asked = 0;
  const hang = async () => {
    asked += 1;
    await sleep(60);
    throw new Error('timed out');
  };
  const times = (count: number) =>
    Promise.allSettled(Array.from({ length: count }, () => partners.reach('one', hang)));
  await times(3);
  assert.equal(asked, 3);
  for (const result of await times(5))
    assert.match(String(result.status === 'rejected' && result.reason), NOT_ASKED);
  assert.equal(await partners.reach('other', async () => 'well'), 'well');
  await sleep(160);
  await times(5);
  assert.equal(asked, 4);
});

test('a partner who answers again is asked by all again, and quick failures keep nobody away', async () => {
  const partners = new HangingPartners(50, 100);
  const fail = () => Promise.reject(new Error('refused'));
  for (let times = 0; times < 3; times++) await assert.rejects(partners.reach('one', fail), /refused/);
  await assert.rejects(
    partners.reach('one', async () => {
      await sleep(60);
      throw new Error('timed out');
    }),
    /timed out/,
  );
  await assert.rejects(partners.reach('one', fail), NOT_ASKED);
  await sleep(110);
  assert.equal(await partners.reach('one', async () => 'well'), 'well');
  assert.equal(await partners.reach('one', async () => 'well'), 'well');
});
