import { listOrganisations as listStored, type Organisation } from '../store/organisations.ts';
import type { Services } from './services.ts';

/** Lists the organisations, the first that was made first: it is meant wherever none is named. */
export function listOrganisations(services: Pick<Services, 'database'>): Promise<Organisation[]> {
  return listStored(services.database.pool);
}
