import { setTimeout as sleep } from 'node:timers/promises';
import { postgresProcesses, signal } from '../doubt/data-folder.ts';
import { startServer, type TestServer } from '../harness.ts';
import type { Chance } from '../history/options.ts';

/** What is killed, each with SIGKILL. */
export const DISASTERS = [
  'server',
  'one backend',
  'all of PostgreSQL',
  'PostgreSQL again and again',
] as const;

export type Disaster = (typeof DISASTERS)[number];

// Longer than the server tries to settle a doubt.
const DOWN_MS = 7_000;
const RESTARTS = 40;

/** A server with a PostgreSQL of its own, which is killed and comes back. */
export class Victim {
  readonly #dataDir: string;
  #server: TestServer | undefined;
  #oldLogs = '';

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Where it is now; while it is down, where it was. */
  get url(): string {
    return this.#server?.url ?? 'http://127.0.0.1:9';
  }

  /** @returns how often a COMMIT was in doubt, as the servers have logged. */
  get doubts(): number {
    return `${this.#oldLogs}${this.#server?.logs()}`.split('the outcome of a batch is in doubt').length - 1;
  }

  /** Starts the server; after a kill its place may be taken for a moment by what is left of the old one. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#server = await startServer({ dataDir: this.#dataDir });
        return;
      } catch (error) {
        if (attempt === RESTARTS || !String(error).includes('already serving')) throw error;
        await sleep(100);
      }
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Kills, and sees to it that everything comes back. */
  async kill(disaster: Disaster, chance: Chance): Promise<void> {
    if (disaster === 'server') {
      this.#server?.kill('SIGKILL');
      await this.#server?.ended;
      this.#oldLogs += this.#server?.logs() ?? '';
      await this.start();
    } else if (disaster === 'one backend') {
      const backends = postgresProcesses(this.#dataDir).filter(({ title }) =>
        title.includes('purser purser'),
      );
      if (backends.length > 0) signal([chance.pick(backends)], 'SIGKILL');
    } else {
      const untilMs = performance.now() + (disaster === 'all of PostgreSQL' ? 0 : DOWN_MS);
      do {
        signal(postgresProcesses(this.#dataDir), 'SIGKILL');
        await sleep(20);
      } while (performance.now() < untilMs);
    }
  }
}
