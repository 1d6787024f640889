import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What one route reports: its answers by status. */
export interface RouteMetrics {
  readonly route: string;
  observe(status: number, seconds: number): void;
}

/** Everything that /metrics shows. Further parts of Purser register theirs in the same registry. */
export interface Metrics {
  readonly registry: Registry;
  forRoute(route: string): RouteMetrics;
  countRefusal(code: string): void;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes a registry of its own for each app, so that several can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'purser_http_request_seconds',
    help: 'Time from the first byte of a request to its answer, by route and status.',
    labelNames: ['route', 'status'] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'purser_refusals_total',
    help: 'Refusals by code; those of replayed answers are not told apart.',
    labelNames: ['code'] as const,
    registers: [registry],
  });
  return {
    registry,
    forRoute(route) {
      // The labels are looked up once a route and status, not once a request.
      const children = new Map<number, { observe(seconds: number): void }>();
      return {
        route,
        observe(status, seconds) {
          let child = children.get(status);
          if (child === undefined) {
            child = requests.labels(route, String(status));
            children.set(status, child);
          }
          child.observe(seconds);
        },
      };
    },
    countRefusal: (code) => refusals.labels(code).inc(),
  };
}
