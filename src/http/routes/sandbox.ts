import { Type } from 'typebox';
import { moveSandboxClock } from '../../operations/move-sandbox-clock.ts';
import { resetSandbox } from '../../operations/reset-sandbox.ts';
import type { Services } from '../../operations/services.ts';
import { callerOf } from '../authenticate.ts';
import type { App } from '../route.ts';
import { exactlyOneOf, Instant, Success } from '../schemas.ts';

const TAGS = ['Sandbox'];

const ClockBody = Type.Object(
  {
    advance: Type.Optional(
      Type.String({
        format: 'length-of-time',
        maxLength: 50,
        description: 'How far forward: weeks, days, hours, minutes, seconds, such as `30d` or `1d12h`.',
        examples: ['30d'],
      }),
    ),
    to: Type.Optional(
      Type.String({
        format: 'instant',
        maxLength: 50,
        description: 'The new present time, later than the old one, with an offset.',
        examples: ['2030-12-31T12:00:00Z'],
      }),
    ),
  },
  { ...exactlyOneOf('advance', 'to'), examples: [{ advance: '30d' }] },
);

const MovedClock = Type.Object({
  success: Type.Literal(true),
  now: Instant,
  advancedBy: Type.Number({
    description: 'Seconds that the clock is ahead of real time, by all moves together.',
    examples: [2_592_000],
  }),
});

/** Sandboxes are moved through time here, and emptied. */
export function addSandbox(app: App, services: Services): void {
  app.post(
    '/api/v1/sandbox/clock',
    {
      config: {
        policy: { access: 'key', scope: 'sandbox/clock', ledger: true },
        refusals: ['PUBLIC_SANDBOX_ONLY'],
      },
      schema: {
        tags: TAGS,
        summary: 'Move the clock of the sandbox',
        description:
          'Credit and holds fall due as if the time had passed, at most 10 years in all. Sessions and keys live in real time. The scope `sandbox/clock` must be named in the key.',
        body: ClockBody,
        response: { 200: MovedClock },
      },
    },
    (request) => {
      const { advance, to } = request.body;
      const move = advance === undefined ? { to: to ?? '' } : { advance };
      return moveSandboxClock(services, callerOf(request), move);
    },
  );

  app.post(
    '/api/v1/sandbox/reset',
    {
      config: {
        policy: { access: 'key', scope: 'sandbox/reset', ledger: true },
        refusals: ['PUBLIC_SANDBOX_ONLY'],
      },
      schema: {
        tags: TAGS,
        summary: 'Empty the sandbox',
        description:
          'Removes all credit, holds, orders, events and Idempotency-Keys, lifts limits and bans, and sets the clock back. Customers and sessions stay. The scope `sandbox/reset` must be named in the key.',
        body: Type.Object({
          confirm: Type.String({
            format: 'text',
            maxLength: 40,
            description: 'Short name of the organisation.',
            examples: ['corner-gym'],
          }),
        }),
        response: { 200: Success },
      },
    },
    (request) => resetSandbox(services, callerOf(request), request.body),
  );
}
