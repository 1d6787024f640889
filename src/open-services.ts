import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { openIpLookup } from './ip/look-up.ts';
import { SeenAddresses } from './ip/seen-addresses.ts';
import { Jobs } from './jobs/jobs.ts';
import { Mails } from './mail/mails.ts';
import { openSmtp, type Smtp } from './mail/smtp.ts';
import type { Services } from './operations/services.ts';
import { openPasswords } from './passwords/passwords.ts';
import { PublicAddress } from './public-address.ts';
import { openAccountLedgers } from './store/account-ledgers.ts';
import { type Database, type DatabaseAddress, openDatabase } from './store/database.ts';
import { findUnsafeSettings } from './store/durability.ts';
import { openEmbedded } from './store/embedded.ts';
import { openIdCipher } from './store/installation.ts';
import { checkMigrated, migrate } from './store/migrate.ts';
import { openSessionNames } from './store/session-names.ts';
import { openTurns } from './turns.ts';
import { startWriter } from './writer/writer.ts';

/** As with passwords, which are hashed one by one: what must be asked before must not crowd out spends either. */
const LOGINS_AT_ONCE = 1;
const MOST_LOGINS_WAITING = 2_000;

/** Everything that operations need, and how to put it away. */
export interface OpenServices {
  readonly services: Services;
  /** Finishes what was begun, then closes the database and, as the last one, the embedded PostgreSQL. */
  stop(): Promise<void>;
}

/** A database that this process may use. */
export interface OpenDatabase {
  readonly database: Database;
  readonly address: DatabaseAddress;
  stop(): Promise<void>;
}

export interface OpenOptions {
  /** `serve`: the server of a data folder, of which there is one. `use`: the CLI and tests. */
  readonly as: 'serve' | 'use';
  /** Whether missing migrations are applied; otherwise they are an error. */
  readonly migrate?: boolean;
  /** For tests: what the ledgers' clocks are ahead of the database's, in milliseconds. */
  readonly clockOffsetMs?: () => number;
}

/** A database whose settings would break the first promise; the message says which. */
export class UnsafeDatabaseError extends Error {
  override readonly name = 'UnsafeDatabaseError';
}

/**
 * Opens the database of the configuration: the server of DATABASE_URL or the embedded PostgreSQL of the data
 * folder, migrated.
 *
 * @throws EmbeddedError, MigrationError, UnsafeDatabaseError with a message for an operator.
 */
export async function openConfiguredDatabase(
  config: Config,
  log: Logger,
  options: OpenOptions,
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl
    ? undefined
    : await openEmbedded({ dataDir: config.dataDir, log, as: options.as });
  const address = embedded?.address ?? { connectionString: config.databaseUrl ?? '' };
  const database = openDatabase(address, config.poolSize, log);
  const stop = async (): Promise<void> => {
    await database.close();
    await embedded?.stop();
  };
  try {
    await refuseUnsafe(database, config, log);
    if (options.migrate ?? true) await migrate(database, log);
    else await checkMigrated(database);
    return { database, address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Opens everything that operations work with: the database, the installation's key of transaction ids, the
 * writer. Used by the server, the CLI and tests.
 *
 * @throws as openConfiguredDatabase does.
 */
export async function openServices(
  config: Config,
  log: Logger,
  options: OpenOptions = { as: 'use' },
): Promise<OpenServices> {
  const opened = await openConfiguredDatabase(config, log, options);
  const { database } = opened;
  try {
    const ids = await openIdCipher(database);
    const { lanes, queueLimit: longestQueue } = config;
    const clock = options.clockOffsetMs ? { clockOffsetMs: options.clockOffsetMs } : {};
    const seenAddresses = new SeenAddresses();
    const onAddress = (ip: string) => seenAddresses.note(ip);
    const passwords = openPasswords();
    const jobs = new Jobs({ database, log });
    const publicAddress = new PublicAddress(config);
    const mails = new Mails({ database, jobs, publicAddress, log }, smtpOf(config));
    const writer = startWriter({ database, ids, log, lanes, longestQueue, onAddress, ...clock });
    return {
      services: {
        database,
        writer,
        sessionNames: openSessionNames(database),
        accountLedgers: openAccountLedgers(database),
        ids,
        log,
        ipLookup: openIpLookup(config, log),
        seenAddresses,
        jobs,
        mails,
        publicAddress,
        passwords,
        loginTurns: openTurns(LOGINS_AT_ONCE, MOST_LOGINS_WAITING),
        hideAccounts: config.hideAccounts,
        privateWebhooks: config.privateWebhooks,
        ...clock,
      },
      async stop() {
        // What is in the writer still needs its connections.
        await writer.stop();
        await passwords.stop();
        await opened.stop();
      },
    };
  } catch (error) {
    await opened.stop();
    throw error;
  }
}

function smtpOf({ smtpUrl, mailFrom }: Config): Smtp | undefined {
  return smtpUrl === undefined ? undefined : openSmtp({ url: smtpUrl, from: mailFrom ?? '' });
}

async function refuseUnsafe(database: Database, config: Config, log: Logger): Promise<void> {
  const unsafe = await findUnsafeSettings(database.pool);
  if (unsafe.length === 0) return;
  if (config.allowUnsafeDatabase) {
    log.warn({ unsafe }, 'the database may lose what it has confirmed');
    return;
  }
  throw new UnsafeDatabaseError(
    `The database may lose what it has confirmed: ${unsafe.join(', ')} ${unsafe.length > 1 ? 'are' : 'is'} off for this role and database. Purser starts only with fsync, full_page_writes and synchronous_commit on.`,
  );
}
