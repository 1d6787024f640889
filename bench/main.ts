import { writeFile } from 'node:fs/promises';
import { type Bench, Results } from './bench.ts';
import { startDatabases } from './database.ts';
import { startLoadGenerator } from './load.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { runParts } from './parts.ts';
import { formatReport, makeReport } from './report.ts';

async function main(options: BenchOptions): Promise<void> {
  const startedAt = performance.now();
  const say = (text: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    process.stderr.write(`${String(seconds).padStart(4)} s  ${text}\n`);
  };
  const databases = await startDatabases();
  const load = startLoadGenerator();
  // Interrupted, PostgreSQL and its folder must not stay behind.
  process.once('SIGINT', () => void databases.stop().finally(() => process.exit(130)));
  try {
    const bench: Bench = { options, databases, load, results: new Results(), say };
    await runParts(bench);
    const report = await makeReport(bench);
    process.stdout.write(`\n${formatReport(report, bench.results)}`);
    if (options.jsonFile) await writeFile(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    load.stop();
    await databases.stop();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
