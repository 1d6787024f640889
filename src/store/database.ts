import type { Duplex } from 'node:stream';
import pg from 'pg';
import type { Logger } from 'pino';

/** A connection inside a transaction; every write takes one, there is no ambient transaction. */
export type Transaction = pg.PoolClient;

/** Anything that runs a query: the pool for a read of its own, a transaction otherwise. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** Where the database is. `host` may be the folder of a unix socket. */
export type DatabaseAddress =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string };

/** The pool for reads and the directory, and a factory of dedicated connections for the writer's lanes. */
export interface Database {
  readonly pool: pg.Pool;
  /** @returns a connected client of its own in pipeline mode; the caller ends it. */
  connectLane(name: string, lockTimeoutMs: number): Promise<pg.Client>;
  /** @returns a pool of its own, for work that must not take connections from reads; the caller ends it. */
  openPool(name: string, size: number): pg.Pool;
  close(): Promise<void>;
}

const SCHEMA = 'purser';

/** The schema that holds all tables, so that Purser can share a database. */
export function schemaName(): string {
  return SCHEMA;
}

interface Timeouts {
  readonly statementMs: number;
  readonly lockMs: number;
  readonly idleInTransactionMs: number;
}

// PostgreSQL's own time-outs are all off by default; a forgotten lock would then last for ever.
const POOL_TIMEOUTS: Timeouts = { statementMs: 15_000, lockMs: 5_000, idleInTransactionMs: 5_000 };
// A server that stands still answers nothing, not even that a statement took too long.
const POOL_PATIENCE_MS = 17_000;

/** For a query on a pool's connection that may take as long as it takes; the server's time-outs are apart from it. */
export const PATIENTLY = { query_timeout: 2 ** 31 - 1 } as const;

// Well behind the writer's own patience: a commit that waits for a standby must not be cut by the server first.
const LANE_STATEMENT_MS = 30_000;
const LANE_IDLE_MS = 5_000;
// A lane's statements are prepared once, maybe while the tables are still empty; every one of them is a look-up
// by account, and a plan for an empty table would be a scan of a full one later. Without sorts an order that is asked
// for leads to the index that has it.
const LANE_PLANS = [
  '-c plan_cache_mode=force_generic_plan',
  '-c enable_seqscan=off -c enable_mergejoin=off -c enable_bitmapscan=off -c enable_sort=off',
];

const INTEGERS = new Set<number>([pg.types.builtins.INT2, pg.types.builtins.INT4]);

/** Lanes read many bigints, and each reader of rows knows what it wants of one: it gets the text. */
const LANE_TYPES: pg.CustomTypesConfig = {
  getTypeParser(oid: number) {
    if (INTEGERS.has(oid)) return Number;
    if (oid === pg.types.builtins.BOOL) return (text: string) => text === 't';
    return (text: string) => text;
  },
};

function clientConfig(address: DatabaseAddress, timeouts: Timeouts, name: string): pg.ClientConfig {
  const { target, options } = takeOptions(address);
  return {
    ...target,
    application_name: name,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: [
      ...options,
      `-c search_path=${SCHEMA}`,
      `-c statement_timeout=${timeouts.statementMs}`,
      `-c lock_timeout=${timeouts.lockMs}`,
      `-c idle_in_transaction_session_timeout=${timeouts.idleInTransactionMs}`,
      '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
      '-c timezone=UTC',
      // Before PostgreSQL 18 a plan that must do what a lane has switched off costs so much that it is compiled, for a
      // tenth of a second each time.
      '-c jit=off',
    ].join(' '),
  };
}

/** What an address says in `options` would replace ours in the driver; so it goes before them, and ours count. */
function takeOptions(address: DatabaseAddress): { target: DatabaseAddress; options: string[] } {
  if (!('connectionString' in address)) return { target: address, options: [] };
  const url = new URL(address.connectionString);
  const options = url.searchParams.getAll('options');
  for (const name of ['options', 'application_name']) url.searchParams.delete(name);
  return { target: { connectionString: url.href }, options };
}

/**
 * Opens the pool; connections are made when first needed, so a database that is down is no error here.
 *
 * @param poolSize connections for reads and the directory, beside the lanes' own.
 */
export function openDatabase(address: DatabaseAddress, poolSize: number, log: Logger): Database {
  const pool = openPool(address, 'purser', poolSize, log);
  return {
    pool,
    openPool: (name, size) => openPool(address, name, size, log),
    async connectLane(name, lockTimeoutMs) {
      const timeouts = {
        statementMs: LANE_STATEMENT_MS,
        lockMs: lockTimeoutMs,
        idleInTransactionMs: LANE_IDLE_MS,
      };
      const config = clientConfig(address, timeouts, name);
      const options = [config.options, ...LANE_PLANS].join(' ');
      const client = new pg.Client({ ...config, options, types: LANE_TYPES, pipeline: true });
      client.on('error', (error) =>
        log.warn({ err: error, lane: name }, 'a lane lost its database connection'),
      );
      await client.connect();
      return client;
    },
    close: () => pool.end(),
  };
}

function openPool(address: DatabaseAddress, name: string, size: number, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(address, POOL_TIMEOUTS, name),
    query_timeout: POOL_PATIENCE_MS,
    max: size,
  });
  // An idle connection that breaks is replaced by the pool at its next use; unheard, the event would end us.
  // Its message alone is logged: the pool hangs the whole connection on the error.
  pool.on('error', ({ message }) => log.warn({ reason: message }, 'an idle database connection was lost'));
  // One that breaks while it is lent out fails the query under way; the pool hears only of idle ones.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Sends the queries that `send` makes on a lane's connection in one write, where the driver would make one of each:
 * a system call, and a wake-up of PostgreSQL's process, costs more than most of these queries.
 */
export function inOneWrite<T>(client: pg.ClientBase, send: () => T): T {
  const letGo = holdBack(client);
  try {
    return send();
  } finally {
    letGo();
  }
}

/** Keeps what is sent on a lane's connection from leaving. @returns what lets it go, all in one write. */
export function holdBack(client: pg.ClientBase): () => void {
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;
  stream.cork();
  return () => stream.uncork();
}

/**
 * Runs `work` in one transaction; what it throws rolls back.
 *
 * @param mode `snapshot` reads all statements from one moment and writes nothing.
 */
export async function inTransaction<T>(
  database: Pick<Database, 'pool'>,
  work: (tx: Transaction) => Promise<T>,
  mode: 'write' | 'snapshot' = 'write',
): Promise<T> {
  const client = await database.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(mode === 'write' ? 'BEGIN' : 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await work(client);
    const { command } = await client.query('COMMIT').catch((error: unknown) => {
      throw mode === 'write' && !isDecided(error) ? new CommitInDoubtError(error) : error;
    });
    // COMMIT of a transaction that already failed answers ROLLBACK without an error.
    if (command !== 'COMMIT') throw new Error(`COMMIT was answered with ${command}`);
    return result;
  } catch (error) {
    // Behind a query that got no answer a ROLLBACK would get none either.
    if (isOutOfPatience(error) || error instanceof CommitInDoubtError) broken = error;
    else {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The connection was lost, or the server stopped, while a transaction was being committed: it may have happened. */
export class CommitInDoubtError extends Error {
  override readonly name = 'CommitInDoubtError';

  constructor(cause: unknown) {
    super('The connection to the database was lost during a commit; it may have happened.', { cause });
  }
}

/** Whether the server itself says that it has rolled back: a constraint that was judged late, a conflict. */
function isDecided(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(23|40)/.test(error.code ?? '');
}

function isOutOfPatience(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}
