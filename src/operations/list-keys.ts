import { type ListedApiKey, listKeys as listStoredKeys } from '../store/api-keys.ts';
import { nameOrganisation } from './name-organisation.ts';
import type { Services } from './services.ts';

/** What a key can be: each state but the first two has its own refusal. */
export type ApiKeyState = 'active' | 'ends-soon' | 'expired' | 'suspended' | 'deleted';

/** An API key in a listing, without the secret. */
export interface KeyListing extends ListedApiKey {
  readonly state: ApiKeyState;
}

/** Keys are marked this long before their end, so that somebody replaces them. */
export const ENDS_SOON_MS = 14 * 24 * 60 * 60 * 1000;

/**
 * Lists API keys, oldest first.
 *
 * @param request.organisation the slug; without it all keys are listed, ROOT keys included.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such organisation.
 */
export async function listKeys(
  services: Pick<Services, 'database'>,
  request: { readonly organisation?: string | undefined } = {},
): Promise<KeyListing[]> {
  const { pool } = services.database;
  if (request.organisation !== undefined) await nameOrganisation(pool, request.organisation);
  const keys = await listStoredKeys(pool, request.organisation, ENDS_SOON_MS);
  return keys.map((key) => ({ ...key, state: stateOf(key) }));
}

/** @returns the keys that still work and end within 14 days, for the log line of the day and the metric. */
export async function keysEndingSoon(services: Pick<Services, 'database'>): Promise<KeyListing[]> {
  const keys = await listKeys(services);
  return keys.filter((key) => key.state === 'ends-soon');
}

function stateOf(key: ListedApiKey): ApiKeyState {
  // In the order in which a request with the key would be refused.
  if (key.suspendedAt) return 'suspended';
  if (key.deletedAt) return 'deleted';
  if (key.expired) return 'expired';
  return key.endsSoon ? 'ends-soon' : 'active';
}
