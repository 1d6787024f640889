import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadPlan, LoadResult } from './load-plan.ts';

/** The load generator: a process of its own, so that its CPU time is counted apart from the server's. */
export interface LoadGenerator {
  /** Runs one plan. Any answer but a 200 is an error: a figure with failures in it is no figure. */
  run(plan: LoadPlan): Promise<LoadResult>;
  stop(): void;
}

/** Starts the load generator's process. It serves one plan at a time. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(new URL('./load-worker.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    async run(plan) {
      const answer = once(child, 'message', {
        signal: AbortSignal.timeout(plan.warmUpMs + plan.measureMs + 60_000),
      });
      child.send(plan);
      const [result]: LoadResult[] = await answer;
      if (!result) throw new Error('the load generator gave no result');
      for (const [kind, { count, sample }] of Object.entries(result.failures)) {
        throw new Error(`${count} requests to ${plan.path} failed with ${kind}: ${sample}`);
      }
      return result;
    },
    stop: () => child.disconnect(),
  };
}
