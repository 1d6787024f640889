import { validationFailed } from '../refusals.ts';
import type { Queryable } from '../store/database.ts';
import { findOrganisation, type Organisation } from '../store/organisations.ts';

/**
 * Finds the organisation that an operator means.
 *
 * @param slug without it the first organisation is meant.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such organisation, or none at all.
 */
export async function nameOrganisation(
  queryable: Queryable,
  slug: string | undefined,
): Promise<Organisation> {
  const organisation = await findOrganisation(queryable, slug);
  if (organisation) return organisation;
  const message =
    slug === undefined ? 'must be given: there is no organisation yet' : `names no organisation: ${slug}`;
  throw validationFailed([{ pointer: '/organisation', message }]);
}
