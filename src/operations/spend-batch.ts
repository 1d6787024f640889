import { Refusal } from '../refusals.ts';
import { findCustomersByCuRefNo } from '../store/customers.ts';
import type { NamedCustomer, SpenderName } from './name-customer.ts';
import type { Caller, DecidedAnswer, Services } from './services.ts';
import { type SpendRequest, submitSpend } from './spend-credit.ts';

/** One spend of a batch, decoded, with the Idempotency-Key that is its own. */
export type BatchMember = SpendRequest & { readonly idempotencyKey?: string | undefined };

/**
 * Spends each for itself, as so many requests of credit-spend would: what one is refused concerns no other. Those
 * of one customer are decided in their order.
 *
 * @returns what became of each, in their order; a rejection holds what spendCredit would have thrown.
 * @throws what the database throws while the customers are looked up; then nothing was done.
 */
export async function spendBatch(
  services: Services,
  caller: Caller,
  members: readonly BatchMember[],
  requestId: string,
): Promise<PromiseSettledResult<DecidedAnswer>[]> {
  const named = await nameSpenders(services, caller, members);
  return Promise.allSettled(
    members.map(({ idempotencyKey, ...spend }, i) => {
      const customer = named[i];
      if (customer === undefined) return Promise.reject(notFound(spend));
      return submitSpend(services, caller, customer, spend, { requestId, idempotencyKey });
    }),
  );
}

/** Finds all of them at once, so that a thousand references do not cost a thousand reads. */
async function nameSpenders(
  { database, sessionNames }: Services,
  { ledgerId }: Caller,
  names: readonly SpenderName[],
): Promise<(NamedCustomer | undefined)[]> {
  const references = new Set(names.flatMap((name) => ('cuRefNo' in name ? [name.cuRefNo] : [])));
  const accounts =
    references.size === 0
      ? new Map<string, number>()
      : await findCustomersByCuRefNo(database.pool, ledgerId, [...references]);
  return Promise.all(
    names.map(async (name) => {
      if ('cuRefNo' in name) {
        const accountId = accounts.get(name.cuRefNo);
        return accountId === undefined ? undefined : { accountId, ledgerId };
      }
      const session = await sessionNames.find(name.identityId);
      return session?.ledgerId === ledgerId ? session : undefined;
    }),
  );
}

function notFound(name: SpenderName): Refusal {
  return new Refusal('cuRefNo' in name ? 'INTERNAL_RESOURCE_NOT_FOUND' : 'INTERNAL_USER_MUST_BE_AUTHORIZED');
}
