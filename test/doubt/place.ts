import path from 'node:path';
import type { OpenServices } from '../../src/open-services.ts';
import {
  type FreshDatabase,
  freshDatabase,
  openTestServices,
  startServer,
  type TestServer,
} from '../harness.ts';
import type { Subject } from '../history/record.ts';
import { judge } from '../history/round.ts';
import { makeShop, makeSubjects } from '../history/world.ts';
import { Asking } from './asking.ts';
import { CommitProxy } from './proxy.ts';

/** A server that reaches its database through a proxy, and everything to ask and to judge it. */
export interface Place {
  readonly fresh: FreshDatabase;
  /** Goes to the database straight. */
  readonly open: OpenServices;
  readonly proxy: CommitProxy;
  readonly server: TestServer;
  readonly subjects: readonly [Subject, Subject, Subject, Subject, ...Subject[]];
  readonly asking: Asking;
  /** @returns what is wrong with the history; empty when all is well. */
  faults(): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts it with five customers, each with 60 credits. */
export async function openPlace(): Promise<Place> {
  const fresh = await freshDatabase();
  const open = await openTestServices(fresh);
  const shop = await makeShop(open.services);
  const [one, two, three, four, ...others] = await makeSubjects(open.services, shop, 5);
  if (!one || !two || !three || !four) throw new Error('no customers');
  const proxy = new CommitProxy(socketOf(fresh.url));
  const port = await proxy.listen();
  const url = new URL(fresh.url);
  const server = await startServer({
    databaseUrl: `postgresql://${url.username}@127.0.0.1:${port}${url.pathname}`,
  });
  const subjects = [one, two, three, four, ...others] as const;
  const asking = new Asking(shop.apiKey, subjects);
  return {
    ...{ fresh, open, proxy, server, subjects, asking },
    faults: async () => (await judge(open.services, asking.history)).faults,
    async close() {
      proxy.isClosed = false;
      await server.stop();
      await proxy.stop();
      await open.stop();
      await fresh.drop();
    },
  };
}

/** @returns where the test database listens: a socket in a folder, or a host and port. */
function socketOf(databaseUrl: string): { path: string } | { host: string; port: number } {
  const url = new URL(databaseUrl);
  const folder = url.searchParams.get('host');
  if (folder) return { path: path.join(folder, `.s.PGSQL.${url.port || 5432}`) };
  return { host: url.hostname, port: Number(url.port || 5432) };
}
