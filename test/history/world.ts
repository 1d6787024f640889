import { setLimits } from '../../src/operations/change-account.ts';
import type { Services } from '../../src/operations/services.ts';
import { makeCustomer, makeKey, makeOrganisation } from '../harness.ts';
import type { Subject } from './record.ts';

/** An organisation with its key. */
export interface Shop {
  readonly ledgerId: number;
  readonly apiKey: string;
}

/** Makes an organisation with a key that may grant. */
export async function makeShop(services: Services): Promise<Shop> {
  const organisation = await makeOrganisation(services);
  const scopes = ['default', 'credit-grant', 'credit-refund', 'credit-void'];
  const apiKey = await makeKey(services, 'PROD', organisation.slug, {
    scopes,
    requestsPerMinute: 100_000_000,
  });
  return { ledgerId: organisation.live, apiKey };
}

/** Makes customers with some credit; every fifth may go into debt, every ninth has a limit for the month. */
export async function makeSubjects(services: Services, shop: Shop, count: number): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (let i = 0; i < count; i++) {
    const customer = await makeCustomer(services, shop.ledgerId, { credit: 60 });
    const debtLimit = i % 5 === 4 ? 25_000_000 : 0;
    const hardLimit = i % 9 === 8 ? 60_000_000 : 0;
    const { accountId, cuRefNo, email, identityId } = customer;
    const caller = { ledgerId: shop.ledgerId, author: 'cli' };
    await setLimits(services, caller, {
      ...{ customer: { cuRefNo }, debtLimit: BigInt(debtLimit) },
      ...(hardLimit > 0 && { monthlyHardLimit: BigInt(hardLimit) }),
    });
    subjects.push({
      ...{ accountId, cuRefNo, email, debtLimit, hardLimit, sessions: [{ identityId }] },
      ...{ holdIds: [], takenIds: [], grantedIds: [] },
    });
  }
  return subjects;
}
