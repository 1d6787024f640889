import { fork } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';

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

export interface ServerProcessOptions {
  readonly databaseUrl: string;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its log goes here, at the usual level: what is measured includes writing it. */
  readonly logFile: string;
  /** Where it writes a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
}

/** Starts a server process. @returns once it takes requests. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { databaseUrl, env, logFile, profileDir } = options;
  const log = await open(logFile, 'a');
  const profiling = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [];
  const child = fork(new URL('./server.ts', import.meta.url), {
    execArgv: [...(await flagsOfStart()), ...profiling],
    env: { ...process.env, DATABASE_URL: databaseUrl, PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', log.fd, 'inherit', 'ipc'],
  });
  await log.close();
  const ask = () =>
    new Promise<ServerMessage>((resolve, reject) => {
      const onExit = () => reject(new Error('the server process ended; its messages are above'));
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        resolve(message as ServerMessage);
      });
    });
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

/** @returns the flags that `npm start` gives to Node: the server that is measured is the one that is shipped. */
async function flagsOfStart(): Promise<string[]> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: { start: string } };
  return scripts.start.match(/--[\w-]+(=\S+)?/g) ?? [];
}
