import type { Logger } from 'pino';
import { describeAddress, type KnownAddress, type TargetAddress } from './address.ts';
import type { IpContext, IpSource } from './context.ts';
import { type IpDatabases, type ListFile, openIpDatabases } from './databases.ts';
import { soundsLikeHosting } from './hosting-words.ts';
import { networkIn, type PlaceFact, placeIn, type UseFact, useIn } from './mmdb.ts';
import { openReverseDns } from './reverse-dns.ts';

/** Says what is known of addresses; never fails and never decides anything. */
export interface IpLookup {
  /** @returns undefined where the text is no IP address. */
  lookUp(text: string): Promise<IpContext | undefined>;
}

/** The settings of it, as config.ts has them. */
export interface IpSettings {
  readonly ipCityFile: string | undefined;
  readonly ipAsnFile: string | undefined;
  readonly ipAnonymousFile: string | undefined;
  readonly ipProxyList: string | undefined;
  readonly ipTorList: string | undefined;
  /** `system`, `off`, or the address of a resolver. */
  readonly dnsServer: string;
  readonly dnsTimeoutMs: number;
  readonly dnsAtOnce: number;
}

const COUNTRY_NAMES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Codes that databases use for what is no country, such as ZZ, have no name in there. */
function countryOf({ countryCode, countryName }: PlaceFact): IpContext['country'] {
  if (countryCode === undefined) return null;
  const name = countryName ?? COUNTRY_NAMES.of(countryCode);
  return name === undefined || countryCode === 'ZZ' ? null : { code: countryCode, name };
}

/** What a list says: who is not on it has not that property. Without a list nobody knows. */
function isOn(
  file: ListFile | undefined,
  address: TargetAddress,
  pick: (use: UseFact) => boolean | undefined,
) {
  if (!file) return undefined;
  if ('list' in file) return file.list.has(address);
  const record = file.mmdb.find(address);
  // An MMDB of nothing but proxies may have records without flags.
  return record !== undefined && (pick(useIn(record)) ?? true);
}

function findUse(databases: IpDatabases, address: TargetAddress, operator: string | null | undefined) {
  const { anonymous, proxies, tor, city, asnMmdb } = databases;
  const record = anonymous?.find(address);
  const use = useIn(record);
  // A file of anonymous addresses that does not list this one says that it is none.
  const absent = anonymous ? false : undefined;
  const others = [useIn(city?.find(address)), useIn(asnMmdb?.find(address))];
  const other = (pick: (use: UseFact) => boolean | undefined) =>
    others.map(pick).find((each) => each !== undefined);
  const guess = operator != null && soundsLikeHosting(operator) ? ('likely' as const) : null;
  return {
    proxy: isOn(proxies, address, ({ proxy }) => proxy) ?? use.proxy ?? absent ?? null,
    tor: isOn(tor, address, ({ tor }) => tor) ?? use.tor ?? absent ?? null,
    hosting: use.hosting ?? other(({ hosting }) => hosting) ?? absent ?? guess,
    mobile: use.mobile ?? other(({ mobile }) => mobile) ?? null,
    anycast: use.anycast ?? other(({ anycast }) => anycast) ?? null,
  };
}

const UNKNOWN = {
  hostname: null,
  country: null,
  region: null,
  city: null,
  latitude: null,
  longitude: null,
  timezone: null,
  asn: null,
};

function startOf({ ip, version, kind, isPublic }: KnownAddress) {
  return { ip, version, kind, isPublic };
}

function fromDatabases(
  known: KnownAddress,
  databases: IpDatabases,
): Omit<IpContext, 'hostname' | 'resolvedAt'> {
  const { target } = known;
  const used: (IpSource | undefined)[] = [];
  const cityRecord = databases.city?.find(target);
  const place = placeIn(cityRecord);
  if (cityRecord !== undefined) used.push(databases.sources.city);
  let country = countryOf(place);
  if (country === null) {
    country = countryOf(placeIn(databases.country?.find(target)));
    if (country !== null) used.push(databases.sources.country);
  }
  const asn = databases.asnMmdb
    ? networkIn(databases.asnMmdb.find(target))
    : databases.asnRanges?.find(target);
  if (asn) used.push(databases.sources.asn);
  used.push(databases.sources.anonymity, databases.sources.proxy, databases.sources.tor);
  const { region = null, city = null, latitude = null, longitude = null, timezone = null } = place;
  return {
    ...startOf(known),
    ...{ country, region, city, latitude, longitude, timezone },
    asn: asn ?? null,
    flags: { ...findUse(databases, target, asn?.name), private: known.isPrivate },
    sources: used.filter((source) => source !== undefined),
  };
}

/** Opens the look-up; databases are read at the first address. */
export function openIpLookup(settings: IpSettings, log: Logger): IpLookup {
  const { dnsServer, dnsTimeoutMs, dnsAtOnce } = settings;
  const databases = openIpDatabases(
    {
      cityFile: settings.ipCityFile,
      asnFile: settings.ipAsnFile,
      anonymousFile: settings.ipAnonymousFile,
      proxyList: settings.ipProxyList,
      torList: settings.ipTorList,
    },
    log,
  );
  const names =
    dnsServer === 'off'
      ? undefined
      : openReverseDns({
          server: dnsServer === 'system' ? undefined : dnsServer,
          timeoutMs: dnsTimeoutMs,
          atOnce: dnsAtOnce,
        });
  return {
    async lookUp(text) {
      const known = describeAddress(text);
      if (!known) return undefined;
      if (!known.isPublic) {
        const flags = {
          ...{ proxy: null, hosting: null, tor: null, mobile: null, anycast: null },
          private: known.isPrivate,
        };
        return { ...startOf(known), ...UNKNOWN, flags, sources: [], resolvedAt: new Date().toISOString() };
      }
      const [found, hostname] = await Promise.all([
        databases().then((opened) => fromDatabases(known, opened)),
        names?.nameOf(known.ip) ?? null,
      ]);
      const { sources, ...facts } = found;
      const dns = { part: 'hostname', name: 'reverse DNS', date: null } as const;
      return {
        ...facts,
        hostname,
        sources: hostname === null ? sources : [...sources, dns],
        resolvedAt: new Date().toISOString(),
      };
    },
  };
}
