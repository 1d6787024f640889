import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IpContext } from '../ip/context.ts';
import { insertIpContexts, readKnownAddresses } from '../store/ip-rows.ts';
import type { Services } from './services.ts';

/** What the job is given: addresses that were met on this day (UTC). */
export interface AddressesOfDay {
  readonly day: string;
  readonly ips: readonly string[];
}

const SIDE_BY_SIDE = 8;

/** Finds out what is known of these addresses and keeps it; those whose context of the day is known are left alone. */
export async function resolveAddresses(
  { database, ipLookup }: Pick<Services, 'database' | 'ipLookup'>,
  { day, ips }: AddressesOfDay,
): Promise<void> {
  const known = await readKnownAddresses(database.pool, day, ips);
  const unknown = ips.filter((ip) => !known.has(ip));
  const found: IpContext[] = [];
  let next = 0;
  const work = async () => {
    for (let ip = unknown[next++]; ip !== undefined; ip = unknown[next++]) {
      const context = await ipLookup.lookUp(ip);
      if (context) found.push(context);
      // With everything in memory nothing would wait, and all requests would for the whole job.
      await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  if (found.length > 0) await insertIpContexts(database.pool, day, found);
}
