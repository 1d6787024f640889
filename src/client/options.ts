/** How a client reaches Purser. */
export interface PurserOptions {
  /** Where Purser answers, such as `http://127.0.0.1:3000`. */
  readonly baseUrl: string;
  /** A PROD, DEV_ or ROOT key. It belongs on servers, never into a page or an app. */
  readonly apiKey: string;
  /** Which ledger a ROOT key means: `<organisation>/live` or `<organisation>/sandbox`. */
  readonly ledger?: string | undefined;
  /** How long one attempt may take, in milliseconds; 10,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is tried at most; 4 unless given, 1 is without repetition. */
  readonly maxAttempts?: number | undefined;
  /** The wait before the second attempt, in milliseconds, doubled for each further one; 200 unless given. */
  readonly backoffMs?: number | undefined;
  /** The longest wait between two attempts, in milliseconds; 10,000 unless given. A longer Retry-After is thrown. */
  readonly maxWaitMs?: number | undefined;
  /** What sends requests, where it shall not be the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** What every call takes beside its request. */
export interface CallOptions {
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's own. */
  readonly timeoutMs?: number | undefined;
  /** Instead of the client's own. */
  readonly maxAttempts?: number | undefined;
}

/** What a call takes that changes credit. */
export interface ChangeOptions extends CallOptions {
  /**
   * A name of yours for this change, 1 to 255 visible ASCII characters. Without one the client makes one for its own
   * repetitions; `false` sends none, and then the call is never repeated once it may have happened.
   */
  readonly idempotencyKey?: string | false | undefined;
}

/** What a batch takes: its members carry their keys. */
export interface BatchOptions extends CallOptions {
  /** `false` leaves members without a key as they are; such a batch is never repeated once it may have happened. */
  readonly idempotencyKeys?: false | undefined;
}

/** Checked options with every default filled in. */
export interface Settings {
  /** Ends without a slash. */
  readonly apiUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly maxWaitMs: number;
  readonly fetch: typeof fetch;
}

const API_KEY = /^(PROD|DEV_|ROOT)[A-Za-z0-9]{28}$/;
// A longer delay would overflow Node's timers, which then fire at once.
const LONGEST_TIMER_MS = 2_147_483_647;

/** @throws TypeError for options that cannot work; the API key never stands in its message. */
export function checkOptions(options: PurserOptions): Settings {
  const { baseUrl, apiKey, ledger, fetch: send = fetch } = options;
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new TypeError(`baseUrl must be an address such as http://127.0.0.1:3000, not ${baseUrl}`);
  }
  const { origin, pathname, username, search, hash } = new URL(baseUrl);
  if (username || search || hash) throw new TypeError('baseUrl must have no user name, query or fragment');
  if (/\/api\/v1\/*$/.test(pathname)) throw new TypeError('baseUrl must be the address before /api/v1');
  if (!API_KEY.test(apiKey)) {
    throw new TypeError('apiKey must be PROD, DEV_ or ROOT followed by 28 letters and digits');
  }
  return {
    apiUrl: `${origin}${pathname.replace(/\/+$/, '')}/api/v1`,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${apiKey}`,
      ...(ledger === undefined ? {} : { 'x-purser-ledger': ledger }),
    },
    timeoutMs: checkWhole('timeoutMs', options.timeoutMs ?? 10_000, 1),
    maxAttempts: checkWhole('maxAttempts', options.maxAttempts ?? 4, 1),
    backoffMs: checkWhole('backoffMs', options.backoffMs ?? 200, 0),
    maxWaitMs: checkWhole('maxWaitMs', options.maxWaitMs ?? 10_000, 0),
    fetch: send,
  };
}

/** @throws TypeError unless the value is a whole number from `least` that a timer can wait for. */
export function checkWhole(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= LONGEST_TIMER_MS) return value;
  throw new TypeError(`${name} must be a whole number from ${least} to ${LONGEST_TIMER_MS}`);
}
