import { Counter, Gauge, type Registry } from 'prom-client';
import { keysEndingSoon } from '../operations/list-keys.ts';
import type { Services } from '../operations/services.ts';
import type { Sweeper } from '../operations/sweep-due.ts';

/** Metrics are read every few seconds; the keys' ends change by the day. */
const LOOK_AT_KEYS_EVERY_MS = 60_000;

/** Shows what the parts behind the routes know of themselves; figures are read when somebody asks. */
export function addServiceMetrics(
  registry: Registry,
  services: Services,
  sweeper: Pick<Sweeper, 'lagMs'> | undefined,
): void {
  const { writer, database } = services;
  const registers = [registry];
  new Gauge({
    name: 'purser_writer_waiting_commands',
    help: 'Commands that wait for the next batch of the writer.',
    registers,
    collect() {
      this.set(writer.figures.waiting);
    },
  });
  addTotal(registry, 'purser_writer_batches_total', 'Batches committed.', () => writer.figures.batches);
  addTotal(registry, 'purser_writer_commands_total', 'Commands committed.', () => writer.figures.jobs);
  new Gauge({
    name: 'purser_database_connections',
    help: 'Connections of the pool for reads and the directory, by state; waiting is requests without one.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      const { totalCount, idleCount, waitingCount } = database.pool;
      this.set({ state: 'busy' }, totalCount - idleCount);
      this.set({ state: 'idle' }, idleCount);
      this.set({ state: 'waiting' }, waitingCount);
    },
  });
  if (sweeper !== undefined)
    new Gauge({
      name: 'purser_due_lag_seconds',
      help: 'How long the longest overdue credit has waited to be booked.',
      registers,
      collect() {
        this.set(sweeper.lagMs / 1000);
      },
    });
  addJobFigures(registry, services);
  addKeyEnds(registry, services);
}

function addJobFigures(registry: Registry, { mails, jobs }: Pick<Services, 'mails' | 'jobs'>): void {
  new Counter({
    name: 'purser_mails_total',
    help: 'What became of mails: sent, failed_attempt, given_up, kept (no SMTP server is set).',
    labelNames: ['outcome'] as const,
    registers: [registry],
    collect() {
      const { sent, failedAttempts, givenUp, kept } = mails.figures;
      this.reset();
      this.inc({ outcome: 'sent' }, sent);
      this.inc({ outcome: 'failed_attempt' }, failedAttempts);
      this.inc({ outcome: 'given_up' }, givenUp);
      this.inc({ outcome: 'kept' }, kept);
    },
  });
  addTotal(
    registry,
    'purser_jobs_given_up_total',
    'Jobs that failed for the last time; mails are counted apart.',
    () => jobs.figures.givenUp,
  );
}

function addTotal(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** The look at the keys does not hold a scrape up: it shows what the last look found. */
function addKeyEnds(registry: Registry, services: Services): void {
  let keys: Awaited<ReturnType<typeof keysEndingSoon>> = [];
  let lookedAt = 0;
  const look = async () => {
    lookedAt = Date.now();
    keys = await keysEndingSoon(services);
  };
  new Gauge({
    name: 'purser_api_key_ends_at_seconds',
    help: 'Unix time at which an API key ends; only keys that end within 14 days.',
    labelNames: ['api_key_id', 'kind', 'organisation'] as const,
    registers: [registry],
    collect() {
      if (Date.now() - lookedAt > LOOK_AT_KEYS_EVERY_MS)
        look().catch((error: unknown) => services.log.debug({ err: error }, 'keys were not looked at'));
      this.reset();
      for (const { apiKeyId, kind, organisationSlug, expiresAt } of keys)
        this.set(
          { api_key_id: apiKeyId, kind, organisation: organisationSlug ?? '' },
          expiresAt.getTime() / 1000,
        );
    },
  });
}
