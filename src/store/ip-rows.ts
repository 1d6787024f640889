import type { IpContext } from '../ip/context.ts';
import type { Queryable, Transaction } from './database.ts';

/** A context as it is kept: of an address, or, once it is old, of a network. */
export interface IpContextRow {
  readonly ip: string;
  /** UTC, such as 2026-06-17. */
  readonly day: string;
  readonly context: IpContext;
}

/** @returns those of the addresses whose context of this day is known. */
export async function readKnownAddresses(
  queryable: Queryable,
  day: string,
  ips: readonly string[],
): Promise<Set<string>> {
  const { rows } = await queryable.query<{ ip: string }>({
    name: 'read-known-addresses',
    text: 'SELECT ip FROM ip_contexts WHERE day = $1::date AND ip = ANY($2::inet[])',
    values: [day, ips],
  });
  return new Set(rows.map(({ ip }) => ip));
}

/** Adds contexts; one that another process was quicker with stays as it is. */
export async function insertIpContexts(
  queryable: Queryable,
  day: string,
  contexts: readonly IpContext[],
): Promise<void> {
  await queryable.query({
    name: 'insert-ip-contexts',
    text: `
      INSERT INTO ip_contexts (ip, day, context)
      SELECT (c->>'ip')::inet, $1::date, c FROM jsonb_array_elements($2::jsonb) AS c
      ON CONFLICT (ip, day) DO NOTHING`,
    values: [day, JSON.stringify(contexts)],
  });
}

/** An address as a row has it, at an instant in Unix milliseconds. */
export interface AddressAtInstant {
  readonly ip: string;
  readonly atMs: number;
}

/** @returns for each the context of the day that is nearest, undefined where nothing is known. */
export async function readIpContexts(
  queryable: Queryable,
  asked: readonly AddressAtInstant[],
): Promise<(IpContext | undefined)[]> {
  if (asked.length === 0) return [];
  const { rows } = await queryable.query<{ context: IpContext | null }>({
    name: 'read-ip-contexts',
    text: `
      SELECT (
        SELECT c.context FROM ip_contexts c WHERE c.ip = a.ip
        ORDER BY abs(c.day - (to_timestamp(a.at_ms / 1000.0) AT TIME ZONE 'UTC')::date) LIMIT 1) AS context
      FROM unnest($1::inet[], $2::bigint[]) WITH ORDINALITY AS a (ip, at_ms, place) ORDER BY a.place`,
    values: [asked.map(({ ip }) => ip), asked.map(({ atMs }) => atMs)],
  });
  return rows.map(({ context }) => context ?? undefined);
}

/** Where addresses of customers are kept, and the column that says how old a row is. */
const PLACES = {
  entries: { column: 'ip', ageMs: 'at_ms', since: '$1', until: '$2' },
  account_changes: { column: 'ip', ageMs: 'at_ms', since: '$1', until: '$2' },
  holds: { column: 'ip', ageMs: 'created_at_ms', since: '$1', until: '$2' },
  sessions: {
    column: 'created_from',
    ageMs: 'created_at',
    since: 'to_timestamp($1::bigint / 1000.0)',
    until: 'to_timestamp($2::bigint / 1000.0)',
  },
  orders: {
    column: 'ip',
    ageMs: 'created_at',
    since: 'to_timestamp($1::bigint / 1000.0)',
    until: 'to_timestamp($2::bigint / 1000.0)',
  },
} as const;

/** A table with addresses of customers. */
export type AddressTable = keyof typeof PLACES;

/** All tables with addresses of customers, but that of the contexts. */
export const ADDRESS_TABLES = Object.keys(PLACES) as AddressTable[];

const SHORT = 'CASE family(ip) WHEN 4 THEN 24 ELSE 48 END';

/**
 * Shortens up to `limit` addresses of rows from `sinceMs` to before `untilMs` to /24 and /48. Rows are found by
 * where they lie: their keys begin with the account, and this is about all of them.
 *
 * @returns how many.
 */
export async function shortenAddressesOf(
  queryable: Queryable,
  table: AddressTable,
  sinceMs: number,
  untilMs: number,
  limit: number,
): Promise<number> {
  const { column, ageMs, since, until } = PLACES[table];
  const isWhole = `masklen(${column}) = CASE family(${column}) WHEN 4 THEN 32 ELSE 128 END`;
  const short = `network(set_masklen(${column}, ${SHORT.replace('ip', column)}))`;
  const { rowCount } = await queryable.query({
    name: `shorten-addresses-${table}`,
    text: `
      UPDATE ${table} SET ${column} = ${short}
      WHERE ${isWhole} AND ctid = ANY (ARRAY (
        SELECT ctid FROM ${table} WHERE ${ageMs} >= ${since} AND ${ageMs} < ${until} AND ${isWhole} LIMIT $3))`,
    values: [sinceMs, untilMs, limit],
  });
  return rowCount ?? 0;
}

/** @returns up to which instant this table is done, Unix milliseconds. */
export async function readShortenedUntil(queryable: Queryable, table: AddressTable): Promise<number> {
  const { rows } = await queryable.query<{ untilMs: string }>({
    name: 'read-shortened-until',
    text: 'SELECT until_ms AS "untilMs" FROM shortened_addresses WHERE table_name = $1',
    values: [table],
  });
  return Number(rows[0]?.untilMs ?? 0);
}

/** Notes up to which instant this table is done. */
export async function noteShortenedUntil(
  queryable: Queryable,
  table: AddressTable,
  untilMs: number,
): Promise<void> {
  await queryable.query({
    name: 'note-shortened-until',
    text: `
      INSERT INTO shortened_addresses (table_name, until_ms) VALUES ($1, $2)
      ON CONFLICT (table_name) DO UPDATE SET until_ms = greatest(shortened_addresses.until_ms, $2)`,
    values: [table, untilMs],
  });
}

/** Takes out up to `limit` contexts of whole addresses of days before this one, with the networks they belong to. */
export async function takeOldContexts(
  tx: Transaction,
  beforeDay: string,
  limit: number,
): Promise<(IpContextRow & { readonly network: string })[]> {
  const { rows } = await tx.query<IpContextRow & { readonly network: string }>({
    name: 'take-old-contexts',
    text: `
      DELETE FROM ip_contexts WHERE (ip, day) IN (
        SELECT ip, day FROM ip_contexts WHERE day < $1::date AND masklen(ip) IN (32, 128)
          AND masklen(ip) = CASE family(ip) WHEN 4 THEN 32 ELSE 128 END
        ORDER BY day, ip LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING ip, day::text, context, network(set_masklen(ip, ${SHORT}))::text AS network`,
    values: [beforeDay, limit],
  });
  return rows;
}

/** @returns the context that is kept of a network and day, if there is one. */
export async function readNetworkContext(
  tx: Transaction,
  network: string,
  day: string,
): Promise<IpContext | undefined> {
  const { rows } = await tx.query<{ context: IpContext }>({
    name: 'read-network-context',
    text: 'SELECT context FROM ip_contexts WHERE ip = $1::inet AND day = $2::date FOR UPDATE',
    values: [network, day],
  });
  return rows[0]?.context;
}

/** Writes the context of a network and day, over the one that is there. */
export async function writeNetworkContext(
  tx: Transaction,
  { ip, day, context }: IpContextRow,
): Promise<void> {
  await tx.query({
    name: 'write-network-context',
    text: `
      INSERT INTO ip_contexts (ip, day, context) VALUES ($1::inet, $2::date, $3::jsonb)
      ON CONFLICT (ip, day) DO UPDATE SET context = $3::jsonb`,
    values: [ip, day, JSON.stringify(context)],
  });
}
