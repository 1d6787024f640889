import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Services } from '../../operations/services.ts';
import { Refusal } from '../../refusals.ts';
import { isFromThisMachine } from '../from-this-machine.ts';
import type { Metrics } from '../metrics.ts';
import { PUBLIC } from '../policy.ts';
import type { App } from '../route.ts';

const TAGS = ['Service'];
const Healthy = Type.Object({ status: Type.Literal('ok') });

/** A database that takes longer than this cannot serve requests either. */
const READY_WITHIN_MS = 2_000;

/** What a monitor, an orchestrator and Prometheus ask. */
export function addHealth(
  app: App,
  services: Services,
  metrics: Metrics,
  metricsToken: string | undefined,
): void {
  app.get(
    '/health/live',
    {
      exposeHeadRoute: true,
      config: { policy: PUBLIC },
      schema: {
        tags: TAGS,
        summary: 'Is the process alive?',
        description: 'Answers as long as the process runs.',
        response: { 200: Healthy },
      },
    },
    () => ({ status: 'ok' as const }),
  );

  app.get(
    '/health/ready',
    {
      exposeHeadRoute: true,
      config: { policy: PUBLIC, refusals: ['INTERNAL_OVERLOADED'] },
      schema: {
        tags: TAGS,
        summary: 'Can requests be served?',
        description: 'Asks the database; 503 when it does not answer within two seconds.',
        response: { 200: Healthy },
      },
    },
    async () => {
      await databaseAnswers(services);
      return { status: 'ok' as const };
    },
  );

  app.get(
    '/metrics',
    { config: { policy: { access: 'operator' } }, schema: { hide: true } },
    async (request, reply) => {
      // Whoever may not read them learns not even that they are here.
      if (!mayReadMetrics(request, metricsToken)) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  );
}

async function databaseAnswers(services: Services): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' })),
      READY_WITHIN_MS,
    );
  });
  try {
    const asked = services.database.pool.query('SELECT 1');
    // When time is up first, its late failure is nobody's concern any more.
    asked.catch(() => undefined);
    await Promise.race([asked, tooLate]);
  } catch {
    throw new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
  } finally {
    clearTimeout(timer);
  }
}

function mayReadMetrics(request: FastifyRequest, metricsToken: string | undefined): boolean {
  const sent = /^bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (metricsToken !== undefined && sent !== undefined && isSame(sent.trim(), metricsToken)) return true;
  return isFromThisMachine(request);
}

/** Compares in a time that tells nothing; hashes have one length. */
function isSame(sent: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(expected));
}
