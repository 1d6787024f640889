import type { BenchDatabases } from './database.ts';
import type { LoadGenerator } from './load.ts';
import type { Customers, LoadPlan, LoadResult } from './load-plan.ts';
import type { BenchOptions } from './options.ts';
import type { PreparedDatabase } from './prepare.ts';
import { compareBooks, readBooks } from './seed.ts';
import type { ServerProcess } from './server-process.ts';

export const SPEND_PATH = '/api/v1/customer/credit-spend';
export const HOLD_PATH = '/api/v1/customer/credit-hold';
export const CAPTURE_PATH = '/api/v1/customer/credit-capture';
export const NOOP_PATH = '/api/v1/bench/no-op';
export const NAIVE_PATH = '/api/v1/bench/naive-spend';

/** What one repetition of one measurement said. CPU as a share of one core, warm-up included. */
export interface Sample extends Pick<LoadResult, 'requestsPerSecond'> {
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  readonly serverCpu?: number;
  readonly databaseCpu?: number | undefined;
  readonly loadCpu?: number;
}

/** One thing that is measured, again and again, in turns with the others of its part. */
export interface Measurement {
  readonly name: string;
  readonly title: string;
  run(repetition: number): Promise<Sample>;
}

/** What all parts share. */
export interface Bench {
  readonly options: BenchOptions;
  readonly databases: BenchDatabases;
  readonly load: LoadGenerator;
  readonly results: Results;
  say(text: string): void;
}

/** All samples by the name of their measurement, in the order in which they were first taken. */
export class Results {
  readonly #samples = new Map<string, { title: string; samples: Sample[] }>();
  mostResidentBytes = 0;

  add({ name, title }: Measurement, sample: Sample): void {
    const known = this.#samples.get(name) ?? { title, samples: [] };
    known.samples.push(sample);
    this.#samples.set(name, known);
  }

  /** @returns one figure of a measurement, repetition by repetition. */
  series(name: string, figure: keyof Sample = 'requestsPerSecond'): number[] {
    const samples = this.#samples.get(name)?.samples ?? [];
    return samples.map((sample) => sample[figure] ?? Number.NaN);
  }

  names(): { name: string; title: string }[] {
    return [...this.#samples].map(([name, { title }]) => ({ name, title }));
  }
}

/** Requests to servers of one database, and how to know that each was done exactly once. */
export interface Target {
  readonly servers: readonly ServerProcess[];
  readonly database: PreparedDatabase;
  readonly path: string;
  readonly customers: Customers;
  /** Credits a spend, 1 unless given. */
  readonly amount?: number;
  readonly idempotencyKeys?: boolean;
  readonly addresses?: boolean;
  readonly requestsPerSecond?: number;
  readonly measureMs?: number;
}

const JOBS: Readonly<Record<string, LoadPlan['job']>> = { [HOLD_PATH]: 'hold', [CAPTURE_PATH]: 'capture' };

/** Whose books tell what was acknowledged; a hold leaves no entry. */
const BOOKS: Readonly<Record<string, 'purser' | 'bench_naive'>> = {
  [SPEND_PATH]: 'purser',
  [CAPTURE_PATH]: 'purser',
  [NAIVE_PATH]: 'bench_naive',
};

/**
 * Loads a target for one repetition.
 *
 * @throws when an answer was no 200, or when the books afterwards are not exactly what was acknowledged.
 */
export async function loadTarget(bench: Bench, target: Target, repetition: number): Promise<Sample> {
  const { databases, load, options } = bench;
  const { warmUpMs, connections } = options.sizes;
  const measureMs = target.measureMs ?? options.sizes.measureMs;
  const {
    amount = 1,
    idempotencyKeys = false,
    addresses = false,
    requestsPerSecond,
    database,
    servers,
    path,
    customers,
  } = target;
  const schema = BOOKS[path];
  const client = await databases.connect(database.url);
  try {
    const before = schema && (await readBooks(client, schema));
    for (const server of servers) await server.usage();
    const databaseCpu = await databases.cpuMs();
    const result = await load.run({
      ports: servers.map(({ port }) => port),
      path,
      job: JOBS[path] ?? 'spend',
      headers: database.headers,
      connections,
      customers,
      amount,
      idempotencyKeys,
      addresses,
      warmUpMs,
      measureMs,
      ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
      seed: repetition + 1,
    });
    const databaseCpuAfter = await databases.cpuMs();
    let serverCpuMs = 0;
    for (const server of servers) {
      const usage = await server.usage();
      serverCpuMs += usage.cpuMs;
      bench.results.mostResidentBytes = Math.max(bench.results.mostResidentBytes, usage.mostResidentBytes);
    }
    if (schema && before) {
      compareBooks(before, await readBooks(client, schema), result.acknowledged, amount, path);
    }
    const { requestsPerSecond: answered, p50Ms, p99Ms, maxMs, cpuShare } = result;
    return {
      requestsPerSecond: answered,
      p50Ms,
      p99Ms,
      maxMs,
      serverCpu: serverCpuMs / (warmUpMs + measureMs),
      databaseCpu:
        databaseCpu === undefined || databaseCpuAfter === undefined
          ? undefined
          : // A process that ended meanwhile, such as a vacuum, takes its time with it.
            Math.max(0, databaseCpuAfter - databaseCpu) / (warmUpMs + measureMs),
      loadCpu: cpuShare,
    };
  } finally {
    await client.end();
  }
}

/**
 * Takes measurements in turns, so that whatever the machine does for a while meets all of them, and starts each
 * round with another one, so that none always follows the same.
 */
export async function takeTurns(
  bench: Bench,
  part: string,
  measurements: readonly Measurement[],
  repetitions: number,
): Promise<void> {
  for (let repetition = 0; repetition < repetitions; repetition++) {
    await bench.databases.checkpoint();
    for (let turn = 0; turn < measurements.length; turn++) {
      const measurement = measurements[(turn + repetition) % measurements.length];
      if (!measurement) continue;
      const sample = await measurement.run(repetition);
      bench.results.add(measurement, sample);
      const latency = sample.p99Ms === undefined ? '' : `, p99 ${sample.p99Ms.toFixed(1)} ms`;
      const figure = `${Math.round(sample.requestsPerSecond).toLocaleString('en')}/s${latency}`;
      bench.say(`${part} ${repetition + 1}/${repetitions}  ${measurement.title}: ${figure}`);
    }
  }
}
