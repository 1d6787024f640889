import { cpus, totalmem } from 'node:os';
import type { Bench, Results, Sample } from './bench.ts';
import { findPgbench } from './pgbench.ts';
import { median, pairedRatio } from './statistics.ts';

/** What `--json` writes. Figures that were not measured are absent. */
export interface Report {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly figures: Readonly<Record<string, number>>;
  readonly ratios: Readonly<Record<string, number>>;
}

/** Name, measurement above the line, measurement below it, and what is wanted of it. */
const RATIOS: readonly (readonly [name: string, above: string, below: string, wanted: string])[] = [
  ['spendOverNoop', 'spend', 'noop', 'at least 0.5'],
  ['spendOverNaive', 'spend', 'naive', 'at least 4.5'],
  ['hotOverUniform', 'hot', 'spend', 'at least 1'],
  ['hotOverNaiveHot', 'hot', 'hotNaive', 'at least 10'],
  ['keyedOverUnkeyed', 'keyed', 'spend', 'at least 0.7'],
  ['holdOverSpend', 'hold', 'spendBesideHolds', 'at least 0.625'],
  ['captureOverSpend', 'capture', 'spendBesideHolds', 'at least 0.625'],
  ['addressesOverNone', 'withAddresses', 'withoutAddresses', 'at least 0.9'],
  ['lots1000OverLots1', 'lots1000', 'lots1', 'at least 0.85'],
  ['grownOverFresh', 'grownZipf', 'freshZipf', 'at least 0.7'],
  ['spendOverPgbench', 'spend', 'pgbench', ''],
];

/** Figures of a measurement and how each is called in the JSON, after the measurement's name. */
const FIGURES: readonly (readonly [suffix: string, figure: keyof Sample])[] = [
  ['PerSecond', 'requestsPerSecond'],
  ['P50Ms', 'p50Ms'],
  ['P99Ms', 'p99Ms'],
  ['MaxMs', 'maxMs'],
  ['ServerCpu', 'serverCpu'],
  ['DatabaseCpu', 'databaseCpu'],
  ['LoadCpu', 'loadCpu'],
];

export async function makeReport({ options, databases, results }: Bench): Promise<Report> {
  const { sizes } = options;
  const { server_version: postgresql = '', ...postgresSettings } = await databases.settings();
  const settings = {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? '',
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    postgresql,
    ...postgresSettings,
    pgbench: (await findPgbench()) ?? 'not installed',
    connections: sizes.connections,
    customers: sizes.customers,
    key: 'ROOT',
    repetitions: sizes.repetitions,
    secondsEach: sizes.measureMs / 1000,
    quick: options.quick,
  };
  const figures: Record<string, number> = {};
  for (const { name } of results.names()) {
    for (const [suffix, figure] of FIGURES) {
      const value = median(results.series(name, figure).filter(Number.isFinite));
      if (Number.isFinite(value)) figures[name + suffix] = round(value, 3);
    }
  }
  if (results.mostResidentBytes > 0) figures.residentMiB = round(results.mostResidentBytes / 2 ** 20, 0);
  const ratios: Record<string, number> = {};
  for (const [name, above, below] of RATIOS) {
    const ratio = pairedRatio(results.series(above), results.series(below));
    if (Number.isFinite(ratio)) ratios[name] = round(ratio, 3);
  }
  return { settings, figures, ratios };
}

/** @returns the report as a Markdown table, which also reads well in a terminal. */
export function formatReport(report: Report, results: Results): string {
  const { settings, figures, ratios } = report;
  const lines = [
    `Settings: ${Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
    '',
  ];
  const share = (value: number | undefined) => (value === undefined ? '' : `${Math.round(value * 100)} %`);
  const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(1));
  const rows = results
    .names()
    .map(({ name, title }) => [
      title,
      Math.round(figures[`${name}PerSecond`] ?? 0).toLocaleString('en'),
      ms(figures[`${name}P50Ms`]),
      ms(figures[`${name}P99Ms`]),
      share(figures[`${name}ServerCpu`]),
      share(figures[`${name}DatabaseCpu`]),
      share(figures[`${name}LoadCpu`]),
    ]);
  lines.push(...table(['', 'a second', 'p50 ms', 'p99 ms', 'Purser', 'PostgreSQL', 'load'], rows), '');
  const ratioRows = RATIOS.filter(([name]) => ratios[name] !== undefined).map(
    ([name, above, below, wanted]) => [`${above} / ${below}`, (ratios[name] ?? 0).toFixed(2), wanted],
  );
  if (figures.halfPeakP99Ms !== undefined) {
    ratioRows.push(['p99 at half of the peak, ms', ms(figures.halfPeakP99Ms), 'under 25']);
  }
  if (figures.residentMiB !== undefined) {
    ratioRows.push([
      'most memory of a Purser process, MiB',
      String(figures.residentMiB),
      'under 286 (300 MB)',
    ]);
  }
  lines.push(...table(['ratio, paired', 'measured', 'wanted'], ratioRows));
  return `${lines.join('\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((name, i) => Math.max(3, name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}

function round(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places;
}
