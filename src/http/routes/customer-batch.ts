import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { DecidedAnswer, Services } from '../../operations/services.ts';
import { type BatchMember, spendBatch } from '../../operations/spend-batch.ts';
import { REFUSALS, type Refusal, refusalBody, validationFailed } from '../../refusals.ts';
import { refusalOf } from '../answer-error.ts';
import { anyCustomerMissing, callerOf, mayNameAnyCustomer } from '../authenticate.ts';
import { ipOf, microOf, spenderOf } from '../decode-members.ts';
import { faultsOf } from '../faults.ts';
import { readIdempotencyKey } from '../idempotency-key.ts';
import { createDropNulls } from '../members.ts';
import { type App, answerDecided } from '../route.ts';
import { amount, CustomerRealIp, Description, exactlyOneOf, list, SpenderMembers } from '../schemas.ts';

const MAX_MEMBERS = 1_000;
const BODY_LIMIT = 512 * 1024;

const Member = Type.Object(
  {
    ...SpenderMembers,
    amount: amount('Credits to deduct, greater than 0.', 100),
    description: Type.Optional(Description),
    customerRealIp: Type.Optional(CustomerRealIp),
    idempotencyKey: Type.Optional(
      Type.String({
        format: 'idempotency-key',
        maxLength: 600,
        description: 'Idempotency-Key of this spend, the same as the header of `credit-spend`.',
        examples: ['job-4711'],
      }),
    ),
  },
  exactlyOneOf('identityId', 'cuRefNo'),
);

const Atomic = Type.Optional(
  Type.Boolean({
    description:
      'All or nothing, for the spends of one customer: where one is refused, the others are answered 409 `PUBLIC_CREDIT_BATCH_NOT_APPLIED`, which their keys repeat. The figures are those without the batch; `required` is what the refused spend and those before it ask for together. false unless given.',
    examples: [false],
  }),
);

/** What the request is validated by: the members are judged one by one, for each has its own answer. */
const Body = Type.Object({
  spends: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_MEMBERS }),
  atomic: Atomic,
});

/** What the reference shows. */
const DocumentedBody = Type.Object(
  {
    spends: Type.Array(Member, {
      minItems: 1,
      maxItems: MAX_MEMBERS,
      description: 'Up to 1,000 spends. Each counts for the rate limit.',
    }),
    atomic: Atomic,
  },
  {
    examples: [
      {
        spends: [
          { identityId: 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg', amount: 100, idempotencyKey: 'job-4711' },
          { identityId: 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg', amount: 20, idempotencyKey: 'job-4712' },
        ],
      },
    ],
  },
);

const Results = Type.Object({
  success: Type.Literal(true),
  results: list(
    Type.Object({
      status: Type.Integer({ description: 'What credit-spend would have answered.', examples: [200] }),
      body: Type.Object({}, { additionalProperties: true, description: 'The body of that answer.' }),
    }),
    'One for each spend, in their order.',
  ),
});

/** Many spends go through here at once. */
export function addCustomerBatch(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/credit-spend-batch',
    {
      bodyLimit: BODY_LIMIT,
      config: {
        policy: { access: 'key', scope: 'credit-spend-batch', ledger: true, countsAs: countMembers },
        takesIdempotencyKey: 'in-members',
        documentedBody: DocumentedBody,
      },
      schema: {
        tags: ['Credit'],
        summary: 'Spend credit many times at once',
        description:
          'Answers each spend as `credit-spend` would; what one is refused concerns no other, unless `atomic` says all or nothing. Give each its own `idempotencyKey`, and repeat the batch as it is when its answer was lost.',
        body: Body,
        response: { 200: Results },
      },
    },
    (request, reply) => answerDecided(request, reply, answerEach(services, request, request.body)),
  );
}

/** Each member counts as a request; a body that is no batch counts as one. */
function countMembers(body: unknown): number {
  const { spends } = body as { readonly spends?: unknown };
  return Array.isArray(spends) ? Math.min(MAX_MEMBERS, Math.max(1, spends.length)) : 1;
}

async function answerEach(
  services: Services,
  request: FastifyRequest,
  { spends, atomic = false }: Static<typeof Body>,
): Promise<DecidedAnswer> {
  const members = spends.map((spend) => decode(request, spend));
  const settled = await spendBatch(services, callerOf(request), { members, atomic }, request.id);
  const results = settled.map((outcome) => {
    const answer =
      outcome.status === 'fulfilled' ? outcome.value : answerOf(services, request, outcome.reason);
    return `{"status":${answer.status},"body":${answer.body}}`;
  });
  return { status: 200, body: `{"success":true,"results":[${results.join(',')}]}`, replayed: false };
}

/** @returns what credit-spend would have answered to what was thrown. */
function answerOf(services: Services, request: FastifyRequest, reason: unknown): DecidedAnswer {
  const { code, details } = refusalOf(reason, request);
  if (code === 'INTERNAL_ERROR') {
    services.log.error({ err: reason, requestId: request.id }, 'a member of a batch failed');
  }
  return { status: REFUSALS[code].status, body: refusalBody(code, request.id, details), replayed: false };
}

const dropNulls = createDropNulls(Member);

/** @returns what the member means, or the refusal that credit-spend would answer it with. */
function decode(request: FastifyRequest, spend: unknown): BatchMember | Refusal {
  if (isObject(spend)) {
    dropNulls(spend);
    const { cuRefNo } = spend;
    if (cuRefNo !== undefined && !(request.apiKey && mayNameAnyCustomer(request.apiKey))) {
      return anyCustomerMissing();
    }
  }
  const validate = request.compileValidationSchema(Member);
  const isMember = (value: unknown): value is Static<typeof Member> => validate(value) === true;
  if (!isMember(spend)) return validationFailed(faultsOf(validate.errors ?? []));
  return {
    ...spenderOf(spend),
    amount: microOf(spend.amount),
    description: spend.description,
    customerRealIp: ipOf(spend.customerRealIp),
    idempotencyKey: spend.idempotencyKey === undefined ? undefined : readIdempotencyKey(spend.idempotencyKey),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
