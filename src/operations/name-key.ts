import { API_KEY_PATTERN, hashSecret } from '../ids.ts';
import { validationFailed } from '../refusals.ts';
import { findKeyByHash, findKeyById, type StoredApiKey } from '../store/api-keys.ts';
import type { Queryable } from '../store/database.ts';

/**
 * Finds the API key that an operator means, by its id in listings or by the key itself.
 *
 * @param pointer the member that the name came in, for the refusal.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such key.
 */
export async function nameKey(
  queryable: Queryable,
  name: string | number,
  pointer: string,
): Promise<StoredApiKey> {
  const key = await findKey(queryable, String(name));
  if (key) return key;
  throw validationFailed([{ pointer, message: 'names no API key; key list shows the ids' }]);
}

async function findKey(queryable: Queryable, name: string): Promise<StoredApiKey | undefined> {
  if (API_KEY_PATTERN.test(name)) return findKeyByHash(queryable, hashSecret(name));
  return /^[1-9]\d{0,14}$/.test(name) ? findKeyById(queryable, Number(name)) : undefined;
}
