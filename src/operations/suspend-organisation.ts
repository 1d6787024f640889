import { takeRevision, touchKeysOf } from '../store/api-keys.ts';
import { inTransaction } from '../store/database.ts';
import { setSuspension } from '../store/organisations.ts';
import { nameOrganisation } from './name-organisation.ts';
import type { Services } from './services.ts';

/**
 * Suspends an organisation, or lifts its suspension: all its keys are refused from then on, on every process
 * within a second. Suspending what is suspended changes nothing.
 *
 * @param request.organisation the slug; without it the first organisation is meant.
 * @returns the slug.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such organisation.
 */
export async function suspendOrganisation(
  services: Pick<Services, 'database'>,
  request: { readonly organisation?: string | undefined; readonly suspended: boolean },
): Promise<{ slug: string }> {
  return inTransaction(services.database, async (tx) => {
    const { revision } = await takeRevision(tx);
    const { organisationId, slug } = await nameOrganisation(tx, request.organisation);
    await setSuspension(tx, organisationId, request.suspended);
    await touchKeysOf(tx, organisationId, revision);
    return { slug };
  });
}
