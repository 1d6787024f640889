import { deleteOldRefusedRequests } from '../store/answered-keys.ts';
import { deleteOldAttempts } from '../store/attempts.ts';
import { deleteOldEvents } from '../store/event-list.ts';
import { deleteOldMails } from '../store/mails.ts';
import { deleteExpiredResets } from '../store/password-resets.ts';
import { deleteExpiredRegistrations } from '../store/registrations.ts';
import { deleteOldSessions } from '../store/sessions.ts';
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
/** Until then a session that has ended may read what its own Idempotency-Keys were answered. */
const KEEP_SESSIONS_DAYS = 36;
const KEEP_EVENTS_DAYS = 90;
/** Those that were not sent still hold their links. */
const KEEP_MAILS_DAYS = { all: 30, kept: 7 };
const SESSIONS_AT_ONCE = 20_000;

/**
 * Forgets what nobody needs any more. What cannot be done keeps nothing else from being forgotten.
 *
 * @throws the first of what the database threw.
 */
export async function forgetWhatIsOld({ database: { pool } }: Pick<Services, 'database'>): Promise<void> {
  const failures: unknown[] = [];
  for (const forget of [
    () => deleteOldRefusedRequests(pool, KEEP_REFUSALS_DAYS),
    () => deleteOldEvents(pool, KEEP_EVENTS_DAYS),
    () => deleteOldSessionsInParts(pool),
    () => deleteOldAttempts(pool),
    () => deleteExpiredRegistrations(pool),
    () => deleteExpiredResets(pool),
    () => deleteOldMails(pool, KEEP_MAILS_DAYS),
  ]) {
    await forget().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

async function deleteOldSessionsInParts(pool: Services['database']['pool']): Promise<void> {
  while ((await deleteOldSessions(pool, KEEP_SESSIONS_DAYS, SESSIONS_AT_ONCE)) === SESSIONS_AT_ONCE);
}

/**
 * Every hour forgets what is old and shortens old addresses, and once a day logs the keys whose end is near.
 * Failures are only logged.
 */
export function startHousekeeping(
  services: Pick<Services, 'database' | 'log'>,
  { keepIpDays }: { readonly keepIpDays: number },
): Housekeeping {
  const { log } = services;
  let toldKeysAt = 0;

  const round = async () => {
    try {
      await forgetWhatIsOld(services);
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
