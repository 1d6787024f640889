import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { judgeRate, RateCounters, type RateLimitState } from './rate-limit.ts';

/** Where requests of API keys are counted, as 1 unless `count` says more. `take` answers at once when it counts here. */
export interface KeyRates {
  take(apiKeyId: number, limit: number, count?: number): RateLimitState | Promise<RateLimitState>;
  close(): void;
}

/** Counts in this process alone. */
export function countLocally(): KeyRates {
  const counters = new RateCounters<number>();
  return {
    take: (apiKeyId, limit, count) => counters.take(apiKeyId, limit, Date.now(), count),
    close: () => undefined,
  };
}

// One round trip: reads both counters and adds the request if it passes, as judgeRate does. The time is that of
// the Redis server, so that processes whose clocks differ still share their minutes.
const TAKE = `
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local minute = math.floor(ms / 60000)
local name = KEYS[1] .. ':'
local current = tonumber(redis.call('GET', name .. minute) or '0')
local previous = tonumber(redis.call('GET', name .. (minute - 1)) or '0')
if current + previous * (1 - (ms % 60000) / 60000) + tonumber(ARGV[2]) <= tonumber(ARGV[1]) then
  redis.call('INCRBY', name .. minute, ARGV[2])
  redis.call('PEXPIRE', name .. minute, 180000)
end
return {current, previous, ms}`;

// A limiter that does not answer must not hold requests up: the count of this process serves until it does.
const ANSWER_WITHIN_MS = 100;

/** Counts together with every other process that names the same Redis or Valkey. */
export function countInRedis(redisUrl: string, log: Logger): KeyRates {
  const local = new RateCounters<number>();
  const redis = new Redis(redisUrl, {
    commandTimeout: ANSWER_WITHIN_MS,
    connectTimeout: 2_000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 200, 5_000),
  });
  let shared = true;
  const noteLoss = (error: unknown) => {
    if (shared) log.warn({ err: error }, 'Redis does not answer: rate limits count in this process alone');
    shared = false;
  };
  redis.on('error', noteLoss);

  const takeShared = async (apiKeyId: number, limit: number, count = 1): Promise<RateLimitState> => {
    try {
      const answer: unknown = await redis.eval(TAKE, 1, `{purser:rate:${apiKeyId}}`, limit, count);
      if (!shared) log.info('Redis answers again: rate limits are shared');
      shared = true;
      const [current, previous, nowMs] = threeNumbers(answer);
      return judgeRate(current, previous, limit, nowMs, count);
    } catch (error) {
      noteLoss(error);
      return local.take(apiKeyId, limit, Date.now(), count);
    }
  };
  return { take: takeShared, close: () => redis.disconnect() };
}

function threeNumbers(answer: unknown): [number, number, number] {
  const [current, previous, nowMs] = Array.isArray(answer) ? answer.map(Number) : [];
  if (current === undefined || previous === undefined || nowMs === undefined)
    throw new Error('Redis gave an unexpected answer');
  return [current, previous, nowMs];
}
