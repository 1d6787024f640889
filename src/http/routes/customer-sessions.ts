import { Type } from 'typebox';
import { endOwnSessions } from '../../operations/end-sessions.ts';
import { listOwnSessions } from '../../operations/list-sessions.ts';
import type { Services } from '../../operations/services.ts';
import { callerOf } from '../authenticate.ts';
import { SessionId, SessionList, SessionsEnded } from '../customer-schemas.ts';
import type { App } from '../route.ts';
import { exactlyOneOf, IdentityId } from '../schemas.ts';

const TAGS = ['Session'];

/** A customer's own sessions: where it is logged in, and an end to it. */
export function addCustomerSessions(app: App, services: Services): void {
  app.get(
    '/api/v1/customer/session/list',
    {
      config: {
        policy: { access: 'key', scope: 'session/list', ledger: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'List the sessions of a customer',
        description: 'Where the logged-in customer is logged in.',
        querystring: Type.Object({ identityId: IdentityId }),
        response: { 200: SessionList },
      },
    },
    (request) => listOwnSessions(services, callerOf(request), request.query),
  );

  app.post(
    '/api/v1/customer/session/end',
    {
      config: {
        policy: { access: 'key', scope: 'session/end', ledger: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'End sessions of a customer',
        description: 'Ends one session of the logged-in customer, or all, at once and on every process.',
        body: Type.Object(
          {
            identityId: IdentityId,
            sessionId: Type.Optional(SessionId),
            all: Type.Optional(Type.Boolean({ description: 'true: all of them.', examples: [true] })),
            exceptCurrent: Type.Optional(
              Type.Boolean({
                description: 'With `all`: the session that asks stays. false unless given.',
                examples: [true],
              }),
            ),
          },
          exactlyOneOf('sessionId', 'all'),
        ),
        response: { 200: SessionsEnded },
      },
    },
    (request) => endOwnSessions(services, callerOf(request), request.body),
  );
}
