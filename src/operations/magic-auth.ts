import { readBan } from '../store/customers.ts';
import { inTransaction } from '../store/database.ts';
import { type CustomerRequest, checkCustomer, findOrInsertCustomer } from './create-customer.ts';
import { createSession } from './create-session.ts';
import type { Caller, Services } from './services.ts';

/** Whom the calling backend has authenticated itself. The names are used only when the customer is new. */
export interface MagicAuthRequest extends Omit<CustomerRequest, 'companyName'> {
  /** Normalised; kept with the session. */
  readonly customerRealIp?: string | undefined;
}

/** Published: a login that failed is answered with 200 and a code. */
export type LoginAnswer =
  | { readonly success: true; readonly identityId: string }
  | { readonly success: false; readonly errorCode: 'E005'; readonly message: string };

/**
 * Logs a customer in without a password and creates it when it is new. A banned customer gets no session.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no e-mail address, a name that is too long.
 */
export async function magicAuth(
  services: Pick<Services, 'database'>,
  caller: Pick<Caller, 'ledgerId'>,
  request: MagicAuthRequest,
): Promise<LoginAnswer> {
  const checked = checkCustomer(request);
  const { ledgerId } = caller;
  const { customerRealIp } = request;
  return inTransaction(services.database, async (tx) => {
    const { accountId } = await findOrInsertCustomer(tx, ledgerId, checked);
    if (await readBan(tx, accountId)) {
      return { success: false, errorCode: 'E005', message: 'Customer account has been banned.' } as const;
    }
    const { identityId } = await createSession(tx, { accountId, ledgerId, customerRealIp });
    return { success: true, identityId } as const;
  });
}
