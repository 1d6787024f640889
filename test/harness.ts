/**
 * What tests stand on. All of it works on a real PostgreSQL: under `npm test` one that test/run.ts has started,
 * in a file run by itself (`node --test src/x.test.ts`) one that starts with the first database asked for.
 *
 *   const fresh = await freshDatabase();          // migrated, empty; fresh.address, fresh.url, fresh.drop()
 *   const database = openTestDatabase(fresh);     // the pool alone, for tests of store/; database.close()
 *   const { services, stop } = await openTestServices(fresh);   // in process, with a writer
 *   const server = await startServer({ databaseUrl: fresh.url }); // a child process; server.url, .pid, .logs()
 *   await server.stop();  server.kill('SIGKILL');  await server.ended;
 *
 * Shortcuts: makeOrganisation, makeKey, makeCustomer (an account with credit and an identity).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { type Logger, pino } from 'pino';
import { type Config, readConfig } from '../src/config.ts';
import type { ApiKeyKind } from '../src/ids.ts';
import { toMicro } from '../src/ledger/amount.ts';
import { type OpenServices, openServices } from '../src/open-services.ts';
import { createCustomer } from '../src/operations/create-customer.ts';
import { createKey, type KeyRequest } from '../src/operations/create-key.ts';
import { createOrganisation } from '../src/operations/create-organisation.ts';
import { createSession } from '../src/operations/create-session.ts';
import { grantCredit } from '../src/operations/grant-credit.ts';
import type { Services } from '../src/operations/services.ts';
import { type Database, type DatabaseAddress, inTransaction, openDatabase } from '../src/store/database.ts';
import { makeThrowAwayFolder } from '../src/store/embedded/abandoned.ts';
import { type Embedded, openEmbedded } from '../src/store/embedded.ts';
import { migrate } from '../src/store/migrate.ts';
import { type LedgerKind, listLedgers } from '../src/store/organisations.ts';

/** Where test/run.ts tells the test files' processes its PostgreSQL; an address of a database server. */
export const TEST_DATABASE_VARIABLE = 'PURSER_TEST_DATABASE_URL';

/** A logger that says nothing unless TEST_LOG_LEVEL asks for it. */
export const testLog: Logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });

/** Tests ask no resolver but their own. */
const NO_DNS = { PURSER_DNS_SERVER: 'off' } as const;

const TEMPLATE = 'purser_template';
const FOLDER_PREFIX = 'purser-test-';

/** A PostgreSQL for tests with the template in it. */
export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Makes the template database on the server that PURSER_TEST_DATABASE_URL names, to see that all passes on another
 * version; without one on an embedded PostgreSQL in a temporary folder. Removes what test runs that were killed have left behind.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env[TEST_DATABASE_VARIABLE];
  if (given) {
    await onServer(given, `DROP DATABASE IF EXISTS ${TEMPLATE}`);
    await makeTemplate(given);
    return { url: given, stop: () => onServer(given, `DROP DATABASE ${TEMPLATE}`) };
  }
  const dataDir = await makeThrowAwayFolder(FOLDER_PREFIX, testLog);
  const embedded = await openEmbedded({
    dataDir,
    log: testLog,
    as: 'use',
    settings: { max_connections: '300', shared_buffers: '256MB', max_wal_size: '1GB' },
  });
  const url = toUrl(embedded, 'postgres');
  try {
    await makeTemplate(url);
  } catch (error) {
    await stopAndRemove(embedded, dataDir);
    throw error;
  }
  return { url, stop: () => stopAndRemove(embedded, dataDir) };
}

async function makeTemplate(server: string): Promise<void> {
  await onServer(server, `CREATE DATABASE ${TEMPLATE}`);
  const database = openDatabase(toAddress(withDatabase(server, TEMPLATE)), 2, testLog);
  await migrate(database, testLog).finally(() => database.close());
}

/** A database of one test. */
export interface FreshDatabase {
  readonly address: DatabaseAddress;
  /** For DATABASE_URL. */
  readonly url: string;
  /** Removes it, connections and all. */
  drop(): Promise<void>;
}

/** @returns a new migrated database without an organisation, copied from the template. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = await serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = withDatabase(server, name);
  return {
    url,
    address: toAddress(url),
    drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** @returns a new database with nothing in it, not even a schema. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  const server = await serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = withDatabase(server, name);
  return {
    url,
    address: toAddress(url),
    drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Opens the pool of a database; close it before the database is dropped. */
export function openTestDatabase(fresh: FreshDatabase, poolSize = 10): Database {
  return openDatabase(fresh.address, poolSize, testLog);
}

/** @returns the configuration of a test, other variables than DATABASE_URL as given. */
export function testConfig(fresh: FreshDatabase, env: Record<string, string> = {}): Config {
  return readConfig({ DATABASE_URL: fresh.url, NODE_ENV: 'test', LOG_LEVEL: 'silent', ...NO_DNS, ...env });
}

/**
 * Opens everything that operations need, in this process.
 *
 * @param options.clockOffsetMs what the ledgers' clocks are ahead, to let things fall due.
 */
export async function openTestServices(
  fresh: FreshDatabase,
  options: { readonly env?: Record<string, string>; readonly clockOffsetMs?: () => number } = {},
): Promise<OpenServices> {
  const { env = {}, ...rest } = options;
  return openServices(testConfig(fresh, env), testLog, { as: 'use', ...rest });
}

/** An organisation with both its ledgers. */
export interface TestOrganisation {
  readonly organisationId: number;
  readonly slug: string;
  readonly live: number;
  readonly sandbox: number;
}

/** Makes an organisation; of several the names differ. */
export async function makeOrganisation(
  services: Pick<Services, 'database'>,
  request: { readonly currency?: string; readonly timeZone?: string; readonly slug?: string } = {},
): Promise<TestOrganisation> {
  const { currency = 'EUR', timeZone = 'UTC', slug = `test-${randomBytes(5).toString('hex')}` } = request;
  const made = await createOrganisation(services, { name: slug, slug, currency, timeZone });
  const ledgers = await listLedgers(services.database.pool);
  const find = (kind: LedgerKind) =>
    ledgers.find((ledger) => ledger.organisationSlug === slug && ledger.kind === kind)?.ledgerId ?? 0;
  return { ...made, live: find('live'), sandbox: find('sandbox') };
}

/** Makes a key of an organisation, or a ROOT key without one. @returns the secret. */
export async function makeKey(
  services: Pick<Services, 'database'>,
  kind: ApiKeyKind,
  organisation?: string,
  rest: Omit<KeyRequest, 'kind' | 'organisation'> = {},
): Promise<string> {
  return (await createKey(services, { kind, organisation, ...rest })).apiKey;
}

/** A customer who is logged in. */
export interface TestCustomer {
  readonly accountId: number;
  readonly cuRefNo: string;
  readonly email: string;
  readonly identityId: string;
}

/** Makes a customer with a session, and with credit where some is asked for (JSON number of credits). */
export async function makeCustomer(
  services: Services,
  ledgerId: number,
  request: { readonly credit?: number; readonly email?: string } = {},
): Promise<TestCustomer> {
  const { credit, email = `customer-${randomBytes(5).toString('hex')}@example.com` } = request;
  const caller = { ledgerId, author: 'cli' };
  const { accountId, cuRefNo } = await createCustomer(services, caller, { email });
  const { identityId } = await inTransaction(services.database, (tx) =>
    createSession(tx, { accountId, ledgerId }),
  );
  if (credit !== undefined) {
    const amount = toMicro(credit);
    if (amount === undefined) throw new Error(`${credit} is no amount.`);
    const granted = await grantCredit(
      services,
      caller,
      { customer: { cuRefNo }, amount },
      { requestId: 'test' },
    );
    if (granted.status !== 200) throw new Error(`The grant was refused: ${granted.body}`);
  }
  return { accountId, cuRefNo, email, identityId };
}

let own: Promise<TestPostgres> | undefined;

async function serverUrl(): Promise<string> {
  const given = process.env[TEST_DATABASE_VARIABLE];
  if (given) return given;
  own ??= startTestPostgres();
  return (await own).url;
}

// Hooks run in their order, and one of this file would come before the test's own, which still need the
// database. So it is stopped when nothing is left to do, which after the last hook is the case a second time.
let idleTimes = 0;
process.on('beforeExit', () => {
  idleTimes += 1;
  if (idleTimes === 1) setImmediate(() => undefined);
  if (idleTimes === 2) void own?.then((postgres) => postgres.stop());
});

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function toUrl(embedded: Embedded, database: string): string {
  const { address } = embedded;
  if ('connectionString' in address) return address.connectionString;
  return `postgresql://${address.user}@localhost:${address.port}/${database}?host=${encodeURIComponent(address.host)}`;
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

function toAddress(url: string): DatabaseAddress {
  return { connectionString: url };
}

async function stopAndRemove(embedded: Embedded, dataDir: string): Promise<void> {
  await embedded.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** A Purser in a process of its own. */
export interface TestServer {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly pid: number;
  /** All that it has written so far, both streams. */
  logs(): string;
  kill(signal: NodeJS.Signals): void;
  /** Settles with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<number | NodeJS.Signals>;
}

/** What startServer takes: exactly one of databaseUrl and dataDir. */
export interface TestServerOptions {
  readonly databaseUrl?: string;
  readonly dataDir?: string;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words after `purser`; `serve` unless given. */
  readonly words?: readonly string[];
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a server on a free port and waits until it takes requests. On an empty database it makes its first
 * organisation, as any first start does; make one before, with makeOrganisation, where that is in the way.
 *
 * @throws with what it wrote when it ends before it is ready.
 */
export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const cli = path.join(import.meta.dirname, '..', 'src', 'cli.ts');
  const child = spawn(process.execPath, [cli, ...(options.words ?? ['serve'])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      LOG_LEVEL: 'warn',
      PORT: '0',
      ...NO_DNS,
      ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
      ...(options.dataDir ? { PURSER_DATA_DIR: options.dataDir } : {}),
      ...options.env,
    },
  });
  running.add(child);
  let output = '';
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code ?? 1);
    });
  });
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
        if (found) resolve(found);
      });
    }
    void ended.then((how) => reject(new Error(`The server ended (${how}) before it was ready:\n${output}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    logs: () => output,
    kill: (signal) => child.kill(signal),
    ended,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
