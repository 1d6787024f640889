import type { CodedFailure, LOGIN_FAILURES } from './coded-answer.ts';
import type { Caller, Services } from './services.ts';

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

/** Logs a customer in with a password. */
export async function logIn(
  _services: Pick<Services, 'database' | 'passwords' | 'hideAccounts'>,
  _caller: Pick<Caller, 'ledgerId'>,
  _request: LoginRequest,
): Promise<LoginAnswer> {
  throw new Error('not built yet');
}
