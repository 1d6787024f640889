import { hashSecret, randomAlphanumerics } from '../ids.ts';
import type { Mails } from '../mail/mails.ts';
import { type Fault, validationFailed } from '../refusals.ts';
import { findCustomerByEmail } from '../store/customers.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { insertPasswordReset, keepNewestResets, readWaitingResets } from '../store/password-resets.ts';
import { lockLoginState } from '../store/passwords.ts';
import { EMAIL_FAULT, normaliseEmail } from './email-address.ts';
import { inEvenTime } from './even-time.ts';
import { parseLengthOfTime } from './length-of-time.ts';
import type { Caller, Services } from './services.ts';

/** Who wants to set a new password. */
export interface ResetRequest {
  readonly email: string;
  /** How long the link lives, such as "3h 20m": 1 minute to 7 days, 3 hours unless given. */
  readonly expirationTime?: string | undefined;
}

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
const LONGEST_LIFE_MS = 7 * 24 * HOUR_MS;
const MOST_WAITING = 10;

/**
 * Sends a link by which a new password can be set. The answer, and the time it takes, never tell whether the address is
 * known: an unknown or banned customer simply gets no mail, and nobody more than one a minute, or an hour while
 * ten links wait; the oldest then stops working.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no e-mail address, no length of time.
 */
export async function requestPasswordReset(
  services: Pick<Services, 'database' | 'loginTurns'> & { readonly mails: Pick<Mails, 'add' | 'wake'> },
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: ResetRequest,
): Promise<{ success: true }> {
  const { email, lifeMs } = check(request);
  return inEvenTime(async () => {
    const isMailed = await services.loginTurns.run(() =>
      inTransaction(services.database, (tx) => mailReset(services, tx, { ledgerId, email, lifeMs })),
    );
    if (isMailed) services.mails.wake();
    return { success: true };
  });
}

async function mailReset(
  { mails }: { readonly mails: Pick<Mails, 'add'> },
  tx: Transaction,
  { ledgerId, email, lifeMs }: { ledgerId: number; email: string; lifeMs: number },
): Promise<boolean> {
  const customer = await findCustomerByEmail(tx, ledgerId, email);
  if (!customer) return false;
  const { accountId } = customer;
  const state = await lockLoginState(tx, accountId);
  if (!state || state.banned || state.isErased) return false;
  const { count, newestAgeMs = Number.POSITIVE_INFINITY } = await readWaitingResets(tx, accountId);
  if (newestAgeMs < (count < MOST_WAITING ? MINUTE_MS : HOUR_MS)) return false;
  const token = randomAlphanumerics(32);
  const expiresAt = await insertPasswordReset(tx, { tokenHash: hashSecret(token), accountId, lifeMs });
  await keepNewestResets(tx, accountId, MOST_WAITING);
  const message = { kind: 'reset-password', token, expiresAt } as const;
  await mails.add(tx, { ledgerId, accountId, recipient: email, message });
  return true;
}

function check({ email: given, expirationTime }: ResetRequest): { email: string; lifeMs: number } {
  const faults: Fault[] = [];
  const email = normaliseEmail(given);
  if (email === undefined) faults.push(EMAIL_FAULT);
  const lifeMs = expirationTime === undefined ? 3 * HOUR_MS : (parseLengthOfTime(expirationTime) ?? 0);
  if (lifeMs < MINUTE_MS || lifeMs > LONGEST_LIFE_MS) {
    const message = 'must be a length of time such as 3h 20m, from 1 minute to 7 days';
    faults.push({ pointer: '/expirationTime', message });
  }
  if (email === undefined || faults.length > 0) throw validationFailed(faults);
  return { email, lifeMs };
}
