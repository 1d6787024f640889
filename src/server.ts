import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { buildApp } from './http/app.ts';
import { workOnJobs } from './jobs/work-on-jobs.ts';
import { createLog } from './log.ts';
import { openServices } from './open-services.ts';
import { startApiKeyDirectory } from './operations/api-key-directory.ts';
import { prepareDemo, SAMPLE_API_KEY, SAMPLE_IDENTITY } from './operations/demo.ts';
import { startOrderFinisher } from './operations/finish-orders.ts';
import { runFirstStart } from './operations/first-start.ts';
import { startHousekeeping } from './operations/housekeeping.ts';
import { startSweeper } from './operations/sweep-due.ts';
import { visitedUrl } from './public-address.ts';
import { listenForStopSignal } from './stop-signal.ts';
import { makeThrowAwayFolder } from './store/embedded/abandoned.ts';
import { describeStart } from './welcome.ts';

/** The server can't serve; the message says why, for an operator. */
export class ServeError extends Error {
  override readonly name = 'ServeError';
}

/** A server that takes requests. */
export interface RunningServer {
  /** Where it can be reached from this machine. */
  readonly url: string;
  /** Takes no more requests, answers those that were begun, and puts everything away. */
  stop(): Promise<void>;
}

/**
 * Starts everything in order; what was started before a failure is put away again.
 *
 * @param say writes to the person who started it.
 * @throws ConfigError, EmbeddedError, MigrationError, UnsafeDatabaseError, ServeError for an operator.
 */
export async function startServer(
  config: Config,
  log: Logger,
  { demo, say }: { demo: boolean; say: (text: string) => void },
): Promise<RunningServer> {
  const started: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).reverse()) {
      await end().catch((error) => log.error({ err: error }, 'something could not be put away'));
    }
  };
  try {
    const { services, stop: stopServices } = await openServices(config, log, { as: 'serve' });
    started.push(stopServices);
    if (demo) await prepareDemo(services);
    const directory = await startApiKeyDirectory(services.database, log);
    started.push(() => directory.stop());
    const sweeper = startSweeper(services);
    const loops = [sweeper, startHousekeeping(services, config), startOrderFinisher(services)];
    for (const loop of loops) started.push(() => loop.stop());
    const worker = workOnJobs(services);
    started.push(() => worker.stop());
    const app = await buildApp({ services, directory, sweeper, config, log, demo });
    started.push(() => closeApp(app));
    const url = await listen(app, config);

    services.publicAddress.listensOn(url);
    const { url: address } = services.publicAddress;
    if (services.mails.smtp && config.baseUrl === undefined)
      log.warn({ address }, 'PURSER_BASE_URL is not set: the links in mails work on this machine alone');
    if (demo) say(describeStart(address, { apiKey: SAMPLE_API_KEY, identityId: SAMPLE_IDENTITY, demo }));
    else {
      let announced = false;
      await runFirstStart(services, (sample) => {
        announced = true;
        say(describeStart(address, { ...sample, demo }));
      });
      if (!announced) say(describeStart(address));
    }
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Answers what was begun. A connection that was just then answering is idle only later, and kept open until closed. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), 50);
  await app.close().finally(() => clearInterval(timer));
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new ServeError(whyNotListening(error, host, port));
  }
  const { port: actual } = app.server.address() as AddressInfo;
  return visitedUrl(host, actual);
}

function whyNotListening(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is already in use. Stop what uses it, or choose another one, such as PORT=${port + 1}.`;
  }
  if (code === 'EACCES')
    return `Port ${port} needs rights that this user does not have. Choose one above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST ${host} is no address of this machine.`;
  return `The server can't listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`;
}

/** Runs `purser serve`: until a signal stops it. Never returns before that. */
export async function serve(config: Config): Promise<void> {
  await runUntilSignal(config, false);
}

/** Runs `purser demo`: a server whose data live in a temporary folder and end with it. */
export async function serveDemo(config: Config): Promise<void> {
  const log = createLog(config.logLevel, 'stdout');
  const dataDir = await makeThrowAwayFolder('purser-demo-', log);
  try {
    await runUntilSignal({ ...config, dataDir, databaseUrl: undefined }, true);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runUntilSignal(config: Config, demo: boolean): Promise<void> {
  const log = createLog(config.logLevel, 'stdout');
  const end = (error: unknown) => {
    log.fatal({ err: error }, 'an error that nobody expected; the process ends');
    process.exit(1);
  };
  process.on('uncaughtException', end).on('unhandledRejection', end);
  const signalled = Promise.withResolvers<NodeJS.Signals>();
  listenForStopSignal({
    stop: signalled.resolve,
    // What was answered is on disk; PostgreSQL goes on by itself and is taken over by the next start.
    force: () => process.exit(1),
  });
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const server = await startServer(config, log, { demo, say });
  const signal = await signalled.promise;
  log.info({ signal }, 'stopping: what was begun is finished first');
  // It stays set after the stop too, in case something forgotten keeps the process alive.
  setTimeout(() => {
    log.error('stopping took too long and is forced');
    process.exit(1);
  }, config.stopTimeoutMs).unref();
  await server.stop();
  log.info('stopped');
}
