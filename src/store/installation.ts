import { randomBytes } from 'node:crypto';
import { createIdCipher, type IdCipher } from '../ids.ts';
import type { Database } from './database.ts';

/**
 * Opens the cipher of public ids with the installation's key: with another key no id that was ever answered would be
 * found again.
 */
export async function openIdCipher(database: Pick<Database, 'pool'>): Promise<IdCipher> {
  return createIdCipher(await readInstallationKey(database, 'transaction-id-key', 16));
}

/** @returns a secret key of this installation, which the first process that asks makes and none ever changes. */
export async function readInstallationKey(
  { pool }: Pick<Database, 'pool'>,
  name: string,
  bytes: number,
): Promise<Buffer> {
  await pool.query({
    text: `INSERT INTO installation_values (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
    values: [name, randomBytes(bytes)],
  });
  const { rows } = await pool.query<{ value: Buffer }>({
    text: `SELECT value FROM installation_values WHERE name = $1`,
    values: [name],
  });
  const [row] = rows;
  if (!row) throw new Error(`the installation's key ${name} is missing`);
  return row.value;
}
