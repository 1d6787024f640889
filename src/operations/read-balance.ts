import { fromMicro } from '../ledger/amount.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import type { Services } from './services.ts';

/** A customer's credit now, as JSON numbers of credits. */
export interface Balance {
  readonly creditBalance: number;
  readonly held: number;
  readonly available: number;
  readonly debt: number;
  readonly debtLimit: number;
  readonly banned: boolean;
}

/**
 * Reads an account's balance; what is due is booked first.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function readBalance(services: Services, accountId: number): Promise<Balance> {
  const { figures } = await readBooked(services, accountId, () =>
    lookAtFigures(services, services.database.pool, accountId),
  );
  const { balance, held, debt, debtLimit, banned } = figures;
  return {
    creditBalance: fromMicro(balance),
    held: fromMicro(held),
    available: fromMicro(balance - held + debtLimit),
    debt: fromMicro(debt),
    debtLimit: fromMicro(debtLimit),
    banned,
  };
}
