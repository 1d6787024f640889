import { setTimeout as sleep } from 'node:timers/promises';
import { Purser, type PurserOptions } from '../../src/client/index.ts';
import { SCOPES } from '../../src/operations/scopes.ts';
import type { Services } from '../../src/operations/services.ts';
import { freshDatabase, makeKey, makeOrganisation, openTestServices, startServer } from '../harness.ts';

/** An application's view of a Purser in a process of its own: the server, a key of a sandbox, and the client. */
export interface Shop {
  readonly url: string;
  /** May do everything in the sandbox. */
  readonly apiKey: string;
  readonly slug: string;
  readonly services: Services;
  connect(options?: Partial<PurserOptions>): Purser;
  /** @returns the token of the newest mail to this address, which the mailbox page shows. */
  tokenMailedTo(email: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts it. */
export async function openShop(): Promise<Shop> {
  const fresh = await freshDatabase();
  const { services, stop } = await openTestServices(fresh);
  const { slug } = await makeOrganisation(services, { slug: 'shop', currency: 'CZK' });
  const scopes = ['default', ...SCOPES.mustBeNamed];
  const apiKey = await makeKey(services, 'DEV', slug, { scopes });
  const server = await startServer({ databaseUrl: fresh.url });
  const { url } = server;
  return {
    url,
    apiKey,
    slug,
    services,
    connect: (options = {}) => new Purser({ baseUrl: url, apiKey, ...options }),
    tokenMailedTo: (email) => tokenMailedTo(url, email),
    close: async () => {
      await server.stop();
      await stop();
      await fresh.drop();
    },
  };
}

/** Mails are kept by a job, a moment after what they tell of. */
async function tokenMailedTo(url: string, email: string): Promise<string> {
  for (let i = 0; i < 200; i += 1) {
    const page = await (await fetch(`${url}/dev/mailbox`)).text();
    const [newest] = page.split('<h2>').filter((mail) => mail.includes(` to ${email},`));
    const token = /\/(?:confirm|new-password)\/([A-Za-z0-9]{32})/.exec(newest ?? '')?.[1];
    if (token !== undefined) return token;
    await sleep(100);
  }
  throw new Error(`No mail to ${email} came.`);
}
