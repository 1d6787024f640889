import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import {
  type Database,
  inTransaction,
  PATIENTLY,
  type Queryable,
  schemaName,
  type Transaction,
} from './database.ts';

/** A database that this Purser can't work with; the message says why and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** One file of migrations/. */
export interface Migration {
  readonly number: number;
  readonly fileName: string;
  readonly sql: string;
  readonly checksum: string;
}

/** One row of purser.migrations. */
interface Applied {
  readonly number: number;
  readonly fileName: string;
  readonly checksum: string;
}

const MIGRATIONS_DIR = path.join(import.meta.dirname, '..', '..', 'migrations');
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
const OLDEST_SERVER = 150_000;
// One for all processes that migrate this database.
const LOCK = '21584, 3';

/** @returns the migrations of a folder, by number. */
export async function readMigrations(folder: string = MIGRATIONS_DIR): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name)).sort();
  return Promise.all(
    names.map(async (fileName) => {
      const sql = (await readFile(path.join(folder, fileName), 'utf8')).replaceAll('\r\n', '\n');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: Number(fileName.slice(0, 4)), fileName, sql, checksum };
    }),
  );
}

/**
 * Brings the database to what this code expects: each missing migration in a transaction of its own, forward
 * only, one process at a time. A database that is up to date is only read.
 *
 * @returns the file names of what was applied now.
 * @throws MigrationError for a server that is too old, a database that is newer than the code, or an applied
 * migration whose file has changed since.
 */
export async function migrate(
  database: Pick<Database, 'pool'>,
  log: Logger,
  migrations?: readonly Migration[],
): Promise<string[]> {
  const known = migrations ?? (await readMigrations());
  await checkServer(database.pool, log);
  const done: string[] = [];
  if (nextMigration(known, await readApplied(database.pool)) === undefined) return done;
  for (;;) {
    const applied = await inTransaction(database, (tx) => applyNext(tx, known));
    if (applied === undefined) return done;
    log.info({ migration: applied }, 'a migration was applied');
    done.push(applied);
  }
}

/** @throws MigrationError unless the database is at exactly what this code expects. */
export async function checkMigrated(database: Pick<Database, 'pool'>): Promise<void> {
  const next = nextMigration(await readMigrations(), await readApplied(database.pool));
  if (next)
    throw new MigrationError(`The database lacks migration ${next.fileName}. Run: npm run purser -- migrate`);
}

async function applyNext(tx: Transaction, known: readonly Migration[]): Promise<string | undefined> {
  // Building an index may take its time, and so may another process that migrates.
  await tx.query('SET LOCAL statement_timeout = 0');
  await tx.query('SET LOCAL lock_timeout = 0');
  await tx.query({ text: `SELECT pg_advisory_xact_lock(${LOCK})`, ...PATIENTLY });
  // But a change of a table must not make everybody queue behind it.
  await tx.query("SET LOCAL lock_timeout = '30s'");
  await createMigrationsTable(tx);
  const next = nextMigration(known, await readApplied(tx));
  if (!next) return undefined;
  await tx.query({ text: next.sql, ...PATIENTLY });
  await insertApplied(tx, next);
  return next.fileName;
}

/** @returns the first migration that is missing, undefined when the database is up to date. */
function nextMigration(known: readonly Migration[], applied: readonly Applied[]): Migration | undefined {
  for (const row of applied) {
    const file = known.find((migration) => migration.number === row.number);
    if (!file) {
      throw new MigrationError(
        `The database has migration ${row.fileName}, which this Purser does not know: it was last used by a newer version. Start that version or a later one.`,
      );
    }
    if (file.checksum !== row.checksum) {
      throw new MigrationError(
        `The file migrations/${file.fileName} is not the one that was applied to this database. Migrations are never edited once they are released; restore the file, or start with a new database.`,
      );
    }
  }
  return known.find((migration) => !applied.some((row) => row.number === migration.number));
}

async function checkServer(queryable: Queryable, log: Logger): Promise<void> {
  const { rows } = await queryable.query<{ version: string; number: string; encoding: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
       current_setting('server_encoding') AS encoding`,
  );
  const { version = '', number = '0', encoding = '' } = rows[0] ?? {};
  if (Number(number) < OLDEST_SERVER) {
    throw new MigrationError(`Purser needs PostgreSQL 15 or later; this server is ${version}.`);
  }
  if (encoding !== 'UTF8') {
    throw new MigrationError(`Purser needs a database in UTF8; this one is in ${encoding}.`);
  }
  if (Number(number) >= 190_000) log.warn({ version }, 'Purser was tested with PostgreSQL 15 to 18');
}

async function createMigrationsTable(tx: Transaction): Promise<void> {
  await tx.query(`CREATE SCHEMA IF NOT EXISTS ${schemaName()}`);
  await tx.query(
    `CREATE TABLE IF NOT EXISTS ${schemaName()}.migrations (
       number integer PRIMARY KEY,
       file_name text NOT NULL,
       checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
}

async function readApplied(queryable: Queryable): Promise<Applied[]> {
  const { rows } = await queryable.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    `${schemaName()}.migrations`,
  ]);
  if (!rows[0]?.found) return [];
  const applied = await queryable.query<Applied>(
    `SELECT number, file_name AS "fileName", checksum FROM ${schemaName()}.migrations ORDER BY number`,
  );
  return applied.rows;
}

async function insertApplied(tx: Transaction, migration: Migration): Promise<void> {
  await tx.query(`INSERT INTO ${schemaName()}.migrations (number, file_name, checksum) VALUES ($1, $2, $3)`, [
    migration.number,
    migration.fileName,
    migration.checksum,
  ]);
}
