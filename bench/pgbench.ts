import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Bench, Measurement } from './bench.ts';

const CLIENTS = 32;

/** @returns its version, undefined when pgbench is not installed. */
export async function findPgbench(): Promise<string | undefined> {
  const found = await promisify(execFile)('pgbench', ['--version']).catch(() => undefined);
  return found?.stdout.trim();
}

/** PostgreSQL's own benchmark on the same PostgreSQL: its built-in tpcb-like transaction, statements prepared. */
export async function preparePgbench({ databases, options }: Bench): Promise<Measurement> {
  const { pgbenchScale, warmUpMs, measureMs } = options.sizes;
  await databases.create('bench_pgbench');
  const run = async (...words: string[]) => {
    const address = ['-h', databases.socketFolder, '-p', String(databases.port), '-U', databases.user];
    const { stdout } = await promisify(execFile)('pgbench', [...address, ...words, 'bench_pgbench']);
    return stdout;
  };
  await run('-i', '-q', '-s', String(pgbenchScale));
  const seconds = String(Math.max(2, Math.round((warmUpMs + measureMs) / 1000)));
  return {
    name: 'pgbench',
    title: `pgbench tpcb-like, ${CLIENTS} clients, scale ${pgbenchScale}`,
    async run() {
      const text = await run('-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '1', '-T', seconds);
      const transactions = /^tps = ([\d.]+)/m.exec(text)?.[1];
      if (transactions === undefined) throw new Error(`pgbench gave no figure:\n${text}`);
      return { requestsPerSecond: Number(transactions) };
    },
  };
}
