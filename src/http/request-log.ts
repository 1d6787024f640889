import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Metrics, RouteMetrics } from './metrics.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** performance.now() at its start. */
    startedAt: number;
    /** The code of the refusal that answers it, where one does. */
    refusalCode: string;
  }
}

/** Two log lines a request cost as much as half of all else: one in so many successes is enough. */
const SAMPLE_EVERY = 1_000;

/** A flood of refused requests must not become a flood of lines. */
const LINES_PER_SECOND = 50;

/** Notes how each request ended: always in the metrics, in the log when slow, failed or sampled. */
export interface RequestLog {
  note(stats: RouteMetrics, request: FastifyRequest, status: number): void;
}

/** @param slowMs requests that took longer are logged. Lines never hold an address's query, which has the key. */
export function createRequestLog(metrics: Metrics, log: Logger, slowMs: number): RequestLog {
  let served = 0;
  let second = 0;
  let linesInSecond = 0;
  let dropped = 0;

  const mayWrite = (now: number): boolean => {
    const thisSecond = Math.floor(now / 1000);
    if (thisSecond !== second) {
      if (dropped > 0) log.info({ dropped }, 'lines about further requests were left out');
      second = thisSecond;
      linesInSecond = 0;
      dropped = 0;
    }
    if (linesInSecond++ < LINES_PER_SECOND) return true;
    dropped++;
    return false;
  };

  return {
    note(stats, request, status) {
      const now = performance.now();
      const ms = now - request.startedAt;
      stats.observe(status, ms / 1000);
      const code = request.refusalCode;
      if (code !== '') metrics.countRefusal(code);
      served++;
      const why = status >= 400 ? 'refused' : ms > slowMs ? 'slow' : 'sampled';
      if (why === 'sampled' && served % SAMPLE_EVERY !== 0) return;
      if (!mayWrite(now)) return;
      const line = {
        requestId: request.id,
        route: stats.route,
        status,
        ms: Math.round(ms * 10) / 10,
        apiKeyId: request.apiKey?.apiKeyId,
        code: code || undefined,
      };
      log[status >= 500 ? 'warn' : 'info'](line, `request ${why}`);
    },
  };
}

/** @returns the hook of a route that hands its answers' status to the log. */
export function noteAnswers(requests: RequestLog, stats: RouteMetrics) {
  return (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void => {
    requests.note(stats, request, reply.statusCode);
    done();
  };
}
