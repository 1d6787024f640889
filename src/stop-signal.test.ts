import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenForStopSignal } from './stop-signal.ts';

test('the same signal twice at once is one; a later one is from somebody who does not want to wait', async () => {
  const heard: string[] = [];
  const stopListening = listenForStopSignal({
    stop: (signal) => heard.push(signal),
    force: () => heard.push('force'),
  });
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(heard, ['SIGINT']);
  await sleep(1_050);
  process.emit('SIGINT', 'SIGINT');
  assert.deepEqual(heard, ['SIGINT', 'force']);
  stopListening();
  assert.equal(process.listenerCount('SIGTERM'), 0);
});
