import type { IpContext } from '../ip/context.ts';
import { dayOf } from '../ip/seen-addresses.ts';
import { inTransaction } from '../store/database.ts';
import {
  ADDRESS_TABLES,
  type AddressTable,
  noteShortenedUntil,
  readNetworkContext,
  readShortenedUntil,
  shortenAddressesOf,
  takeOldContexts,
  writeNetworkContext,
} from '../store/ip-rows.ts';
import type { Services } from './services.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const ROWS_AT_ONCE = 20_000;
const CONTEXTS_AT_ONCE = 500;

/**
 * Shortens the addresses of customers that are older than `keepDays` to /24 and /48, wherever they are kept, and
 * leaves of their contexts what all of a network had in common. A little at a time: nobody waits for it.
 */
export async function shortenAddresses(
  services: Pick<Services, 'database'>,
  keepDays: number,
  nowMs: number = Date.now(),
): Promise<void> {
  const untilMs = nowMs - keepDays * DAY_MS;
  for (const table of ADDRESS_TABLES) await shortenTable(services, table, untilMs);
  while ((await shortenContexts(services, dayOf(untilMs))) === CONTEXTS_AT_ONCE);
}

async function shortenTable(
  { database }: Pick<Services, 'database'>,
  table: AddressTable,
  untilMs: number,
): Promise<void> {
  const sinceMs = await readShortenedUntil(database.pool, table);
  if (sinceMs >= untilMs) return;
  let shortened: number;
  do {
    shortened = await shortenAddressesOf(database.pool, table, sinceMs, untilMs, ROWS_AT_ONCE);
  } while (shortened === ROWS_AT_ONCE);
  // What was written meanwhile is new; but a batch under way may have been dated before this look.
  await noteShortenedUntil(database.pool, table, untilMs - 60_000);
}

async function shortenContexts({ database }: Pick<Services, 'database'>, beforeDay: string): Promise<number> {
  return inTransaction(database, async (tx) => {
    const old = await takeOldContexts(tx, beforeDay, CONTEXTS_AT_ONCE);
    const networks = Map.groupBy(old, ({ network, day }) => `${network} ${day}`);
    for (const rows of networks.values()) {
      const [first] = rows;
      if (!first) continue;
      const { network, day } = first;
      const kept = await readNetworkContext(tx, network, day);
      const contexts = rows.map(({ context }) => context);
      const context = inCommon(network, kept ? [kept, ...contexts] : contexts);
      if (context) await writeNetworkContext(tx, { ip: network, day, context });
    }
    return old.length;
  });
}

/** @returns of several contexts what they all say; a host name is never the network's. */
export function inCommon(network: string, contexts: readonly IpContext[]): IpContext | undefined {
  const [first, ...others] = contexts;
  if (!first) return undefined;
  const same = <T>(pick: (context: IpContext) => T): T | null => {
    const text = JSON.stringify(pick(first));
    return others.every((other) => JSON.stringify(pick(other)) === text) ? pick(first) : null;
  };
  return {
    ...first,
    ip: network,
    hostname: null,
    country: same(({ country }) => country),
    region: same(({ region }) => region),
    city: same(({ city }) => city),
    latitude: same(({ latitude }) => latitude),
    longitude: same(({ longitude }) => longitude),
    timezone: same(({ timezone }) => timezone),
    asn: same(({ asn }) => asn),
    flags: {
      proxy: same(({ flags }) => flags.proxy),
      hosting: same(({ flags }) => flags.hosting),
      tor: same(({ flags }) => flags.tor),
      mobile: same(({ flags }) => flags.mobile),
      anycast: same(({ flags }) => flags.anycast),
      private: first.flags.private,
    },
    sources: first.sources.filter(({ part }) => part !== 'hostname'),
  };
}
