import { randomBytes } from 'node:crypto';
import { createIdCipher, type IdCipher } from '../ids.ts';
import type { Database } from './database.ts';

const NAME = 'transaction-id-key';

/**
 * Opens the cipher of public ids with the installation's key, which the first process makes and none ever
 * changes: with another key no id that was ever answered would be found again.
 */
export async function openIdCipher({ pool }: Pick<Database, 'pool'>): Promise<IdCipher> {
  await pool.query({
    text: `INSERT INTO installation_values (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
    values: [NAME, randomBytes(16)],
  });
  const { rows } = await pool.query<{ value: Buffer }>({
    text: `SELECT value FROM installation_values WHERE name = $1`,
    values: [NAME],
  });
  const [row] = rows;
  if (!row) throw new Error('the key of the transaction ids is missing');
  return createIdCipher(row.value);
}
