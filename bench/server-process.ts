import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A Purser in a process of its own, with the benchmark's extra routes. */
export interface ServerProcess {
  readonly port: number;
  /** @returns what the process has used since it was asked last, and the most memory it ever had. */
  usage(): Promise<ServerUsage>;
  /** Stops it like an operator would, and waits for the end. */
  stop(): Promise<void>;
}

export interface ServerUsage {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly mostResidentBytes: number;
}

/** What bench/server.ts sends: once it listens, and as answer to any message. */
export type ServerMessage = { readonly port: number } | ServerUsage;

/** @param profileDir where it writes a CPU profile when it ends. */
export async function startServerProcess(databaseUrl: string, profileDir?: string): Promise<ServerProcess> {
  const profiling = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  const child = fork(new URL('./server.ts', import.meta.url), {
    execArgv: profiling,
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 2, 'inherit', 'ipc'],
  });
  const ask = async (): Promise<ServerMessage> => {
    const gone = new AbortController();
    const onExit = () => gone.abort(new Error('the server process ended'));
    child.once('exit', onExit);
    try {
      const [message] = (await once(child, 'message', { signal: gone.signal })) as [ServerMessage];
      return message;
    } finally {
      child.off('exit', onExit);
    }
  };
  const first = await ask();
  if (!('port' in first)) throw new Error('the server process did not say where it listens');
  return {
    port: first.port,
    async usage() {
      const answer = ask();
      child.send('usage');
      const usage = await answer;
      if (!('cpuMs' in usage)) throw new Error('the server process did not say what it used');
      return usage;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
