import { hashSecret, IDENTITY_PATTERN } from '../ids.ts';
import { type Referral, readCustomer } from '../store/customers.ts';
import { noteSessionUse } from '../store/session-use.ts';
import { readSession } from '../store/sessions.ts';
import { readBalance } from './read-balance.ts';
import type { Caller, Services } from './services.ts';

/** The published members, and `held` and `available`; what is unknown is null. */
export interface AccountInfo {
  readonly loggedIn: true;
  readonly identityId: string;
  readonly cuRefNo: string;
  /** Credits, less debt; what is due is booked first. */
  readonly creditBalance: number;
  /** What open holds reserve. */
  readonly held: number;
  /** What can be spent: the balance less what is held, plus what may be owed. */
  readonly available: number;
  readonly email: string;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly companyName: string | null;
  readonly premium: boolean;
  readonly ban: boolean;
  readonly groups: readonly { readonly name: string; readonly slug: string }[];
  readonly meta: Readonly<Record<string, unknown>>;
  readonly referral: Referral | null;
  readonly runningSubscriptionList: readonly unknown[];
}

/**
 * Tells who is logged in. An identity that is unknown, ended, expired or of another ledger is nobody, one answer
 * for all four; a ban is told and does not end the session.
 */
export async function getAccountInfo(
  services: Services,
  caller: Pick<Caller, 'ledgerId'>,
  request: { readonly identityId: string },
): Promise<AccountInfo | { readonly loggedIn: false }> {
  const { identityId } = request;
  const { pool } = services.database;
  if (!IDENTITY_PATTERN.test(identityId)) return { loggedIn: false };
  const session = await readSession(pool, hashSecret(identityId));
  if (!session?.living || session.ledgerId !== caller.ledgerId) return { loggedIn: false };
  noteSessionUse(services, session.sessionId, session.lastUsedAt);
  const customer = await readCustomer(pool, session.accountId);
  if (!customer) return { loggedIn: false };
  const { creditBalance, held, available, banned } = await readBalance(services, session.accountId);
  const { cuRefNo, email, phone, firstName, lastName, companyName, premium, meta, referral } = customer;
  return {
    loggedIn: true,
    identityId,
    cuRefNo,
    creditBalance,
    held,
    available,
    email,
    phone,
    firstName,
    lastName,
    companyName,
    premium,
    ban: banned,
    groups: [],
    meta,
    referral,
    runningSubscriptionList: [],
  };
}
