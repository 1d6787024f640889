import { hashSecret } from '../ids.ts';
import { normalisePassword, passwordFault } from '../passwords/normalise-password.ts';
import { validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { findPasswordReset } from '../store/password-resets.ts';
import { confirmEmail, listPasswordHashes, lockLoginState, replacePassword } from '../store/passwords.ts';
import { type CodedFailure, failed, NEW_PASSWORD_FAILURES } from './coded-answer.ts';
import { endSessions } from './end-sessions.ts';
import type { Caller, Services } from './services.ts';
import { welcomeOwner } from './slow-guessing.ts';

/** The token of a reset's link and what the password shall be. */
export interface NewPasswordRequest {
  readonly token: string;
  /** 8 characters to 1,024 bytes. */
  readonly password: string;
  /** The customer's address, normalised; from it the next login is not held up by what others guess. */
  readonly customerRealIp?: string | undefined;
}

/** Published. */
export type NewPasswordAnswer = { readonly success: true } | CodedFailure<keyof typeof NEW_PASSWORD_FAILURES>;

/** @returns why a link leads to no new password, before somebody thinks one up in vain; undefined where it does. */
export async function findResetFailure(
  { database }: Pick<Services, 'database'>,
  token: string,
): Promise<'E003' | 'E004' | undefined> {
  const reset = await findPasswordReset(database.pool, hashSecret(token));
  if (!reset) return 'E003';
  return reset.expired ? 'E004' : undefined;
}

/**
 * Uses the link of a reset's mail, once: the password counts, the address is confirmed, all sessions end, waiting
 * registrations and other resets are gone. The ten passwords used last are refused (E002), and the link goes on working.
 *
 * @param caller the ledger that the link must be of; undefined on pages for people, whose link is all they have.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: a password that is too short, too long or among the first guesses.
 *   INTERNAL_OVERLOADED: too many passwords wait to be hashed.
 */
export async function setNewPassword(
  services: Pick<Services, 'database' | 'passwords'>,
  caller: Pick<Caller, 'ledgerId'> | undefined,
  request: NewPasswordRequest,
): Promise<NewPasswordAnswer> {
  const fault = passwordFault(request.password);
  if (fault) throw validationFailed([fault]);
  const { database, passwords } = services;
  const { pool } = database;
  const tokenHash = hashSecret(request.token);
  const findReset = async (queryable: Parameters<typeof findPasswordReset>[0]) => {
    const reset = await findPasswordReset(queryable, tokenHash);
    return reset && (!caller || caller.ledgerId === reset.ledgerId) ? reset : undefined;
  };

  const reset = await findReset(pool);
  if (!reset) return failed(NEW_PASSWORD_FAILURES, 'E003');
  if (reset.expired) return failed(NEW_PASSWORD_FAILURES, 'E004');
  const { accountId } = reset;
  const password = normalisePassword(request.password);
  for (const hash of await listPasswordHashes(pool, accountId)) {
    if (await passwords.verify(hash, password)) return failed(NEW_PASSWORD_FAILURES, 'E002');
  }
  const passwordHash = await passwords.hash(password);

  return inTransaction(database, async (tx) => {
    const state = await lockLoginState(tx, accountId);
    // Whoever changes the password takes all resets away: one that is still there was compared with the right ones.
    const now = await findReset(tx);
    if (!now) return failed(NEW_PASSWORD_FAILURES, 'E003');
    if (now.expired) return failed(NEW_PASSWORD_FAILURES, 'E004');
    if (!state || state.banned || state.isErased) return failed(NEW_PASSWORD_FAILURES, 'E001');
    await replacePassword(tx, accountId, passwordHash);
    await confirmEmail(tx, accountId);
    await endSessions(tx, accountId);
    const { ledgerId, email } = state;
    await welcomeOwner(tx, { ledgerId, email, customerRealIp: request.customerRealIp });
    return { success: true } as const;
  });
}
