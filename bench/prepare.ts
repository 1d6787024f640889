import { pino } from 'pino';
import { createKey } from '../src/operations/create-key.ts';
import { createOrganisation } from '../src/operations/create-organisation.ts';
import { openDatabase } from '../src/store/database.ts';
import { migrate } from '../src/store/migrate.ts';
import type { BenchDatabases } from './database.ts';
import { NAIVE_TABLES } from './naive.ts';
import { type CustomerGroup, loadCustomers } from './seed.ts';

/** A database with customers in it and a ROOT key that may spend for them. */
export interface PreparedDatabase {
  readonly url: string;
  /** What a request needs beside its body. */
  readonly headers: Readonly<Record<string, string>>;
}

export type GroupSize = Omit<CustomerGroup, 'ledgerId'>;

/** Makes a database, migrates it, loads the groups, and leaves it vacuumed and checkpointed. */
export async function prepareDatabase(
  databases: BenchDatabases,
  name: string,
  groups: readonly GroupSize[],
): Promise<PreparedDatabase> {
  const url = await databases.create(name);
  const log = pino({ level: 'warn' }, pino.destination(2));
  const database = openDatabase({ connectionString: url }, 2, log);
  try {
    await migrate(database, log);
    const organisation = { name: 'Benchmark', currency: 'EUR', timeZone: 'UTC' };
    const { slug } = await createOrganisation({ database }, organisation);
    const { apiKey } = await createKey({ database }, { kind: 'ROOT' });
    await fill(databases, url, groups);
    return { url, headers: { authorization: `Bearer ${apiKey}`, 'x-purser-ledger': `${slug}/live` } };
  } finally {
    await database.close();
  }
}

async function fill(databases: BenchDatabases, url: string, groups: readonly GroupSize[]): Promise<void> {
  const clients = [await databases.connect(url), await databases.connect(url)];
  const [client] = clients;
  try {
    if (!client) return;
    const { rows } = await client.query<{ ledger_id: string }>(
      `SELECT ledger_id FROM purser.ledgers WHERE kind = 'live'`,
    );
    for (const group of groups)
      await loadCustomers(clients, { ...group, ledgerId: Number(rows[0]?.ledger_id) });
    await client.query(NAIVE_TABLES);
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  } finally {
    for (const each of clients) await each.end();
  }
}
