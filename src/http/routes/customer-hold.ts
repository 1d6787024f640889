import { Type } from 'typebox';
import { captureHold } from '../../operations/capture-hold.ts';
import { extendHold } from '../../operations/extend-hold.ts';
import { DEFAULT_HOLD_SECONDS, holdCredit, LONGEST_HOLD_SECONDS } from '../../operations/hold-credit.ts';
import { releaseHold } from '../../operations/release-hold.ts';
import type { Services } from '../../operations/services.ts';
import { callerOf } from '../authenticate.ts';
import { ipOf, maybeMicroOf, microOf, spenderOf } from '../decode-members.ts';
import { type App, answerDecided, contextOf } from '../route.ts';
import {
  amount,
  atLeastOneOf,
  Captured,
  CustomerRealIp,
  Description,
  exactlyOneOf,
  Held,
  HoldId,
  Released,
  SpenderMembers,
} from '../schemas.ts';

const TAGS = ['Holds'];

function seconds(description: string) {
  return Type.Integer({ minimum: 1, maximum: LONGEST_HOLD_SECONDS, description, examples: [3600] });
}

const HoldBody = Type.Object(
  {
    ...SpenderMembers,
    amount: amount('Credits to set aside, greater than 0.', 100),
    expiresIn: Type.Optional(
      seconds(`Seconds until it ends by itself; ${DEFAULT_HOLD_SECONDS} unless given, at most a week.`),
    ),
    description: Type.Optional(Description),
    customerRealIp: Type.Optional(CustomerRealIp),
  },
  {
    ...exactlyOneOf('identityId', 'cuRefNo'),
    examples: [{ identityId: 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg', amount: 100, expiresIn: 3600 }],
  },
);

const ExtendBody = Type.Object(
  {
    holdId: HoldId,
    addAmount: Type.Optional(amount('Credits to set aside in addition, greater than 0.', 50)),
    expiresIn: Type.Optional(
      seconds('Seconds from now until it ends; never sooner than before, at most a week from its creation.'),
    ),
  },
  atLeastOneOf('addAmount', 'expiresIn'),
);

const CaptureBody = Type.Object({
  holdId: HoldId,
  amount: Type.Number({
    format: 'credits',
    minimum: 0,
    maximum: 1_000_000_000,
    description:
      'Credits to take. 0 takes nothing and ends the hold. At most 6 decimal places, never rounded.',
    examples: [40],
  }),
  final: Type.Optional(
    Type.Boolean({
      description: 'Whether the job is done and the hold ends; true unless given. false while it runs.',
      examples: [true],
    }),
  ),
  description: Type.Optional(Description),
});

const TAKING = [
  'PUBLIC_CUSTOMER_IS_BANNED',
  'PUBLIC_CREDIT_TOO_LARGE',
  'PUBLIC_CREDIT_LIMIT_REACHED',
  'PUBLIC_CREDIT_IS_NOT_SUFFICIENT',
] as const;

/** Credit is set aside here for jobs whose cost is known only at their end. */
export function addCustomerHold(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/credit-hold',
    {
      config: {
        policy: { access: 'key', scope: 'credit-hold', ledger: true, anyCustomer: true },
        takesIdempotencyKey: true,
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED', ...TAKING],
      },
      schema: {
        tags: TAGS,
        summary: 'Set credit aside',
        description: 'Reserves credit for a job that is running, so that nothing else can spend it.',
        body: HoldBody,
        response: { 200: Held },
      },
    },
    (request, reply) => {
      const { amount: credits, expiresIn, description, customerRealIp } = request.body;
      const hold = {
        ...spenderOf(request.body),
        amount: microOf(credits),
        expiresIn,
        description,
        customerRealIp: ipOf(customerRealIp),
      };
      answerDecided(request, reply, holdCredit(services, callerOf(request), hold, contextOf(request)));
    },
  );

  app.post(
    '/api/v1/customer/credit-extend',
    {
      config: {
        policy: { access: 'key', scope: 'credit-extend', ledger: true },
        takesIdempotencyKey: true,
        refusals: ['PUBLIC_CREDIT_HOLD_HAS_ENDED', ...TAKING],
      },
      schema: {
        tags: TAGS,
        summary: 'Extend a hold',
        description: 'Lets a hold reserve more, last longer, or both.',
        body: ExtendBody,
        response: { 200: Held },
      },
    },
    (request, reply) => {
      const { holdId, addAmount, expiresIn } = request.body;
      const extension = { holdId, addAmount: maybeMicroOf(addAmount), expiresIn };
      answerDecided(request, reply, extendHold(services, callerOf(request), extension, contextOf(request)));
    },
  );

  addEnds(app, services);
}

/** What ends a hold, or may. */
function addEnds(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/credit-capture',
    {
      config: {
        policy: { access: 'key', scope: 'credit-capture', ledger: true },
        takesIdempotencyKey: true,
        refusals: ['PUBLIC_CREDIT_HOLD_HAS_ENDED', ...TAKING],
      },
      schema: {
        tags: TAGS,
        summary: 'Capture a hold',
        description:
          'Takes what the job has cost. Within what the hold reserves it never fails; what lies beyond is judged like a spend.',
        body: CaptureBody,
        response: { 200: Captured },
      },
    },
    (request, reply) => {
      const { holdId, amount: credits, final, description } = request.body;
      const capture = { holdId, amount: microOf(credits), final, description };
      answerDecided(request, reply, captureHold(services, callerOf(request), capture, contextOf(request)));
    },
  );

  app.post(
    '/api/v1/customer/credit-release',
    {
      config: {
        policy: { access: 'key', scope: 'credit-release', ledger: true },
        takesIdempotencyKey: true,
        refusals: ['PUBLIC_CREDIT_HOLD_HAS_ENDED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Release a hold',
        description: 'Ends a hold and takes nothing.',
        body: Type.Object({ holdId: HoldId }),
        response: { 200: Released },
      },
    },
    (request, reply) =>
      answerDecided(
        request,
        reply,
        releaseHold(services, callerOf(request), request.body, contextOf(request)),
      ),
  );
}
