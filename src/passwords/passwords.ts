import { Worker } from 'node:worker_threads';
import { Refusal } from '../refusals.ts';
import type { HashResult, HashTask } from './hash-worker.ts';

/**
 * Hashes passwords with argon2id, one after another in a thread of the lowest priority: a hash takes a core and 19 MiB
 * for tens of milliseconds, which must come after every spend.
 */
export interface Passwords {
  /**
   * @param password as normalisePassword gives it.
   * @returns the hash with its salt and costs, `$argon2id$...`.
   * @throws Refusal INTERNAL_OVERLOADED: too many wait, or it waited for too long.
   */
  hash(password: string): Promise<string>;
  /**
   * @returns whether the password is the one of this hash. NO_PASSWORD takes as long as others do and fits nothing.
   * @throws as hash does.
   */
  verify(hash: string, password: string): Promise<boolean>;
  /** Whether the next password would be refused because too many wait. */
  readonly isFull: boolean;
  /** Ends the thread; what waits is refused. */
  stop(): Promise<void>;
}

/** The hash of a password that nobody knows, with the costs of all others, for where there is none to compare with. */
export const NO_PASSWORD =
  '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

const MOST_WAITING = 200;
/** A caller that has waited this long has a time-out of its own; its answer would be work for nobody. */
const PATIENCE_MS = 15_000;

interface Waiting {
  readonly task: HashTask;
  readonly giveUpAt: number;
  resolve(result: string | boolean): void;
  reject(error: Error): void;
}

/** Opens it; the thread is started by the first password. */
export function openPasswords(mostWaiting = MOST_WAITING, patienceMs = PATIENCE_MS): Passwords {
  const waiting: Waiting[] = [];
  let current: Waiting | undefined;
  let worker: Worker | undefined;
  let stopped = false;

  const next = () => {
    current = undefined;
    for (let first = waiting.shift(); first; first = waiting.shift()) {
      if (performance.now() > first.giveUpAt) {
        first.reject(overloaded());
        continue;
      }
      current = first;
      worker ??= start();
      // Only while it works does the thread keep the process alive.
      worker.ref();
      worker.postMessage(first.task);
      return;
    }
    worker?.unref();
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./hash-worker.ts', import.meta.url));
    started.on('message', (answer: HashResult) => {
      if ('error' in answer) current?.reject(new Error(`a password could not be hashed: ${answer.error}`));
      else current?.resolve(answer.result);
      next();
    });
    // A thread that broke down is replaced by the next password.
    started.on('error', (error) => {
      worker = undefined;
      current?.reject(error instanceof Error ? error : new Error(String(error)));
      next();
    });
    return started;
  };

  const run = (task: HashTask) =>
    new Promise<string | boolean>((resolve, reject) => {
      if (stopped || waiting.length >= mostWaiting) return reject(overloaded());
      waiting.push({ task, giveUpAt: performance.now() + patienceMs, resolve, reject });
      if (current === undefined) next();
    });

  return {
    get isFull() {
      return waiting.length >= mostWaiting;
    },
    hash: (password) => run({ password }).then(String),
    verify: (hash, password) => run({ password, hash }).then((fits) => fits === true),
    async stop() {
      stopped = true;
      for (const each of [current, ...waiting.splice(0)]) each?.reject(overloaded());
      await worker?.terminate();
    },
  };
}

function overloaded(): Refusal {
  return new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
}
