import { hashSecret, IDENTITY_PATTERN } from '../ids.ts';
import { endSession } from '../store/sessions.ts';
import type { Caller, Services } from './services.ts';

/**
 * Ends the session of an identity, for every request that starts afterwards. An identity that is unknown, has
 * ended or belongs to another ledger changes nothing and is no error, so that a caller learns nothing from it.
 */
export async function logOut(
  services: Pick<Services, 'database'>,
  caller: Pick<Caller, 'ledgerId'>,
  request: { readonly identityId: string },
): Promise<{ success: true }> {
  if (IDENTITY_PATTERN.test(request.identityId)) {
    await endSession(services.database.pool, caller.ledgerId, hashSecret(request.identityId));
  }
  return { success: true };
}
