import type { Credits } from './common-types.ts';
import type { Captured, CaptureRequest, Held } from './credit-types.ts';
import type { creditMethods } from './customer-credit.ts';
import { PurserOutcomeUnknown } from './failures.ts';
import type { CallOptions } from './options.ts';
import { PurserRefusal } from './refusals.ts';
import type { JobHold } from './with-hold.ts';

type Part = Omit<CaptureRequest, 'holdId'>;

/** Sums of decimals as computers add them carry dust, such as 0.30000000000000004; credits are whole millionths. */
export function inMillionths(credits: Credits): Credits {
  return Math.round(credits * 1_000_000) / 1_000_000;
}

const WEEK_SECONDS = 604_800;

/** How a hold is kept while its job runs. */
export interface Keeping extends CallOptions {
  /** Seconds that it lasts at a time. */
  readonly expiresIn: number;
  readonly description: string | undefined;
  /** Name of the job. The end of its hold is named after it, so that a job that is run again is not paid for twice. */
  readonly idempotencyKey: string | undefined;
}

/** A hold that is prolonged until its job ends. */
export class KeptHold implements JobHold {
  readonly holdId: string;
  readonly signal: AbortSignal;
  readonly #credit: ReturnType<typeof creditMethods>;
  readonly #keeping: Keeping;
  readonly #ending = new AbortController();
  readonly #prolonging = new AbortController();
  readonly #createdAtMs = performance.now();
  readonly #uncertain: { readonly part: Part; readonly key: string }[] = [];
  #captured: Credits = 0;
  #remaining: Credits;
  #timer: NodeJS.Timeout | undefined;

  constructor(credit: ReturnType<typeof creditMethods>, held: Held, keeping: Keeping) {
    this.holdId = held.holdId;
    this.signal = this.#ending.signal;
    this.#credit = credit;
    this.#keeping = keeping;
    this.#remaining = held.amount;
    keeping.signal?.addEventListener('abort', this.#passOn, { once: true });
    if (keeping.signal?.aborted) this.#passOn();
    this.#prolongLater();
  }

  get captured(): Credits {
    return this.#captured;
  }

  get remaining(): Credits {
    return this.#remaining;
  }

  async capture(amount: Credits, description = this.#keeping.description): Promise<Captured> {
    return this.#take({ amount: inMillionths(amount), final: false, description });
  }

  async extend(addAmount: Credits): Promise<void> {
    const request = { holdId: this.holdId, addAmount: inMillionths(addAmount) };
    const { amount } = await this.#credit.creditExtend(request, this.#callOptions());
    this.#remaining = amount;
  }

  /** Finds out what became of parts whose answers were lost: each is asked for again with its key. */
  async settle(): Promise<void> {
    this.#stopKeeping();
    for (const { part, key } of this.#uncertain.splice(0)) {
      await this.#take(part, key).catch((error: unknown) => {
        if (!(error instanceof PurserRefusal)) throw error;
      });
    }
  }

  /** Takes the last part and ends the hold; `all-held` is another request than `used`, with a key of its own. */
  async finish(amount: Credits, what: 'used' | 'all-held'): Promise<void> {
    this.#stopKeeping();
    const { description, idempotencyKey } = this.#keeping;
    const key = idempotencyKey === undefined ? undefined : `${idempotencyKey}.${what}`;
    await this.#take({ amount, final: true, description }, key);
  }

  /** Ends the hold where its job has failed. Where that cannot be told to Purser, it ends by itself when its time is over. */
  async release(): Promise<void> {
    this.#stopKeeping();
    await this.#credit.creditRelease({ holdId: this.holdId }, this.#callOptions()).catch(() => undefined);
  }

  async #take(part: Part, key: string = crypto.randomUUID()): Promise<Captured> {
    const options = { ...this.#callOptions(), idempotencyKey: key };
    try {
      const answer = await this.#credit.creditCapture({ holdId: this.holdId, ...part }, options);
      // What is answered again tells the sum of its own time.
      if (answer.captured > this.#captured) this.#captured = answer.captured;
      this.#remaining = answer.remaining;
      return answer;
    } catch (error) {
      if (error instanceof PurserOutcomeUnknown) this.#uncertain.push({ part, key });
      throw error;
    }
  }

  /** Without the caller's signal: what was used is captured, or the rest given back, after an abort as well. */
  #callOptions(): CallOptions {
    const { timeoutMs, maxAttempts } = this.#keeping;
    return { timeoutMs, maxAttempts };
  }

  readonly #passOn = () => this.#ending.abort(this.#keeping.signal?.reason);

  #stopKeeping(): void {
    clearTimeout(this.#timer);
    this.#prolonging.abort();
    this.#keeping.signal?.removeEventListener('abort', this.#passOn);
  }

  /** At a third of its time, so that an attempt or two may fail before it is over. */
  #prolongLater(): void {
    this.#timer = setTimeout(() => void this.#prolong(), (this.#keeping.expiresIn * 1_000) / 3);
    // A job that waits for nothing else shall not be kept alive by its hold.
    this.#timer.unref();
  }

  async #prolong(): Promise<void> {
    const { signal } = this.#prolonging;
    const ageSeconds = (performance.now() - this.#createdAtMs) / 1_000;
    // A few seconds less than a week, for the way there and the difference of two clocks.
    const expiresIn = Math.min(this.#keeping.expiresIn, Math.floor(WEEK_SECONDS - ageSeconds - 10));
    if (expiresIn < 1) return;
    try {
      await this.#credit.creditExtend({ holdId: this.holdId, expiresIn }, { ...this.#callOptions(), signal });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_HOLD_HAS_ENDED') {
        this.#ending.abort(error);
        return;
      }
      // Anything else may pass; there is time for another attempt.
    }
    if (!signal.aborted) this.#prolongLater();
  }
}
