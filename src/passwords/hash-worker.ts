import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';

/** One piece of work; a text to hash alone, or to compare with a hash. */
export interface HashTask {
  readonly password: string;
  readonly hash?: string | undefined;
}

/** What came of it: the hash, or whether it fits. */
export type HashResult = { readonly result: string | boolean } | { readonly error: string };

/** OWASP's choice for argon2id: 19 MiB, two passes, one lane. The library's own algorithm is argon2id. */
const COSTS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

// Linux counts priority by thread, so this leaves the thread that takes requests alone; elsewhere it would not.
if (process.platform === 'linux') {
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
  } catch {
    // A system that does not let us step back still hashes, one at a time.
  }
}

parentPort?.on('message', ({ password, hash }: HashTask) => {
  let answer: HashResult;
  try {
    answer = { result: hash === undefined ? hashSync(password, COSTS) : verifySync(hash, password) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
