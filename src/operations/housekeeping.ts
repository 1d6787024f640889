import { deleteOldRefusedRequests } from '../store/answered-keys.ts';
import { deleteOldEvents } from '../store/event-list.ts';
import { keysEndingSoon } from './list-keys.ts';
import type { Services } from './services.ts';
import { shortenAddresses } from './shorten-addresses.ts';

/** What a server does beside its requests, so that nobody has to remember it. */
export interface Housekeeping {
  stop(): Promise<void>;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Promised are 35 days; one more, so that the promise does not hang on an hour. */
const KEEP_REFUSALS_DAYS = 36;
const KEEP_EVENTS_DAYS = 90;

/** Every hour forgets old refusals and events and shortens old addresses, and once a day logs the keys whose end is near. Failures are only logged. */
export function startHousekeeping(
  services: Pick<Services, 'database' | 'log'>,
  { keepIpDays }: { readonly keepIpDays: number },
): Housekeeping {
  const { database, log } = services;
  let toldKeysAt = 0;

  const round = async () => {
    try {
      await deleteOldRefusedRequests(database.pool, KEEP_REFUSALS_DAYS);
      await deleteOldEvents(database.pool, KEEP_EVENTS_DAYS);
      if (Date.now() - toldKeysAt < DAY_MS) return;
      for (const { apiKeyId, kind, organisationSlug, expiresAt } of await keysEndingSoon(services)) {
        log.warn({ apiKeyId, kind, organisation: organisationSlug, expiresAt }, 'an API key ends soon');
      }
      toldKeysAt = Date.now();
    } catch (error) {
      log.warn({ err: error }, 'the housekeeping failed; it is tried again in an hour');
    }
  };

  const shorten = () =>
    shortenAddresses(services, keepIpDays).catch((error: unknown) =>
      log.warn({ err: error }, 'old addresses could not be shortened; it is tried again in an hour'),
    );

  let working = round().then(shorten);
  const timer = setInterval(() => {
    working = working.then(round).then(shorten);
  }, HOUR_MS).unref();
  return {
    stop() {
      clearInterval(timer);
      return working;
    },
  };
}
