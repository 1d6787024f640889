import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { DatabaseAddress } from './database.ts';
import { isCode } from './embedded/binaries.ts';
import { type Cluster, EMBEDDED_NAME, prepareCluster } from './embedded/cluster.ts';
import { EmbeddedError } from './embedded/embedded-error.ts';
import { ensureRunning, maintenanceAddress, type Socket, stopPostmaster } from './embedded/postmaster.ts';

export { EmbeddedError } from './embedded/embedded-error.ts';

/** What opens a data folder. */
export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** `serve` is the one server of the folder, a second one is refused; `use` is anybody else, such as the CLI. */
  readonly as: 'serve' | 'use';
  /** Settings of PostgreSQL beside or instead of those that suit the machine, for when it is started here. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL of our own. */
export interface Embedded {
  readonly address: DatabaseAddress;
  /** Leaves the folder; the last one to leave stops PostgreSQL. */
  stop(): Promise<void>;
}

// Session locks in the maintenance database: everybody holds USE shared, so whoever gets it alone is the last.
const USE = '21584, 1';
const SERVE = '21584, 2';
const RETRY_MS = 250;

/**
 * Opens the PostgreSQL that lives in a data folder: makes the folder when there is none, takes over a PostgreSQL
 * that already runs there (its Purser was killed, or a server and the CLI use it together), starts one otherwise.
 * Should PostgreSQL die later on, it is started again at the same address.
 *
 * @throws EmbeddedError with the reason in words for an operator, also when `serve` is taken.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log } = options;
  const cluster = await prepareCluster(options.dataDir, log);
  let stopping = false;
  let place = await takePlace(cluster, options);
  await createDatabase(place.client);
  // A process that has nothing else to do may end: the session and its locks end with it.
  place.connection.unref();

  /** Waits for the connection that holds our place to break, and takes the place again. */
  const keepPlace = async (): Promise<void> => {
    while (!stopping) {
      await place.lost;
      if (stopping) return;
      log.warn('the embedded PostgreSQL went away; starting it again');
      place = await retakePlace(cluster, options, () => stopping);
      if (!stopping) log.warn('the embedded PostgreSQL is back');
    }
  };
  const keeping = keepPlace().catch((error) => log.error({ err: error }, 'the embedded PostgreSQL is lost'));

  return {
    address: {
      host: place.socket.folder,
      port: place.socket.port,
      user: EMBEDDED_NAME,
      database: EMBEDDED_NAME,
    },
    async stop() {
      stopping = true;
      place.connection.ref();
      const last = await leave(place.client);
      if (last && !(await stopPostmaster(cluster))) {
        log.warn('the embedded PostgreSQL takes long to stop and was left to finish by itself');
      }
      await place.client.end().catch(() => undefined);
      await keeping;
    },
  };
}

/** Our place in the folder: a connection whose session holds the locks. */
interface Place {
  readonly socket: Socket;
  readonly client: pg.Client;
  /** The client's, so that it alone does not keep a process alive that has nothing else to do. */
  readonly connection: net.Socket;
  /** Settles when the connection has ended, whoever ended it. */
  readonly lost: Promise<void>;
}

async function takePlace(cluster: Cluster, options: EmbeddedOptions): Promise<Place> {
  // One that is just stopping takes us down with it; the next attempt starts anew.
  for (let attempt = 1; ; attempt++) {
    const socket = await ensureRunning(cluster, options.log, options.settings);
    const connection = new net.Socket();
    const client = new pg.Client({
      ...maintenanceAddress(socket),
      stream: () => connection,
      application_name: `purser ${options.as} ${process.pid}`,
      keepAlive: true,
    });
    const lost = new Promise<void>((resolve) => {
      client.once('end', () => resolve());
      client.on('error', () => resolve());
    });
    try {
      await client.connect();
      await client.query(`SELECT pg_advisory_lock_shared(${USE})`);
      if (options.as === 'serve') await claimServing(client, cluster);
      return { socket, client, connection, lost };
    } catch (error) {
      if (error instanceof EmbeddedError) {
        if (await leave(client)) await stopPostmaster(cluster);
        await client.end().catch(() => undefined);
        throw error;
      }
      await client.end().catch(() => undefined);
      if (attempt === 20) throw error;
      await sleep(RETRY_MS);
    }
  }
}

async function retakePlace(
  cluster: Cluster,
  options: EmbeddedOptions,
  isStopping: () => boolean,
): Promise<Place> {
  for (;;) {
    try {
      const place = await takePlace(cluster, options);
      place.connection.unref();
      return place;
    } catch (error) {
      if (isStopping()) throw error;
      options.log.error({ err: error }, 'the embedded PostgreSQL could not be started again; trying on');
      await sleep(1_000);
    }
  }
}

async function claimServing(client: pg.Client, cluster: Cluster): Promise<void> {
  const { rows } = await client.query<{ got: boolean }>(`SELECT pg_try_advisory_lock(${SERVE}) AS got`);
  if (rows[0]?.got) return;
  const holder = await client.query<{ name: string }>(
    `SELECT a.application_name AS name
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND (l.classid, l.objid) = (${SERVE}) AND l.granted`,
  );
  const pid = /^purser serve (\d+)$/.exec(holder.rows[0]?.name ?? '')?.[1];
  const who = pid === undefined ? 'Another Purser' : `Another Purser (process ${pid})`;
  throw new EmbeddedError(
    `${who} is already serving the data in ${cluster.dataDir}. Stop it first, or name another folder with PURSER_DATA_DIR.`,
  );
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rows } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [EMBEDDED_NAME]);
  if (rows.length > 0) return;
  try {
    await client.query(`CREATE DATABASE ${EMBEDDED_NAME}`);
  } catch (error) {
    // 42P04 and 23505: another process was faster.
    if (!isCode(error, '42P04', '23505')) throw error;
  }
}

/** Gives up our place. @returns whether nobody else is left. */
async function leave(client: pg.Client): Promise<boolean> {
  try {
    await client.query(`SELECT pg_advisory_unlock_shared(${USE})`);
    const { rows } = await client.query<{ alone: boolean }>(`SELECT pg_try_advisory_lock(${USE}) AS alone`);
    return rows[0]?.alone ?? false;
  } catch {
    // It is gone already, or will be seen to by whoever uses it.
    return false;
  }
}
