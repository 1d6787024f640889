import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 250;

/**
 * Ends, however it ends, only a whole number of steps after it began: so the time it took does not tell which of its
 * ways was gone. A step is longer than what these ways differ by.
 */
export async function inEvenTime<T>(work: () => Promise<T>, stepMs = STEP_MS): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    const tookMs = performance.now() - startedAt;
    await sleep(Math.ceil(tookMs / stepMs) * stepMs - tookMs);
  }
}
