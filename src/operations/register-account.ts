import type { CodedFailure, REGISTER_FAILURES } from './coded-answer.ts';
import type { Caller, Services } from './services.ts';

/** Who wants to become a customer with a password. */
export interface RegisterRequest {
  readonly email: string;
  readonly password: string;
}

/** Published. */
export type RegisterAnswer = { readonly success: true } | CodedFailure<keyof typeof REGISTER_FAILURES>;

/** Keeps a registration until the link in its mail is used. */
export async function registerAccount(
  _services: Pick<Services, 'database' | 'passwords'>,
  _caller: Pick<Caller, 'ledgerId'>,
  _request: RegisterRequest,
): Promise<RegisterAnswer> {
  throw new Error('not built yet');
}
