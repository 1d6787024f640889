/** What the load generator is asked to do; sent to its process as a message. */
export interface LoadPlan {
  /** One server process each; connections are dealt out over them in turn. */
  readonly ports: readonly number[];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A capture ends one of the holds that earlier plans of the same generator created, each once. */
  readonly job: 'spend' | 'hold' | 'capture';
  /** Kept alive, one request outstanding on each. */
  readonly connections: number;
  readonly customers: Customers;
  /** Credits; the same for every request, so that the books can be checked afterwards. */
  readonly amount: number;
  /** Whether every request carries an Idempotency-Key that was never used before. */
  readonly idempotencyKeys: boolean;
  /** Whether every request names the customer's address, one for each customer. */
  readonly addresses: boolean;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Without it each connection asks again as soon as it was answered. */
  readonly requestsPerSecond?: number;
  readonly seed: number;
}

/** Which customers spend, and how often each. */
export interface Customers {
  /** Number of the first one; see `identityOf`. */
  readonly first: number;
  readonly count: number;
  /** `zipf` has exponent 1: the customer of rank r spends in proportion to 1/r. */
  readonly pick: 'uniform' | 'zipf';
}

/** What the load generator saw. Latencies count from when a request was due, not from when it could be sent. */
export interface LoadResult {
  /** Answers with status 200 within the measured time, a second. */
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers with status 200 from first to last, the warm-up and the last ones under way included. */
  readonly acknowledged: number;
  /** Any other end of a request, by status or error, with one sample each. */
  readonly failures: Readonly<Record<string, { count: number; sample: string }>>;
  /** CPU time of the load generator's process in the measured time, as a share of one core. */
  readonly cpuShare: number;
}

const IDENTITY_PREFIX = 'benchCustomerIdentity000';

/** Digits of a customer's number in its identity. */
export const IDENTITY_DIGITS = 8;

/**
 * The 32-character identity of a made-up customer. It follows from the number alone, so that a plan stays small
 * and PostgreSQL can make a million sessions by itself (see `identitySql`).
 */
export function identityOf(customer: number): string {
  return IDENTITY_PREFIX + String(customer).padStart(IDENTITY_DIGITS, '0');
}

/** The same in SQL, for an integer expression. */
export function identitySql(customer: string): string {
  return `'${IDENTITY_PREFIX}' || lpad((${customer})::text, ${IDENTITY_DIGITS}, '0')`;
}
