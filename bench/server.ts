/** The process of the server under load: Purser as `purser serve` starts it, and the benchmark's two routes. */
import type { AddressInfo } from 'node:net';
import { readConfig } from '../src/config.ts';
import { buildApp } from '../src/http/app.ts';
import { workOnJobs } from '../src/jobs/work-on-jobs.ts';
import { createLog } from '../src/log.ts';
import { openServices } from '../src/open-services.ts';
import { startApiKeyDirectory } from '../src/operations/api-key-directory.ts';
import { startHousekeeping } from '../src/operations/housekeeping.ts';
import { startSweeper } from '../src/operations/sweep-due.ts';
import { openNaiveSpender } from './naive.ts';
import { addBenchRoutes } from './routes.ts';
import type { ServerMessage } from './server-process.ts';

const config = readConfig(process.env);
const log = createLog(config.logLevel, 'stdout');
const { services, stop } = await openServices(config, log, { as: 'serve' });
const directory = await startApiKeyDirectory(services.database, log);
const sweeper = startSweeper(services);
const loops = [sweeper, startHousekeeping(services, config), workOnJobs(services)];
const naive = openNaiveSpender(config.databaseUrl ?? '', services.ids);
const app = await buildApp({
  services,
  directory,
  sweeper,
  config,
  log,
  demo: false,
  extraRoutes: (routes) => addBenchRoutes(routes, naive),
});
await app.listen({ host: config.host, port: config.port });

let cpuBefore = process.cpuUsage();

const tell = (message: ServerMessage) => process.send?.(message);

process.on('message', () => {
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuBefore = process.cpuUsage();
  tell({
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
    mostResidentBytes: process.resourceUsage().maxRSS * 1024,
  });
});

async function end(): Promise<void> {
  await app.close();
  for (const loop of loops) await loop.stop();
  await directory.stop();
  await naive.stop();
  await stop();
  process.disconnect();
}

process.once('SIGTERM', () => void end());
tell({ port: (app.server.address() as AddressInfo).port });
