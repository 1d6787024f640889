import { Refusal, validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import {
  allowLongWork,
  deleteHistory,
  forgetOrderNumbers,
  lockAccountsOfLedger,
  lockLedger,
  resetAccounts,
  setClockOffset,
} from '../store/sandbox-rows.ts';
import type { Caller, Services } from './services.ts';

/**
 * Empties a sandbox: its entries, lots, debts, holds, orders, events and Idempotency-Keys go, limits and bans are as for a
 * new customer, the clock is back at real time. Customers, sessions and keys stay. One commit, or nothing.
 *
 * @param request.confirm the organisation's slug, so that nobody empties the wrong one.
 * @throws Refusal PUBLIC_SANDBOX_ONLY, INTERNAL_VALIDATION_FAILED for another slug.
 */
export async function resetSandbox(
  services: Pick<Services, 'database'>,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: { readonly confirm: string },
): Promise<{ success: true }> {
  return inTransaction(services.database, async (tx) => {
    await allowLongWork(tx);
    const ledger = await lockLedger(tx, ledgerId);
    if (ledger?.kind !== 'sandbox') throw new Refusal('PUBLIC_SANDBOX_ONLY');
    if (request.confirm !== ledger.organisationSlug) {
      const message = 'must be the short name of the organisation whose sandbox this is';
      throw validationFailed([{ pointer: '/confirm', message }]);
    }
    const accountIds = await lockAccountsOfLedger(tx, ledgerId);
    await deleteHistory(tx, accountIds);
    await forgetOrderNumbers(tx, ledgerId);
    await resetAccounts(tx, accountIds);
    await setClockOffset(tx, ledgerId, 0);
    return { success: true };
  });
}
