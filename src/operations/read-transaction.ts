import type { PublicName } from '../ids.ts';
import { type Fault, Refusal, validationFailed } from '../refusals.ts';
import { lockAccounts } from '../store/account-rows.ts';
import { readAnsweredKeys } from '../store/answered-keys.ts';
import { numberArray } from '../store/array-parameter.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { findHoldByKey, readHoldSteps, readToldHold } from '../store/hold-history.ts';
import { readFigures, readLogRow } from '../store/log-rows.ts';
import { readOrderRequest } from '../store/order-requests.ts';
import { bookWhatIsDue } from './book-what-is-due.ts';
import { type HoldItem, toHoldItem } from './hold-item.ts';
import { hashIdempotencyKey } from './idempotency.ts';
import { type CreditLogItem, toLogItems } from './log-item.ts';
import type { CustomerName } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';

/** The two ways to name a transaction; the id may be that of a hold. */
export type TransactionName =
  | { readonly transactionId: string }
  | { readonly idempotencyKey: string; readonly customer: CustomerName };

/**
 * Reads one entry of this ledger, as the log shows it, or one hold. That there is none is said only after the
 * account's row was locked, which waits for any commit on its way: it did not and will not happen.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND, INTERNAL_USER_MUST_BE_AUTHORIZED, INTERNAL_VALIDATION_FAILED for the
 *   key of an order's request, and what the writer throws.
 */
export async function readTransaction(
  services: Services,
  caller: Caller,
  name: TransactionName,
): Promise<CreditLogItem | HoldItem> {
  const { accountId, look } = await finderOf(services, caller, name);
  const { database } = services;
  const figures = await readFigures(database.pool, accountId, services.clockOffsetMs?.() ?? 0);
  if (figures?.ledgerId !== caller.ledgerId) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  if (figures.somethingIsDue) await bookWhatIsDue(services, accountId, caller.ledgerId);
  const found =
    (await inTransaction(database, look, 'snapshot')) ??
    (await inTransaction(database, async (tx) => {
      await lockAccounts(tx, numberArray([accountId]));
      return look(tx);
    }));
  if (!found) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return found;
}

const ORDER_KEY: Fault = {
  pointer: '/idempotencyKey',
  message: 'belongs to a request about an order; send that once more with the same key',
};

interface Finder {
  readonly accountId: number;
  look(tx: Transaction): Promise<CreditLogItem | HoldItem | undefined>;
}

async function finderOf(services: Services, caller: Caller, name: TransactionName): Promise<Finder> {
  if ('transactionId' in name) {
    const named = services.ids.decode(name.transactionId);
    if (!named) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    return {
      accountId: named.accountId,
      look: (tx) => (named.isHold ? lookAtHold(services, tx, named) : lookAtEntry(services, tx, named)),
    };
  }
  const { accountId } = await nameCustomerForReading(services, caller, name.customer);
  const keyHash = hashIdempotencyKey(name.idempotencyKey);
  return {
    accountId,
    async look(tx) {
      const [answered] = await readAnsweredKeys(tx, [accountId], [keyHash]);
      if (answered?.entry) return lookAtEntry(services, tx, { accountId, ...answered.entry });
      const hold = await findHoldByKey(tx, accountId, keyHash);
      if (hold !== undefined) return lookAtHold(services, tx, { accountId, seq: hold });
      // Its entries have keys of their own, so a "no" would be wrong.
      if (await readOrderRequest(tx, accountId, keyHash)) throw validationFailed([ORDER_KEY]);
      return undefined;
    },
  };
}

async function lookAtEntry(
  services: Services,
  tx: Transaction,
  name: PublicName,
): Promise<CreditLogItem | undefined> {
  const row = await readLogRow(tx, name, services.clockOffsetMs?.() ?? 0);
  return row && toLogItems(services.ids, [row])[0];
}

/** Another attempt's hold under the same number is not the one that an id names. */
async function lookAtHold(
  { ids }: Services,
  tx: Transaction,
  { accountId, seq, attempt }: Omit<PublicName, 'attempt'> & { readonly attempt?: number },
): Promise<HoldItem | undefined> {
  const hold = await readToldHold(tx, accountId, seq);
  if (!hold || (attempt !== undefined && hold.name.attempt !== attempt)) return undefined;
  return toHoldItem(ids, hold, await readHoldSteps(tx, hold));
}
