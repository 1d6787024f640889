import type { Caller, Services } from './services.ts';

/** Who wants to set a new password. */
export interface ResetRequest {
  readonly email: string;
  /** How long the link lives, such as "3h 20m": 1 minute to 7 days, 3 hours unless given. */
  readonly expirationTime?: string | undefined;
}

/** Sends a link by which a new password can be set; the answer never tells whether the address is known. */
export async function requestPasswordReset(
  _services: Pick<Services, 'database'>,
  _caller: Pick<Caller, 'ledgerId'>,
  _request: ResetRequest,
): Promise<{ success: true }> {
  throw new Error('not built yet');
}
