import { parseArgs } from 'node:util';

/** What `npm run bench` was asked for. */
export interface BenchOptions {
  readonly quick: boolean;
  /** Where the results are written as JSON. */
  readonly jsonFile: string | undefined;
  readonly parts: readonly PartName[];
  /** Where the first server process writes a CPU profile of each part. */
  readonly profileDir: string | undefined;
  readonly sizes: Sizes;
}

export const PARTS = ['core', 'latency', 'holds', 'processes', 'lots', 'growth', 'ip'] as const;
export type PartName = (typeof PARTS)[number];

/** How much is measured; `--quick` is for a first look, its figures are rougher. */
export interface Sizes {
  readonly connections: number;
  readonly customers: number;
  readonly repetitions: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly latencyMs: number;
  /** Customers of each group with 1, 10 and 1,000 lots. */
  readonly lotCustomers: number;
  readonly grownCustomers: number;
  readonly grownSpends: number;
  readonly pgbenchScale: number;
}

const FULL: Sizes = {
  connections: 128,
  customers: 10_000,
  repetitions: 7,
  warmUpMs: 1_000,
  measureMs: 4_000,
  latencyMs: 10_000,
  lotCustomers: 2_000,
  grownCustomers: 1_000_000,
  grownSpends: 9,
  pgbenchScale: 50,
};

const QUICK: Sizes = {
  ...FULL,
  repetitions: 2,
  warmUpMs: 700,
  measureMs: 1_500,
  latencyMs: 4_000,
  lotCustomers: 300,
  grownCustomers: 50_000,
  pgbenchScale: 10,
};

const HELP = `npm run bench -- [options]

  --quick          rough figures in about two minutes; growth only to 50,000 customers
  --json FILE      writes settings, figures and ratios as JSON
  --only a,b       only these parts: ${PARTS.join(', ')}
  --profile DIR    writes a CPU profile of each server process
  --help           shows this text
`;

/** @returns undefined when only help was asked for. @throws Error with a text for the person at the terminal. */
export function readOptions(words: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      only: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const asked = values.only?.split(',').map((name) => name.trim());
  for (const name of asked ?? []) {
    if (!PARTS.some((part) => part === name)) throw new Error(`There is no part "${name}".\n\n${HELP}`);
  }
  return {
    quick: values.quick,
    jsonFile: values.json,
    parts: PARTS.filter((part) => !asked || asked.includes(part)),
    profileDir: values.profile,
    sizes: values.quick ? QUICK : FULL,
  };
}
