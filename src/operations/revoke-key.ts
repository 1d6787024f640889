import { deleteKey, takeRevision } from '../store/api-keys.ts';
import { inTransaction } from '../store/database.ts';
import { nameKey } from './name-key.ts';
import type { Services } from './services.ts';

/**
 * Deactivates an API key for good; every process refuses it within a second. Doing so again changes nothing.
 *
 * @param request.apiKey its id in listings, or the key itself.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such key.
 */
export async function revokeKey(
  services: Pick<Services, 'database'>,
  request: { readonly apiKey: string | number },
): Promise<{ apiKeyId: number; wasDeleted: boolean }> {
  return inTransaction(services.database, async (tx) => {
    const { revision } = await takeRevision(tx);
    const key = await nameKey(tx, request.apiKey, '/apiKey');
    await deleteKey(tx, key.apiKeyId, revision);
    return { apiKeyId: key.apiKeyId, wasDeleted: key.deletedAt !== null };
  });
}
