import type { Credits, FromAddress, Spender } from './common-types.ts';
import type { Captured } from './credit-types.ts';
import type { creditMethods } from './customer-credit.ts';
import { inMillionths, KeptHold } from './kept-hold.ts';
import type { CallOptions } from './options.ts';
import { PurserRefusal } from './refusals.ts';

/** A hold as its job sees it. */
export interface JobHold {
  readonly holdId: string;
  /** What was captured so far. */
  readonly captured: Credits;
  /** What the hold reserves now. */
  readonly remaining: Credits;
  /** Ends when the caller's signal does, or when the hold has ended before the job: then stop and throw. */
  readonly signal: AbortSignal;
  /** Takes a part while the job runs. */
  capture(amount: Credits, description?: string): Promise<Captured>;
  /** Sets more aside. */
  extend(addAmount: Credits): Promise<void>;
}

/** What a job says when it is done. */
export interface JobDone<Result> {
  /** All that it has used, what it has captured itself included; more than 6 decimal places are rounded. */
  readonly used: Credits;
  readonly result: Result;
}

/** What `withHold` takes beside the job. */
export interface WithHoldOptions extends CallOptions, FromAddress {
  /** Seconds that the hold lasts at a time, at least 2; 900 unless given. It is prolonged while the job runs, up to a week. */
  readonly expiresIn?: number | undefined;
  /** Of the hold and of what is captured. */
  readonly description?: string | undefined;
  /**
   * A name of yours for this job, at most 200 visible ASCII characters. Run again under the same name, it has the same
   * hold and its use is captured once. Without one a name is made.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The job is done, but not all that it has used could be taken. */
export class PurserNotCaptured<Result = unknown> extends Error {
  override readonly name = 'PurserNotCaptured';
  readonly holdId: string;
  /** What the job has used, and what of it was taken for sure. */
  readonly used: Credits;
  readonly captured: Credits;
  /** What the job has returned. */
  declare readonly result: Result;

  constructor(
    holdId: string,
    taken: { readonly used: Credits; readonly captured: Credits },
    result: Result,
    cause: unknown,
  ) {
    super(`The job has used ${taken.used} credits; ${taken.captured} were captured.`, { cause });
    this.holdId = holdId;
    this.used = taken.used;
    this.captured = taken.captured;
    Object.defineProperty(this, 'result', { value: result, enumerable: false });
  }
}

type Credit = ReturnType<typeof creditMethods>;

/**
 * Sets credit aside, runs the job, captures what the job says it has used, and gives back the rest. Where the job
 * throws, the hold is released and the error is passed on; what the job had captured itself stays captured.
 *
 * @throws PurserRefusal, PurserUnreachable or PurserOutcomeUnknown of the hold: the job is not run, and a hold that may be
 * there ends by itself. PurserNotCaptured. What the job throws.
 */
export async function withHold<Result>(
  credit: Credit,
  customer: Spender,
  amount: Credits,
  job: (hold: JobHold) => Promise<JobDone<Result>>,
  options: WithHoldOptions = {},
): Promise<Result> {
  const { signal, expiresIn = 900, description, customerRealIp, idempotencyKey, ...rest } = options;
  if (!(expiresIn >= 2)) throw new TypeError('expiresIn must be at least 2 seconds');
  // Its end is named after it, and must not turn out to be too long when the job is done.
  if ((idempotencyKey?.length ?? 0) > 200)
    throw new TypeError('idempotencyKey must have at most 200 characters');
  const request = { ...customer, amount, expiresIn, description, customerRealIp };
  const held = await credit.creditHold(request, { ...rest, signal, idempotencyKey });
  const hold = new KeptHold(credit, held, { ...rest, signal, expiresIn, description, idempotencyKey });
  let done: JobDone<Result>;
  try {
    done = await job(hold);
    checkUsed(done, hold.captured);
  } catch (error) {
    await hold.release();
    throw error;
  }
  await capture(hold, done);
  return done.result;
}

function checkUsed(done: JobDone<unknown>, captured: Credits): void {
  const { used } = done;
  if (typeof used !== 'number' || !Number.isFinite(used) || used < 0) {
    throw new RangeError(`The job says that it has used ${used}, which is no amount.`);
  }
  if (inMillionths(used) < captured) {
    throw new RangeError(`The job says that it has used ${used}, but has captured ${captured} already.`);
  }
}

async function capture<Result>(hold: KeptHold, { used, result }: JobDone<Result>): Promise<void> {
  const fail = (cause: unknown) => {
    const taken = { used, captured: hold.captured };
    return new PurserNotCaptured(hold.holdId, taken, result, cause);
  };
  try {
    await hold.settle();
    const rest = inMillionths(used - hold.captured);
    // Nothing is left to take, and a row of 0 would only stand in the customer's log.
    await (rest > 0 ? hold.finish(rest, 'used') : hold.release());
  } catch (error) {
    if (!isBeyondHold(error)) throw fail(error);
    // What lies within the hold is never refused, so the work is paid for at least that far.
    try {
      await (hold.remaining > 0 ? hold.finish(hold.remaining, 'all-held') : hold.release());
    } catch (second) {
      throw fail(second);
    }
    throw fail(error);
  }
}

function isBeyondHold(error: unknown): boolean {
  if (!(error instanceof PurserRefusal)) return false;
  return error.status === 402 || error.code === 'PUBLIC_CUSTOMER_IS_BANNED';
}
