import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { randomAlphanumerics } from '../ids.ts';
import type { ApiKeyDirectory } from '../operations/api-key-directory.ts';
import type { Services } from '../operations/services.ts';
import type { Sweeper } from '../operations/sweep-due.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { createErrorHandler } from './answer-error.ts';
import { createAuthentication, createLedgerChoice } from './authenticate.ts';
import { answerMalformedHttp } from './malformed-http.ts';
import { dropNulls, readQuery, refuseIdempotencyKey, requireBody } from './members.ts';
import { createMetrics } from './metrics.ts';
import { addOpenApi } from './openapi.ts';
import { InvalidJson, parseJsonObject } from './parse-json.ts';
import { policyOf } from './policy.ts';
import { BODY_LIMIT, guardRequest } from './request-guard.ts';
import { createRequestLog, noteAnswers } from './request-log.ts';
import type { App } from './route.ts';
import { addAdminContact } from './routes/admin-contact.ts';
import { addAdminCredit } from './routes/admin-credit.ts';
import { addCustomerBatch } from './routes/customer-batch.ts';
import { addCustomerCredit } from './routes/customer-credit.ts';
import { addCustomerHold } from './routes/customer-hold.ts';
import { addCustomerInsight } from './routes/customer-insight.ts';
import { addCustomerLogin } from './routes/customer-login.ts';
import { addCustomerPages } from './routes/customer-pages.ts';
import { addCustomerProfile } from './routes/customer-profile.ts';
import { addCustomerRefund } from './routes/customer-refund.ts';
import { addCustomerSession } from './routes/customer-session.ts';
import { addCustomerSessions } from './routes/customer-sessions.ts';
import { addHealth } from './routes/health.ts';
import { addIpLookup } from './routes/ip.ts';
import { addMailbox } from './routes/mailbox.ts';
import { addOrderPage } from './routes/order-page.ts';
import { addPages } from './routes/pages.ts';
import { addPing } from './routes/ping.ts';
import { addSandbox } from './routes/sandbox.ts';
import { addShopOrder } from './routes/shop-order.ts';
import { addServiceMetrics } from './service-metrics.ts';
import { countInRedis, countLocally } from './shared-rate.ts';
import { addSchemaWords } from './validator.ts';

/** What the HTTP server is made of. */
export interface AppOptions {
  readonly services: Services;
  readonly directory: ApiKeyDirectory;
  readonly config: Config;
  readonly log: Logger;
  /** Whether this is the throw-away demo, which knows the documentation's sample key. */
  readonly demo: boolean;
  /** Whose lag the metrics show. */
  readonly sweeper?: Pick<Sweeper, 'lagMs'>;
  /** Routes of the benchmark, under the same checks as every other one. Production gives none. */
  readonly extraRoutes?: (app: App) => void;
}

const VERSION = '0.1.0';
const MAX_HEADER_BYTES = 16 * 1024;

/** Builds the server; the caller listens, and closes it before what it was given. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, directory, config, log, demo } = options;
  const metrics = createMetrics();
  addServiceMetrics(metrics.registry, services, options.sweeper);
  const app = createServer(config);
  const allowed = new AllowedMethods();
  const requests = createRequestLog(metrics, log, config.slowRequestMs);
  const rates = config.redisUrl === undefined ? countLocally() : countInRedis(config.redisUrl, log);
  const authenticate = createAuthentication({
    directory,
    rates,
    limits: {
      PROD: config.prodRequestsPerMinute,
      DEV: config.devRequestsPerMinute,
      unknownKeys: config.unknownKeysPerMinute,
    },
    demo,
  });
  const chooseLedger = createLedgerChoice(directory);
  const lost = metrics.forRoute('none');

  app.decorate('policies', new Map());
  app.decorateRequest('startedAt', 0);
  app.decorateRequest('refusalCode', '');
  app.decorateRequest('apiKey', null);
  app.decorateRequest('caller', null);
  app.setErrorHandler(createErrorHandler(log));
  app.addHook('onClose', () => rates.close());

  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now();
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    reply.header('referrer-policy', 'no-referrer');
    try {
      guardRequest(request, reply, allowed);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) requests.note(lost, request, reply.statusCode);
    done();
  });
  // Every route is told here who may call it and how its members are read; one without a policy ends the build.
  app.addHook('onRoute', (route) => {
    const policy = policyOf(route);
    const name = `${String(route.method)} ${route.url}`;
    app.policies.set(name, policy);
    allowed.add(route);
    const stats = metrics.forRoute(name);
    route.onSend = [noteAnswers(requests, stats)];
    if (policy.access !== 'key') return;
    const { body, querystring } = route.schema ?? {};
    route.preValidation = [
      ...(takesBody(route) ? [requireBody] : []),
      ...(route.config?.takesIdempotencyKey === 'in-members' ? [refuseIdempotencyKey] : []),
      authenticate(policy),
      ...(body ? [dropNulls(body)] : []),
      ...(querystring ? [readQuery(querystring)] : []),
    ];
    route.preHandler = [chooseLedger];
  });

  await addOpenApi(app, { baseUrl: config.baseUrl, version: VERSION });
  addCustomerCredit(app, services);
  addCustomerBatch(app, services);
  addCustomerHold(app, services);
  addCustomerRefund(app, services);
  addCustomerInsight(app, services);
  addCustomerSession(app, services);
  addCustomerSessions(app, services);
  addCustomerProfile(app, services);
  addCustomerLogin(app, services);
  addShopOrder(app, services);
  addSandbox(app, services);
  addAdminCredit(app, services);
  addAdminContact(app, services);
  addIpLookup(app, services);
  addPing(app);
  addHealth(app, services, metrics, config.metricsToken);
  addPages(app, { baseUrl: config.baseUrl, demo });
  addMailbox(app, services);
  await addOrderPage(app, services);
  await addCustomerPages(app, services, log);
  options.extraRoutes?.(app);
  await app.ready();
  return app as unknown as FastifyInstance;
}

function createServer(config: Config): App {
  const nextRequestId = requestIds();
  const app: App = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    // While stopping, requests on open connections are still served: what was begun is finished.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    genReqId: nextRequestId,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: config.headersTimeoutMs,
      connectionsCheckingInterval: 1_000,
      // A missing Host is refused by request-guard.ts, in the published shape.
      requireHostHeader: false,
      joinDuplicateHeaders: false,
    },
    clientErrorHandler: (error, socket) => answerMalformedHttp(error, socket, nextRequestId()),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      createErrorHandler(app.log as unknown as Logger)(error, request, reply);
    },
    ajv: {
      customOptions: {
        allErrors: true,
        verbose: true,
        coerceTypes: false,
        useDefaults: false,
        removeAdditional: false,
        allowUnionTypes: true,
      },
      onCreate: addSchemaWords,
    },
  }).withTypeProvider();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    try {
      done(null, parseJsonObject(bytes as Buffer));
    } catch (error) {
      done(error instanceof Error ? error : new InvalidJson(String(error)));
    }
  });
  app.server.on('connect', (_request, socket) =>
    answerMalformedHttp({ code: 'CONNECT' }, socket, nextRequestId()),
  );
  // An expectation that we do not know may be ignored (RFC 9110, 10.1.1); Node alone would answer without a body.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
  return app;
}

function takesBody(route: RouteOptions): boolean {
  return route.method === 'POST';
}

/** Cheap and unique enough to find one line in many logs: a random beginning for the process, and a counter. */
function requestIds(): () => string {
  const beginning = randomAlphanumerics(8);
  let count = 0;
  return () => `${beginning}-${(++count).toString(36)}`;
}
