import { type Fault, validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import { findOrganisation, type Organisation, updateOrganisation } from '../store/organisations.ts';
import { nameOrganisation } from './name-organisation.ts';
import { normaliseOrigin } from './return-url.ts';
import type { Services } from './services.ts';

/** What is to change of an organisation; absent is unchanged. */
export interface OrganisationUpdate {
  /** The slug; without it the first organisation is meant. */
  readonly organisation?: string | undefined;
  /** 1 to 200 characters. */
  readonly name?: string | undefined;
  /** All origins that return and notification addresses may lead to, such as https://shop.example.com. */
  readonly origins?: readonly string[] | undefined;
  /** How many days credit lives at least that a refund returns to a lot which has expired. */
  readonly returnedLifeLeastDays?: number | undefined;
  /** How many days it lives at most. */
  readonly returnedLifeMostDays?: number | undefined;
}

const MAX_NAME_LENGTH = 200;
const MOST_ORIGINS = 100;
const LONGEST_LIFE_DAYS = 3_650;

/**
 * Changes the name of an organisation, its list of origins, or how long returned credit lives.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED: no such organisation, an empty name, what is no origin, a least life that
 *   is longer than the longest.
 */
export async function changeOrganisation(
  services: Pick<Services, 'database'>,
  { organisation, name, origins, returnedLifeLeastDays, returnedLifeMostDays }: OrganisationUpdate,
): Promise<Organisation> {
  const faults: Fault[] = [];
  const trimmed = name?.trim();
  if (trimmed !== undefined && (trimmed === '' || trimmed.length > MAX_NAME_LENGTH)) {
    faults.push({ pointer: '/name', message: `must have 1 to ${MAX_NAME_LENGTH} characters` });
  }
  const normalised = origins?.map((text) => {
    const origin = normaliseOrigin(text);
    const message = `must be an origin such as https://shop.example.com, without a path; ${text} is none`;
    if (origin === undefined) faults.push({ pointer: '/origin', message });
    return origin ?? '';
  });
  if (normalised && normalised.length > MOST_ORIGINS) {
    faults.push({ pointer: '/origin', message: `must be given at most ${MOST_ORIGINS} times` });
  }
  if (faults.length > 0) throw validationFailed(faults);
  return inTransaction(services.database, async (tx) => {
    const { organisationId, slug, ...before } = await nameOrganisation(tx, organisation);
    checkReturnedLife({
      leastDays: returnedLifeLeastDays ?? before.returnedLifeLeastDays,
      mostDays: returnedLifeMostDays ?? before.returnedLifeMostDays,
    });
    await updateOrganisation(tx, organisationId, {
      name: trimmed,
      origins: normalised && [...new Set(normalised)],
      returnedLifeLeastDays,
      returnedLifeMostDays,
    });
    const changed = await findOrganisation(tx, slug);
    if (!changed) throw new Error('An organisation that was just changed is not there.');
    return changed;
  });
}

function checkReturnedLife({ leastDays, mostDays }: { leastDays: number; mostDays: number }): void {
  if (leastDays >= 1 && leastDays <= mostDays && mostDays <= LONGEST_LIFE_DAYS) return;
  const message = `must be 1 to ${LONGEST_LIFE_DAYS} days, at least not more than at most; that would be ${leastDays} to ${mostDays}`;
  throw validationFailed([{ pointer: '/returnedLife', message }]);
}
