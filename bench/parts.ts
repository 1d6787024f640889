import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Bench,
  CAPTURE_PATH,
  HOLD_PATH,
  loadTarget,
  type Measurement,
  NAIVE_PATH,
  NOOP_PATH,
  SPEND_PATH,
  type Target,
  takeTurns,
} from './bench.ts';
import type { PartName } from './options.ts';
import { findPgbench, preparePgbench } from './pgbench.ts';
import { type GroupSize, type PreparedDatabase, prepareDatabase } from './prepare.ts';
import { checkHistory } from './seed.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { median } from './statistics.ts';

/** Enough credit, in one lot, for every customer to be the hot one all day. */
const PLENTY = { lots: 1, creditsPerLot: 100_000_000, spends: 0 };

const CREDITS_PER_LOT = 200;

/** Runs what was asked for; parts that need the same database share it. */
export async function runParts(bench: Bench): Promise<void> {
  const { parts } = bench.options;
  const asked = (...names: PartName[]) => names.some((name) => parts.includes(name));
  if (asked('core', 'latency', 'holds', 'processes')) await runCore(bench);
  if (asked('lots')) await runLots(bench);
  if (asked('ip')) await runAddresses(bench);
  if (asked('growth')) await runGrowth(bench);
}

/** Prepares a database, serves it, and checks every entry of it when the work is done. */
async function withDatabase(
  bench: Bench,
  name: string,
  groups: readonly GroupSize[],
  work: (database: PreparedDatabase, server: ServerProcess) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  bench.say(`loading the database ${name}`);
  const database = await prepareDatabase(bench.databases, name, groups);
  const server = await startServer(bench, database, env);
  try {
    await work(database, server);
  } catch (error) {
    const log = await readFile(logFileOf(bench), 'utf8');
    bench.say(`the end of the server's log:\n${log.trimEnd().split('\n').slice(-5).join('\n')}`);
    throw error;
  } finally {
    await server.stop();
  }
  bench.say(`checking every entry of ${name}`);
  const client = await bench.databases.connect(database.url);
  try {
    await checkHistory(client, 'purser');
    await checkHistory(client, 'bench_naive');
  } finally {
    await client.end();
  }
  await bench.databases.drop(name);
}

function logFileOf({ databases }: Bench): string {
  return path.join(databases.folder, 'bench-servers.log');
}

function startServer(
  bench: Bench,
  { url }: PreparedDatabase,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const { profileDir } = bench.options;
  return startServerProcess({ databaseUrl: url, env, logFile: logFileOf(bench), profileDir });
}

function measure(bench: Bench, name: string, title: string, target: Target): Measurement {
  return { name, title, run: (repetition) => loadTarget(bench, target, repetition) };
}

async function runCore(bench: Bench): Promise<void> {
  const { sizes, parts } = bench.options;
  const everyone = { first: 1, count: sizes.customers, pick: 'uniform' } as const;
  // In the middle, so that the hot one is not the first row of every page it is on.
  const hot = { first: Math.ceil(sizes.customers / 2), count: 1, pick: 'uniform' } as const;
  const groups = [{ first: 1, count: sizes.customers, ...PLENTY }];
  await withDatabase(bench, 'bench_core', groups, async (database, server) => {
    const to = (path: string, rest: Partial<Target> = {}): Target => ({
      servers: [server],
      database,
      path,
      customers: everyone,
      ...rest,
    });
    const spend = measure(bench, 'spend', 'spend', to(SPEND_PATH));
    if (parts.includes('core')) {
      const measurements = [
        measure(bench, 'noop', 'no-op', to(NOOP_PATH)),
        spend,
        measure(bench, 'naive', 'naive spend', to(NAIVE_PATH)),
        measure(bench, 'hot', 'spend, one hot customer', to(SPEND_PATH, { customers: hot })),
        measure(bench, 'hotNaive', 'naive spend, one hot customer', to(NAIVE_PATH, { customers: hot })),
        measure(bench, 'keyed', 'spend, each with a new key', to(SPEND_PATH, { idempotencyKeys: true })),
      ];
      if (await findPgbench()) measurements.push(await preparePgbench(bench));
      else bench.say('pgbench is not installed: left out');
      await takeTurns(bench, 'core', measurements, sizes.repetitions);
    }
    if (parts.includes('latency')) {
      if (bench.results.series('spend').length === 0) await takeTurns(bench, 'latency', [spend], 1);
      const requestsPerSecond = Math.floor(median(bench.results.series('spend')) / 2);
      const half = to(SPEND_PATH, { requestsPerSecond, measureMs: sizes.latencyMs });
      const latency = measure(bench, 'halfPeak', 'spend, constant rate, half of the peak', half);
      await takeTurns(bench, 'latency', [latency], Math.min(3, sizes.repetitions));
    }
    if (parts.includes('holds')) await runHolds(bench, spend, to(HOLD_PATH), to(CAPTURE_PATH));
    if (parts.includes('processes')) await runProcesses(bench, database, server, to(SPEND_PATH));
  });
}

/** Holds, and the captures that end them, which only exist once there are holds: so these two go in one turn. */
async function runHolds(bench: Bench, spend: Measurement, hold: Target, capture: Target): Promise<void> {
  const captures = measure(bench, 'capture', 'capture, each ends a hold', capture);
  const holds: Measurement = {
    name: 'hold',
    title: 'hold',
    async run(repetition) {
      const sample = await loadTarget(bench, hold, repetition);
      bench.results.add(captures, await captures.run(repetition));
      return sample;
    },
  };
  const spends = { ...spend, name: 'spendBesideHolds', title: 'spend, in turns with holds' };
  await takeTurns(bench, 'holds', [spends, holds], bench.options.sizes.repetitions);
}

async function runProcesses(
  bench: Bench,
  database: PreparedDatabase,
  server: ServerProcess,
  target: Target,
): Promise<void> {
  const second = await startServer(bench, database);
  try {
    const two = { ...target, servers: [server, second] };
    const measurements = [
      measure(bench, 'oneProcess', 'spend, one process', target),
      measure(bench, 'twoProcesses', 'spend, two processes on one database', two),
    ];
    await takeTurns(bench, 'processes', measurements, Math.ceil(bench.options.sizes.repetitions / 2));
  } finally {
    await second.stop();
  }
}

async function runLots(bench: Bench): Promise<void> {
  const { lotCustomers: count, repetitions } = bench.options.sizes;
  const groups = [1, 10, 1_000].map((lots, i) => ({
    first: 1 + i * count,
    count,
    lots,
    // The same share of spends crosses into the next lot with 10 and with 1,000; a single lot must last.
    creditsPerLot: lots === 1 ? 1_000_000 : CREDITS_PER_LOT,
    spends: 0,
  }));
  await withDatabase(bench, 'bench_lots', groups, async (database, server) => {
    const measurements = groups.map(({ first, lots }) =>
      measure(bench, `lots${lots}`, `spend, ${lots.toLocaleString('en')} lots a customer`, {
        servers: [server],
        database,
        path: SPEND_PATH,
        customers: { first, count, pick: 'uniform' },
      }),
    );
    const most = groups.at(-1);
    if (most) {
      const customers = { first: most.first, count, pick: 'uniform' } as const;
      const target = { servers: [server], database, path: SPEND_PATH, customers, amount: CREDITS_PER_LOT };
      measurements.push(measure(bench, 'lots1000Draining', 'spend, 1,000 lots, each empties one', target));
    }
    await takeTurns(bench, 'lots', measurements, repetitions);
  });
}

/** Spends with an address for each customer, while the resolver takes questions and never answers one. */
async function runAddresses(bench: Bench): Promise<void> {
  const { customers: count, repetitions } = bench.options.sizes;
  const resolver = createSocket('udp4').bind(0, '127.0.0.1');
  await once(resolver, 'listening');
  const env = { PURSER_DNS_SERVER: `127.0.0.1:${resolver.address().port}` };
  const groups = [{ first: 1, count, ...PLENTY }];
  const work = async (database: PreparedDatabase, server: ServerProcess) => {
    const customers = { first: 1, count, pick: 'uniform' } as const;
    const target = { servers: [server], database, path: SPEND_PATH, customers };
    const measurements = [
      measure(bench, 'withoutAddresses', 'spend without an address', target),
      measure(bench, 'withAddresses', 'spend with an address, the resolver is dead', {
        ...target,
        addresses: true,
      }),
    ];
    await takeTurns(bench, 'ip', measurements, repetitions);
  };
  try {
    await withDatabase(bench, 'bench_ip', groups, work, env);
  } finally {
    resolver.close();
  }
}

async function runGrowth(bench: Bench): Promise<void> {
  const { customers, grownCustomers, grownSpends, repetitions } = bench.options.sizes;
  const young = [{ first: 1, count: customers, ...PLENTY }];
  const old = [{ first: 1, count: grownCustomers, ...PLENTY, spends: grownSpends }];
  const title = (count: number) => `${count.toLocaleString('en')} customers`;
  await withDatabase(bench, 'bench_young', young, (database, server) =>
    withDatabase(bench, 'bench_grown', old, async (grownDatabase, grownServer) => {
      const small = { servers: [server], database, path: SPEND_PATH };
      const grown = { servers: [grownServer], database: grownDatabase, path: SPEND_PATH };
      const zipf = (count: number) => ({ customers: { first: 1, count, pick: 'zipf' as const } });
      const uniform = { customers: { first: 1, count: grownCustomers, pick: 'uniform' as const } };
      const some = Math.min(100_000, grownCustomers);
      const history = `${title(grownCustomers)}, ${title(grownCustomers * (1 + grownSpends)).replace('customers', 'entries')}`;
      await takeTurns(
        bench,
        'growth',
        [
          measure(bench, 'freshZipf', `spend, Zipf, ${title(customers)}, no history`, {
            ...small,
            ...zipf(customers),
          }),
          measure(bench, 'grownZipf', `spend, Zipf over all, ${history}`, {
            ...grown,
            ...zipf(grownCustomers),
          }),
          measure(bench, 'grownZipfSome', `the same, Zipf over ${some.toLocaleString('en')}`, {
            ...grown,
            ...zipf(some),
          }),
          measure(bench, 'grownUniform', 'the same, uniform over all', { ...grown, ...uniform }),
        ],
        repetitions,
      );
    }),
  );
}
