import type { PublicName } from '../ids.ts';
import { Refusal } from '../refusals.ts';
import { lockAccounts } from '../store/account-rows.ts';
import { readAnsweredKeys } from '../store/answered-keys.ts';
import { numberArray } from '../store/array-parameter.ts';
import { inTransaction, type Queryable } from '../store/database.ts';
import { type LogRow, readFigures, readLogRow } from '../store/log-rows.ts';
import { bookWhatIsDue } from './book-what-is-due.ts';
import { hashIdempotencyKey } from './idempotency.ts';
import { type CreditLogItem, toLogItems } from './log-item.ts';
import type { CustomerName } from './name-customer.ts';
import { nameCustomerForReading } from './name-customer-for-reading.ts';
import type { Caller, Services } from './services.ts';

/** The two ways to name a transaction. */
export type TransactionName =
  | { readonly transactionId: string }
  | { readonly idempotencyKey: string; readonly customer: CustomerName };

/**
 * Reads one entry of this ledger, as the log shows it. That there is none is said only after the account's row was
 * locked, which waits for any commit on its way: it did not and will not happen.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND, INTERNAL_USER_MUST_BE_AUTHORIZED.
 */
export async function readTransaction(
  services: Services,
  caller: Caller,
  name: TransactionName,
): Promise<CreditLogItem> {
  const find = await finderOf(services, caller, name);
  const figures = await readFigures(services.database.pool, find.accountId, services.clockOffsetMs?.() ?? 0);
  if (figures?.ledgerId === caller.ledgerId && figures.somethingIsDue) {
    await bookWhatIsDue(services, find.accountId, caller.ledgerId);
  }
  const row =
    (await find.look(services.database.pool)) ??
    (await inTransaction(services.database, async (tx) => {
      await lockAccounts(tx, numberArray([find.accountId]));
      return find.look(tx);
    }));
  const [item] = row ? toLogItems(services.ids, [row]) : [];
  if (!item) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return item;
}

interface Finder {
  readonly accountId: number;
  look(queryable: Queryable): Promise<LogRow | undefined>;
}

async function finderOf(services: Services, caller: Caller, name: TransactionName): Promise<Finder> {
  const offsetMs = services.clockOffsetMs?.() ?? 0;
  if ('transactionId' in name) {
    const entry = services.ids.decode(name.transactionId);
    if (!entry) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    return {
      accountId: entry.accountId,
      async look(queryable) {
        const figures = await readFigures(queryable, entry.accountId, offsetMs);
        return figures?.ledgerId === caller.ledgerId ? readLogRow(queryable, entry, offsetMs) : undefined;
      },
    };
  }
  const { accountId } = await nameCustomerForReading(services, caller, name.customer);
  const keyHash = hashIdempotencyKey(name.idempotencyKey);
  return {
    accountId,
    async look(queryable) {
      const [answered] = await readAnsweredKeys(queryable, [accountId], [keyHash]);
      const entry: PublicName | undefined = answered?.entry && { accountId, ...answered.entry };
      return entry && readLogRow(queryable, entry, offsetMs);
    },
  };
}
