/** What a caller is told about its limit: the X-RateLimit headers. */
export interface RateLimitState {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Unix seconds: when allowed, at which the counted minute ends, else at which a request can pass again. */
  readonly resetAt: number;
  /** Seconds until a request can pass again; 0 when allowed. */
  readonly retryAfter: number;
}

const MINUTE_MS = 60_000;

/**
 * Requests of the last 60 seconds, from two one-minute counters: this minute's, and the last one's in the part
 * that still lies within the window. Refused requests do not count, so a limited caller gets its rate, not none.
 *
 * @param current requests passed in this minute, without the one judged.
 * @param count what the judged one counts as: a batch as many as it has members.
 */
export function judgeRate(
  current: number,
  previous: number,
  limit: number,
  nowMs: number,
  count: number,
): RateLimitState {
  const intoMs = nowMs % MINUTE_MS;
  const used = current + previous * (1 - intoMs / MINUTE_MS);
  if (used + count <= limit) {
    const resetAt = (nowMs - intoMs + MINUTE_MS) / 1000;
    return { allowed: true, remaining: Math.floor(limit - used - count), resetAt, retryAfter: 0 };
  }
  // What is larger than the limit never passes; as if it were as large, the wait at least has an end.
  const retryAfter = secondsUntilFree(current, previous, Math.max(0, limit - count), intoMs);
  return {
    allowed: false,
    remaining: Math.max(0, Math.floor(limit - used)),
    resetAt: Math.ceil(nowMs / 1000) + retryAfter,
    retryAfter,
  };
}

/**
 * The window lets the next one in when enough of the older minute has left it, perhaps only of this one.
 *
 * @param free how many may lie within the window beside it.
 */
function secondsUntilFree(current: number, previous: number, free: number, intoMs: number): number {
  const waitMs =
    current <= free
      ? MINUTE_MS - intoMs - partThatMayStay(free - current, previous)
      : 2 * MINUTE_MS - intoMs - partThatMayStay(free, current);
  return Math.max(1, Math.ceil(waitMs / 1000));
}

/** @returns how many milliseconds of a minute with `count` requests may lie within the window beside `free`. */
function partThatMayStay(free: number, count: number): number {
  return count <= free ? MINUTE_MS : (free / count) * MINUTE_MS;
}

interface Counter {
  minute: number;
  current: number;
  previous: number;
}

/** Counters of one process, by any name: an API key's number, a socket's address. */
export class RateCounters<Name> {
  readonly #counters = new Map<Name, Counter>();
  #sweptMinute = 0;

  /** Counts a request, as `count` of them, if the limit lets it pass. */
  take(name: Name, limit: number, nowMs: number, count = 1): RateLimitState {
    const counter = this.#counterOf(name, nowMs);
    const state = judgeRate(counter.current, counter.previous, limit, nowMs, count);
    if (state.allowed) counter.current += count;
    return state;
  }

  /** Says what take would, and counts nothing. */
  peek(name: Name, limit: number, nowMs: number): RateLimitState {
    const counter = this.#counters.get(name);
    if (counter === undefined) return judgeRate(0, 0, limit, nowMs, 1);
    moveTo(counter, Math.floor(nowMs / MINUTE_MS));
    return judgeRate(counter.current, counter.previous, limit, nowMs, 1);
  }

  #counterOf(name: Name, nowMs: number): Counter {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#sweptMinute) this.#sweep(minute);
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = { minute, current: 0, previous: 0 };
      this.#counters.set(name, counter);
    }
    moveTo(counter, minute);
    return counter;
  }

  /** Forgets who has been quiet for two minutes, so that memory follows the callers of now. */
  #sweep(minute: number): void {
    this.#sweptMinute = minute;
    for (const [name, counter] of this.#counters)
      if (counter.minute < minute - 1) this.#counters.delete(name);
  }
}

function moveTo(counter: Counter, minute: number): void {
  if (counter.minute === minute) return;
  counter.previous = counter.minute === minute - 1 ? counter.current : 0;
  counter.current = 0;
  counter.minute = minute;
}
