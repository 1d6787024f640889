import { inTransaction } from '../store/database.ts';
import { confirmEmail, lockLoginState } from '../store/passwords.ts';
import { failed, LOGIN_FAILURES } from './coded-answer.ts';
import { type CustomerRequest, checkCustomer, findOrInsertCustomer } from './create-customer.ts';
import { createSession } from './create-session.ts';
import { endSessions } from './end-sessions.ts';
import type { LoginAnswer } from './log-in.ts';
import type { Caller, Services } from './services.ts';

/** Whom the calling backend has authenticated itself. The names are used only when the customer is new. */
export interface MagicAuthRequest
  extends Pick<CustomerRequest, 'email' | 'firstName' | 'lastName' | 'referralId'> {
  /** Normalised; kept with the session. */
  readonly customerRealIp?: string | undefined;
}

/**
 * Logs a customer in without a password and creates it when it is new. A banned customer gets no session (E005). Where
 * the address was not confirmed so far it is now, and whatever somebody else may have prepared for it is gone: waiting
 * passwords, resets and sessions.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no e-mail address, a name that is too long.
 */
export async function magicAuth(
  services: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  { customerRealIp, ...request }: MagicAuthRequest,
): Promise<LoginAnswer> {
  const checked = checkCustomer(request);
  return inTransaction(services.database, async (tx) => {
    const { accountId } = await findOrInsertCustomer(tx, ledgerId, checked);
    const state = await lockLoginState(tx, accountId);
    if (!state || state.isErased) return failed(LOGIN_FAILURES, 'E001');
    if (state.banned) return failed(LOGIN_FAILURES, 'E005');
    if (!state.isConfirmed) {
      await confirmEmail(tx, accountId);
      await endSessions(tx, accountId);
    }
    const { identityId } = await createSession(tx, { accountId, ledgerId, customerRealIp });
    return { success: true, identityId } as const;
  });
}
