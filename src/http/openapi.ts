import swagger from '@fastify/swagger';
import type { FastifySchema, RouteOptions } from 'fastify';
import { REFUSALS, type RefusalCode, type RefusalKind, refusalBody } from '../refusals.ts';
import { ATTRIBUTION_MARKDOWN } from './docs/attribution.ts';
import { PUBLIC } from './policy.ts';
import type { App } from './route.ts';

const KEY_CODES: readonly RefusalCode[] = [
  'PUBLIC_API_KEY_IS_EMPTY',
  'PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT',
  'PUBLIC_API_KEY_SAMPLE_VALUE',
  'PUBLIC_API_KEY_DOES_NOT_EXIST',
  'PUBLIC_API_KEY_IS_NOT_ACTIVE',
  'PUBLIC_API_KEY_HAS_BEEN_DELETED',
  'PUBLIC_API_KEY_HAS_BEEN_EXPIRED',
  'PUBLIC_API_KEY_TOO_MANY_REQUEST',
  'PUBLIC_API_KEY_SCOPE_NOT_ALLOWED',
];

/** @returns every refusal that a route can answer: what its policy and method imply, and what it names itself. */
export function refusalsOf(route: Pick<RouteOptions, 'method' | 'config' | 'schema'>): RefusalCode[] {
  const { policy, refusals = [], takesIdempotencyKey = false } = route.config ?? {};
  const codes = new Set<RefusalCode>(refusals);
  codes.add('INTERNAL_ERROR');
  codes.add('PUBLIC_REQUEST_IS_NOT_VALID_JSON');
  if (policy?.access === 'key') {
    for (const code of KEY_CODES) codes.add(code);
    codes.add('INTERNAL_RESOURCE_NOT_FOUND');
    codes.add('INTERNAL_VALIDATION_FAILED');
    // A key that this process does not know is looked up.
    codes.add('INTERNAL_OVERLOADED');
    // Whatever is written may be in doubt when the database goes away just then.
    if (policy.ledger && route.method !== 'GET') codes.add('PUBLIC_OUTCOME_IS_UNKNOWN');
  }
  codes.add('PUBLIC_BODY_TOO_LARGE');
  codes.add('PUBLIC_MEDIA_TYPE_NOT_SUPPORTED');
  if (takesIdempotencyKey === true) {
    codes.add('PUBLIC_IDEMPOTENCY_KEY_REUSED');
  }
  return (Object.keys(REFUSALS) as RefusalCode[]).filter((code) => codes.has(code));
}

const HEADERS = {
  ledger: {
    'X-Purser-Ledger': {
      type: 'string',
      description: 'Which ledger a ROOT key means: `<organisation>/live` or `<organisation>/sandbox`.',
    },
  },
  idempotencyKey: {
    'Idempotency-Key': {
      type: 'string',
      description:
        '1 to 255 visible characters. The same request again with the same key gets the first answer, and nothing happens twice.',
    },
  },
};

/** Gathers the OpenAPI document from the routes, and serves it. Comes before the routes are added. */
export async function addOpenApi(app: App, options: { baseUrl: string | undefined; version: string }) {
  await app.register(swagger, {
    hideUntagged: true,
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Purser',
        version: options.version,
        description:
          'Your customers’ prepaid credit: exact, durable, explained. Send your API key as `Authorization: Bearer`, as query parameter `apiKey` or as `apiKey` in the JSON body. Each error code has a page at `/errors/<CODE>`.',
      },
      servers: [{ url: options.baseUrl ?? '/', description: 'This server' }],
      tags: [
        { name: 'Credit', description: 'Spend, grant, give back and look up credit.' },
        { name: 'Holds', description: 'Set credit aside for a job whose cost is known only at its end.' },
        { name: 'Customer', description: 'Who customers are.' },
        { name: 'Session', description: 'Identities of logged-in customers.' },
        { name: 'Insight', description: 'Where credit went, goes and will go.' },
        { name: 'Orders', description: 'Top-ups that customers order in a shop.' },
        { name: 'Addresses', description: ATTRIBUTION_MARKDOWN },
        { name: 'Sandbox', description: 'A clock to test with, and a fresh start. Never for live data.' },
        { name: 'Admin', description: 'For operators, with a ROOT key.' },
        { name: 'Service', description: 'Check the key and the server.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Your API key.' },
          query: { type: 'apiKey', in: 'query', name: 'apiKey', description: 'Your API key.' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: describe(schema, route), url }),
  });
  let document: string | undefined;
  app.get(
    '/openapi.json',
    { config: { policy: PUBLIC }, schema: { hide: true }, exposeHeadRoute: true },
    (_request, reply) => {
      document ??= JSON.stringify(withoutEchoes(app.swagger()));
      return reply.type('application/json').header('cache-control', 'public, max-age=300').send(document);
    },
  );
}

/** What a body's schema says of itself is not said again of the body: the reference would show it twice. */
function withoutEchoes(document: unknown): unknown {
  const { paths } = document as {
    readonly paths: Readonly<Record<string, { post?: { requestBody?: { description?: string } } }>>;
  };
  for (const { post } of Object.values(paths)) delete post?.requestBody?.description;
  return document;
}

/** Adds to a route's own schema what every caller should know: headers, security, all refusals. */
function describe(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const { policy, takesIdempotencyKey, documentedBody } = route.config ?? {};
  const properties = {
    ...(takesIdempotencyKey === true ? HEADERS.idempotencyKey : {}),
    ...(policy?.access === 'key' ? HEADERS.ledger : {}),
  };
  return {
    ...schema,
    ...(documentedBody ? { body: documentedBody } : {}),
    operationId: operationIdOf(route.url),
    security: policy === PUBLIC ? [] : [{ bearer: [] }, { query: [] }],
    ...(Object.keys(properties).length > 0 ? { headers: { type: 'object', properties } } : {}),
    response: { ...successResponses(schema, route), ...refusalResponses(refusalsOf(route)) },
  };
}

/** A success that says nothing of itself would be shown as a "Default Response". */
function successResponses({ response }: FastifySchema, { method }: RouteOptions): Record<string, unknown> {
  const description = method === 'GET' ? 'What was asked for.' : 'Done.';
  return Object.fromEntries(
    Object.entries(response ?? {}).map(([status, schema]) => [status, { description, ...schema }]),
  );
}

/** /api/v1/customer/credit-spend becomes credit-spend. */
function operationIdOf(url: string): string {
  return url.replace(/^\/(api\/v1\/)?(customer\/)?/, '').replaceAll('/', '-');
}

function refusalResponses(codes: readonly RefusalCode[]): Record<string, unknown> {
  const byStatus = Map.groupBy(codes, (code) => REFUSALS[code].status);
  return Object.fromEntries([...byStatus].map(([status, group]) => [status, refusalResponse(group)]));
}

function refusalResponse(codes: readonly RefusalCode[]): Record<string, unknown> {
  const details: Record<string, unknown> = {};
  for (const code of codes) {
    const kind: RefusalKind = REFUSALS[code];
    for (const [name, sample] of Object.entries(kind.details ?? {})) details[name] = schemaOf(sample);
  }
  const text = { type: 'string' };
  const error = {
    type: 'object',
    required: ['code', 'message', 'description', 'requestId'],
    properties: {
      code: { type: 'string', enum: codes },
      message: text,
      description: text,
      requestId: text,
      ...details,
    },
  };
  const examples = codes.map((code) => {
    const kind: RefusalKind = REFUSALS[code];
    const body: unknown = JSON.parse(refusalBody(code, 'k3v9x2m1-7', kind.details));
    return [code, { summary: kind.message, value: body }];
  });
  return {
    description: codes.map((code) => `[${code}](/errors/${code})`).join(', '),
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['success', 'error'],
          properties: { success: { const: false }, error },
        },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

/** The schema of a sample value in the registry. */
function schemaOf(sample: unknown): Record<string, unknown> {
  if (Array.isArray(sample)) return { type: 'array', items: schemaOf(sample[0]) };
  if (typeof sample !== 'object' || sample === null) return { type: typeof sample };
  const properties = Object.entries(sample).map(([name, value]) => [name, schemaOf(value)]);
  return { type: 'object', required: Object.keys(sample), properties: Object.fromEntries(properties) };
}
