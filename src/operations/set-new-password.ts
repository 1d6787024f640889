import type { CodedFailure, NEW_PASSWORD_FAILURES } from './coded-answer.ts';
import type { Caller, Services } from './services.ts';

/** The token of a reset's link and what the password shall be. */
export interface NewPasswordRequest {
  readonly token: string;
  readonly password: string;
  /** The customer's address, normalised; from it the next login is not held up by what others guess. */
  readonly customerRealIp?: string | undefined;
}

/** Published. */
export type NewPasswordAnswer = { readonly success: true } | CodedFailure<keyof typeof NEW_PASSWORD_FAILURES>;

/**
 * Uses the link of a reset's mail, once.
 *
 * @param caller the ledger that the link must be of; undefined on pages for people, whose link is all they have.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: a password that is too short, too long or among the first guesses.
 *   INTERNAL_OVERLOADED: too many passwords wait to be hashed.
 */
export async function setNewPassword(
  _services: Pick<Services, 'database' | 'passwords'>,
  _caller: Pick<Caller, 'ledgerId'> | undefined,
  _request: NewPasswordRequest,
): Promise<NewPasswordAnswer> {
  throw new Error('not built yet');
}
