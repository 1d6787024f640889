import { normalisePassword } from '../passwords/normalise-password.ts';
import { NO_PASSWORD } from '../passwords/passwords.ts';
import { Refusal, validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { type LoginState, lockLoginState, readLoginState } from '../store/passwords.ts';
import { type CodedFailure, failed, LOGIN_FAILURES } from './coded-answer.ts';
import { createSession } from './create-session.ts';
import { EMAIL_FAULT, normaliseEmail } from './email-address.ts';
import { inEvenTime } from './even-time.ts';
import type { Caller, Services } from './services.ts';
import { type Guess, lineOf, takeGuess } from './slow-guessing.ts';

/** Who logs in. */
export interface LoginRequest {
  readonly email: string;
  readonly password: string;
  /** The customer's address, normalised; guesses are counted by it and it is kept with the session. */
  readonly customerRealIp?: string | undefined;
}

/** Published: a login that failed is answered with 200 and a code. */
export type LoginAnswer =
  | { readonly success: true; readonly identityId: string }
  | CodedFailure<keyof typeof LOGIN_FAILURES>;

type LoginServices = Pick<Services, 'database' | 'passwords' | 'loginTurns' | 'hideAccounts' | 'log'>;

/**
 * Logs a customer in with a password. Guesses are slowed (E006). With PURSER_HIDE_ACCOUNTS an address without an
 * account is answered as a wrong password is, in the same time; that an account waits for its confirmation is then told only to
 * who knows the password it was registered with.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no e-mail address. INTERNAL_OVERLOADED: too many passwords wait to be
 *   hashed.
 */
export async function logIn(
  services: LoginServices,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: LoginRequest,
): Promise<LoginAnswer> {
  const email = normaliseEmail(request.email);
  if (email === undefined) throw validationFailed([EMAIL_FAULT]);
  const { customerRealIp } = request;
  const work = async () => {
    const { state, guess } = await services.loginTurns.run(async () => {
      // Not worth the database's time: it would be refused all the same.
      if (services.passwords.isFull) throw new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
      const line = customerRealIp === undefined ? undefined : lineOf(customerRealIp);
      const state = await readLoginState(services.database.pool, ledgerId, email, line);
      const isKnownAddress = state?.isKnownAddress ?? false;
      const guess = await takeGuess(services, { ledgerId, email, customerRealIp, isKnownAddress });
      return { state, guess };
    });
    if (!guess) return failed(LOGIN_FAILURES, 'E006');
    try {
      return await judge(services, state, guess, request);
    } catch (error) {
      await guess.undo();
      throw error;
    }
  };
  return services.hideAccounts ? inEvenTime(work) : work();
}

async function judge(
  services: LoginServices,
  state: LoginState | undefined,
  guess: Guess,
  request: LoginRequest,
): Promise<LoginAnswer> {
  if (!services.hideAccounts) {
    if (!state) return failed(LOGIN_FAILURES, 'E002');
    if (state.presentHash === null) {
      return failed(LOGIN_FAILURES, state.waitingHash === null ? 'E003' : 'E007');
    }
  }
  const hash = state?.presentHash ?? state?.waitingHash ?? NO_PASSWORD;
  const fits = await services.passwords.verify(hash, normalisePassword(request.password));
  if (!state || !fits) return failed(LOGIN_FAILURES, 'E004');
  if (state.presentHash === null) return failed(LOGIN_FAILURES, 'E007');
  return openSession(services, { ...state, presentHash: state.presentHash }, guess, request);
}

/** The password was right a moment ago; under the lock it is seen whether it still is, as after a reset meanwhile. */
function openSession(
  { database }: LoginServices,
  { accountId, presentHash }: Pick<LoginState, 'accountId'> & { readonly presentHash: string },
  guess: Guess,
  { customerRealIp }: LoginRequest,
): Promise<LoginAnswer> {
  return inTransaction(database, async (tx) => {
    const state = await lockLoginState(tx, accountId);
    if (state?.presentHash !== presentHash) return failed(LOGIN_FAILURES, 'E001');
    await guess.succeeded(tx);
    if (state.banned) return failed(LOGIN_FAILURES, 'E005');
    const { identityId } = await createSession(tx, { accountId, ledgerId: state.ledgerId, customerRealIp });
    return { success: true, identityId } as const;
  });
}
