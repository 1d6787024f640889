import { readFile } from 'node:fs/promises';
import { Reader, type Response } from 'maxmind';
import type { TargetAddress } from './address.ts';
import type { AsnFact } from './asn-ranges.ts';

/** An MMDB file, read whole. */
export interface Mmdb {
  /** @returns the record of the address, undefined where there is none. */
  find(address: TargetAddress): unknown;
  /** Such as `GeoIP2-City`. */
  readonly type: string;
  /** The day on which it was built, such as 2026-06-17. */
  readonly date: string;
  readonly bytes: number;
}

/** Loads a file. @throws what the reader throws at a file that is no MMDB. */
export async function loadMmdb(file: string): Promise<Mmdb> {
  const bytes = await readFile(file);
  const reader = new Reader<Response>(bytes);
  const { databaseType, buildEpoch, ipVersion } = reader.metadata;
  return {
    find({ ip, words }) {
      // A file of IPv4 alone has no answer for IPv6, and its reader would take the first bits for one.
      if (ipVersion === 4 && words.length > 1) return undefined;
      return reader.get(ip) ?? undefined;
    },
    type: databaseType,
    date: buildEpoch.toISOString().slice(0, 10),
    bytes: bytes.length,
  };
}

/** Where an address is; what a record does not say is absent. */
export interface PlaceFact {
  readonly countryCode?: string | undefined;
  readonly countryName?: string | undefined;
  readonly region?: string | undefined;
  readonly city?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly timezone?: string | undefined;
}

/** What an address is used for; what a record does not say is absent. */
export interface UseFact {
  readonly proxy?: boolean | undefined;
  readonly tor?: boolean | undefined;
  readonly hosting?: boolean | undefined;
  readonly mobile?: boolean | undefined;
  readonly anycast?: boolean | undefined;
}

function at(value: unknown, ...path: (string | number)[]): unknown {
  let found = value;
  for (const name of path) found = found == null ? undefined : Object(found)[name];
  return found;
}

/** The first of these that is a text that says something. */
function textAt(value: unknown, ...paths: (string | number)[][]): string | undefined {
  for (const path of paths) {
    const found = at(value, ...path);
    if (typeof found === 'string' && found !== '') return found;
  }
  return undefined;
}

function numberAt(value: unknown, ...paths: (string | number)[][]): number | undefined {
  for (const path of paths) {
    const found = at(value, ...path);
    const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
  }
  return undefined;
}

/** Flags of commercial files are there when they are true; some spell them as text. */
function flagAt(value: unknown, ...names: string[]): boolean | undefined {
  const found = names
    .flatMap((name) => [at(value, name), at(value, 'traits', name)])
    .filter((each) => each != null);
  if (found.length === 0) return undefined;
  return found.some((each) => each === true || each === 1 || each === 'true');
}

/** Reads the place out of a record of GeoIP2, GeoLite2, DB-IP, IPinfo or ip-location-db. */
export function placeIn(value: unknown): PlaceFact {
  const country = textAt(value, ['country', 'iso_code'], ['country_code'], ['country']);
  return {
    countryCode: country && /^[A-Z]{2}$/.test(country) ? country : undefined,
    countryName: textAt(value, ['country', 'names', 'en'], ['country_name']),
    region: textAt(value, ['subdivisions', 0, 'names', 'en'], ['region'], ['state1']),
    city: textAt(value, ['city', 'names', 'en'], ['city']),
    latitude: numberAt(value, ['location', 'latitude'], ['latitude'], ['lat']),
    longitude: numberAt(value, ['location', 'longitude'], ['longitude'], ['lng']),
    timezone: textAt(value, ['location', 'time_zone'], ['timezone'], ['time_zone']),
  };
}

/** Reads the operator out of a record of GeoIP2, GeoLite2, DB-IP or IPinfo. */
export function networkIn(value: unknown): AsnFact | undefined {
  const asText = textAt(value, ['asn']);
  const asNumber = /^AS(\d{1,10})$/.exec(asText ?? '')?.[1];
  const number =
    numberAt(value, ['autonomous_system_number'], ['traits', 'autonomous_system_number']) ??
    (asNumber === undefined ? numberAt(value, ['asn']) : Number(asNumber));
  if (number === undefined) return undefined;
  const name = textAt(
    value,
    ['autonomous_system_organization'],
    ['traits', 'autonomous_system_organization'],
    ['as_name'],
    ['name'],
  );
  return { number, name: name ?? null, route: textAt(value, ['route'], ['network']) ?? null };
}

/** Reads what the address is used for out of a record of GeoIP2 Anonymous-IP, IPinfo or another list of proxies. */
export function useIn(value: unknown): UseFact {
  return {
    proxy: flagAt(
      value,
      'is_anonymous',
      'is_anonymous_proxy',
      'is_anonymous_vpn',
      'is_public_proxy',
      'is_residential_proxy',
      'is_proxy',
      'is_vpn',
      'proxy',
      'vpn',
      'relay',
    ),
    tor: flagAt(value, 'is_tor_exit_node', 'is_tor', 'tor'),
    hosting: flagAt(value, 'is_hosting_provider', 'is_hosting', 'hosting'),
    mobile: flagAt(value, 'is_mobile', 'mobile'),
    anycast: flagAt(value, 'is_anycast', 'anycast'),
  };
}
