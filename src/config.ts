import { isIP } from 'node:net';

/** One line of the settings' table; docs/operating.md lists them all, and a test compares the two. */
export interface Setting<T> {
  /** The environment variable. */
  readonly variable: string;
  /** The value when the variable is absent or empty; undefined where there is none. */
  readonly standard: T;
  /** What it takes, in words that finish the sentence "PORT must be ...". */
  readonly takes: string;
  readonly description: string;
  /** @returns undefined for a text that it does not take. */
  readonly read: (text: string) => T | undefined;
}

/** A setting that can't be used; the message names every faulty variable and what it takes. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Kind<T> = Pick<Setting<T>, 'takes' | 'read'>;

const text: Kind<string | undefined> = { takes: 'a text', read: (value) => value };

const flag: Kind<boolean> = {
  takes: '1 or 0',
  read: (value) => (value === '1' ? true : value === '0' ? false : undefined),
};

function wholeNumber(lowest: number, highest: number): Kind<number> {
  return {
    takes: `a whole number from ${lowest} to ${highest}`,
    read(value) {
      const number = Number(value);
      const fits = /^\d{1,15}$/.test(value) && number >= lowest && number <= highest;
      return fits ? number : undefined;
    },
  };
}

function oneOf(...words: string[]): Kind<string> {
  return {
    takes: `one of ${words.join(', ')}`,
    read: (value) => (words.includes(value) ? value : undefined),
  };
}

function address(...schemes: string[]): Kind<string | undefined> {
  const wanted = schemes.map((scheme) => `${scheme}://`);
  return {
    takes: `an address that begins with ${wanted.join(' or ')}`,
    read: (value) => (wanted.some((beginning) => value.startsWith(beginning)) ? value : undefined),
  };
}

function setting<T>(variable: string, standard: T, kind: Kind<T>, description: string): Setting<T> {
  return { variable, standard, description, ...kind };
}

const file: Kind<string | undefined> = { takes: 'a file', read: (value) => value };

function isResolver(value: string): boolean {
  const [, inBrackets, plain = value] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(value) ?? [];
  return value === 'system' || value === 'off' || isIP(inBrackets ?? plain) !== 0;
}

const NONE: string | undefined = undefined;

/** Every setting of Purser. Times are in milliseconds, as the names say. */
export const SETTINGS = {
  port: setting('PORT', 3000, wholeNumber(0, 65_535), 'TCP port of the HTTP server; 0 takes a free one.'),
  host: setting<string>(
    'HOST',
    '127.0.0.1',
    { takes: 'a host name or IP address', read: (value) => (/^[^\s/]+$/.test(value) ? value : undefined) },
    'Address to listen on; 0.0.0.0 or :: for all, behind a proxy that speaks TLS.',
  ),
  baseUrl: setting(
    'PURSER_BASE_URL',
    NONE,
    {
      takes: 'an http:// or https:// address without a path',
      read: (value) => (/^https?:\/\/[^/?#\s]+\/?$/.test(value) ? value.replace(/\/$/, '') : undefined),
    },
    'Public address of this server, shown in samples and the OpenAPI document.',
  ),
  dataDir: setting<string>(
    'PURSER_DATA_DIR',
    './data',
    { takes: 'a folder', read: (value) => value },
    'Folder of the embedded PostgreSQL; not used with DATABASE_URL.',
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    NONE,
    address('postgres', 'postgresql'),
    'PostgreSQL server (15 to 18) to use instead of the embedded one.',
  ),
  redisUrl: setting(
    'REDIS_URL',
    NONE,
    address('redis', 'rediss'),
    'Valkey or Redis through which several processes share the rate limits.',
  ),
  metricsToken: setting(
    'METRICS_TOKEN',
    NONE,
    text,
    'Bearer token for /metrics; without it only loopback addresses may read them.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    'info',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'Least important level that is logged.',
  ),
  lanes: setting(
    'PURSER_LANES',
    1,
    wholeNumber(1, 64),
    'Lanes of the writer, each with a connection of its own.',
  ),
  queueLimit: setting(
    'PURSER_QUEUE_LIMIT',
    10_000,
    wholeNumber(1, 1_000_000),
    'Commands that may wait for the writer; beyond it requests are answered 503 at once.',
  ),
  poolSize: setting(
    'PURSER_POOL_SIZE',
    10,
    wholeNumber(2, 1_000),
    'Database connections for reads and the directory, beside the lanes.',
  ),
  prodRequestsPerMinute: setting(
    'PURSER_PROD_REQUESTS_PER_MINUTE',
    500_000,
    wholeNumber(1, 1_000_000_000),
    'Rate limit of a PROD key that has none of its own.',
  ),
  devRequestsPerMinute: setting(
    'PURSER_DEV_REQUESTS_PER_MINUTE',
    1_000,
    wholeNumber(1, 1_000_000_000),
    'Rate limit of a DEV_ key that has none of its own.',
  ),
  unknownKeysPerMinute: setting(
    'PURSER_UNKNOWN_KEYS_PER_MINUTE',
    100,
    wholeNumber(1, 1_000_000_000),
    'Requests with an unknown key that one network address may send.',
  ),
  ipCityFile: setting(
    'PURSER_IP_CITY_MMDB',
    NONE,
    file,
    'MMDB of places (GeoIP2 City, DB-IP, IPinfo) to use before what comes with Purser; read anew when replaced.',
  ),
  ipAsnFile: setting(
    'PURSER_IP_ASN_MMDB',
    NONE,
    file,
    'MMDB of network operators (GeoIP2 ASN, IPinfo) to use instead of what comes with Purser.',
  ),
  ipAnonymousFile: setting(
    'PURSER_IP_ANONYMOUS_MMDB',
    NONE,
    file,
    'MMDB of anonymous addresses (GeoIP2 Anonymous-IP); without it, or a list, proxy and tor stay unknown.',
  ),
  ipProxyList: setting(
    'PURSER_IP_PROXY_LIST',
    NONE,
    file,
    'List of proxies: .mmdb, or text with an address, network or range a line.',
  ),
  ipTorList: setting('PURSER_IP_TOR_LIST', NONE, file, 'List of Tor exits, in the same forms.'),
  dnsServer: setting<string>(
    'PURSER_DNS_SERVER',
    'system',
    {
      takes: 'system, off or the IP address of a resolver, with :port if it is not 53',
      read: (value) => (isResolver(value) ? value : undefined),
    },
    'Resolver that is asked for the names of customers’ addresses; off asks nobody.',
  ),
  dnsTimeoutMs: setting(
    'PURSER_DNS_TIMEOUT_MS',
    1_000,
    wholeNumber(10, 60_000),
    'Time in which the resolver must have answered.',
  ),
  dnsAtOnce: setting('PURSER_DNS_AT_ONCE', 8, wholeNumber(1, 1_000), 'Look-ups under way at the resolver.'),
  keepIpDays: setting(
    'PURSER_KEEP_IP_DAYS',
    30,
    wholeNumber(1, 36_500),
    'Days after which addresses of customers are shortened to /24 (IPv4) and /48 (IPv6).',
  ),
  smtpUrl: setting(
    'PURSER_SMTP_URL',
    NONE,
    {
      takes: 'an smtp:// or smtps:// address of a server',
      read(value) {
        const isServer = /^smtps?:/.test(value) && URL.canParse(value) && new URL(value).hostname !== '';
        return isServer ? value : undefined;
      },
    },
    'SMTP server for mails, such as smtp://user:password@mail.example.com:587; without it mails are only kept.',
  ),
  mailFrom: setting(
    'PURSER_MAIL_FROM',
    NONE,
    {
      takes: 'an e-mail address',
      read: (value) => (/^[^\s@<>()",:;\\[\]]+@[a-z0-9.-]+$/i.test(value) ? value : undefined),
    },
    'Address that mails are sent from; needed with PURSER_SMTP_URL.',
  ),
  privateWebhooks: setting(
    'PURSER_PRIVATE_WEBHOOKS',
    false,
    flag,
    'Whether notification addresses may lead into a private network, and be told without TLS.',
  ),
  hideAccounts: setting(
    'PURSER_HIDE_ACCOUNTS',
    false,
    flag,
    'Whether login and register-account keep to themselves which e-mail addresses have an account.',
  ),
  headersTimeoutMs: setting(
    'PURSER_HEADERS_TIMEOUT_MS',
    10_000,
    wholeNumber(100, 600_000),
    'Time in which the headers of a request must have arrived.',
  ),
  requestTimeoutMs: setting(
    'PURSER_REQUEST_TIMEOUT_MS',
    30_000,
    wholeNumber(100, 600_000),
    'Time in which a whole request, body included, must have arrived.',
  ),
  keepAliveTimeoutMs: setting(
    'PURSER_KEEP_ALIVE_TIMEOUT_MS',
    72_000,
    wholeNumber(100, 600_000),
    'Time for which an idle connection is kept open; longer than that of a proxy before Purser.',
  ),
  stopTimeoutMs: setting(
    'PURSER_STOP_TIMEOUT_MS',
    15_000,
    wholeNumber(0, 600_000),
    'Time that a stop may take to finish what was begun, before it is forced.',
  ),
  slowRequestMs: setting(
    'PURSER_SLOW_REQUEST_MS',
    1_000,
    wholeNumber(0, 600_000),
    'Requests that took longer are logged.',
  ),
  allowUnsafeDatabase: setting(
    'PURSER_ALLOW_UNSAFE_DATABASE',
    false,
    flag,
    'Only for tests (NODE_ENV=test): starts although the database may lose what it has confirmed.',
  ),
} as const;

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** The settings as read once at the start. */
export type Config = { readonly [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]> };

/**
 * Reads the environment; an empty variable counts as absent.
 *
 * @throws ConfigError that names every faulty variable.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, each] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = env[each.variable]?.trim() ?? '';
    values[name] = given === '' ? each.standard : each.read(given);
    // The value is not repeated: it may be a secret in the wrong place.
    if (given !== '' && values[name] === undefined) faults.push(`${each.variable} must be ${each.takes}.`);
  }
  if (values.allowUnsafeDatabase === true && env.NODE_ENV !== 'test') {
    faults.push('PURSER_ALLOW_UNSAFE_DATABASE works only with NODE_ENV=test.');
  }
  if (values.smtpUrl !== undefined && values.mailFrom === undefined && !env.PURSER_MAIL_FROM) {
    faults.push('PURSER_SMTP_URL needs PURSER_MAIL_FROM, the address that mails are sent from.');
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return values as Config;
}
