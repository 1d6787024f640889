import { type Fault, validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import {
  findOrganisation,
  lockOrganisation,
  type Organisation,
  updateOrganisation,
} from '../store/organisations.ts';
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
  for (const [member, days] of Object.entries({ returnedLifeLeastDays, returnedLifeMostDays })) {
    if (days === undefined || (days >= 1 && days <= LONGEST_LIFE_DAYS)) continue;
    faults.push({ pointer: `/${member}`, message: `must be 1 to ${LONGEST_LIFE_DAYS} days` });
  }
  if (faults.length > 0) throw validationFailed(faults);
  return inTransaction(services.database, async (tx) => {
    const { organisationId, slug } = await nameOrganisation(tx, organisation);
    const before = await lockOrganisation(tx, organisationId);
    const leastDays = returnedLifeLeastDays ?? before.returnedLifeLeastDays;
    const mostDays = returnedLifeMostDays ?? before.returnedLifeMostDays;
    if (leastDays > mostDays) throw validationFailed([lifeFault(leastDays, mostDays, returnedLifeLeastDays)]);
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

/** @param given the least life, where the request names it; else the longest is at fault. */
function lifeFault(leastDays: number, mostDays: number, given: number | undefined): Fault {
  return given === undefined
    ? { pointer: '/returnedLifeMostDays', message: `must not be less than the least, ${leastDays} days` }
    : { pointer: '/returnedLifeLeastDays', message: `must not be more than the most, ${mostDays} days` };
}
