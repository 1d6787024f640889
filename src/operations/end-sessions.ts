import type { Transaction } from '../store/database.ts';
import { endSessionsOf } from '../store/sessions.ts';

/**
 * Ends all living sessions of an account, for every request that starts after the commit, on every process.
 *
 * @param options.except the session that stays.
 * @returns how many have ended.
 */
export function endSessions(
  tx: Transaction,
  accountId: number,
  { except }: { readonly except?: number | undefined } = {},
): Promise<number> {
  return endSessionsOf(tx, accountId, { except });
}
