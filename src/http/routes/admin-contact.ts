import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { blockContact } from '../../operations/change-account.ts';
import { createCustomer } from '../../operations/create-customer.ts';
import { endSessionsOfCustomer } from '../../operations/end-sessions.ts';
import { eraseCustomer } from '../../operations/erase-customer.ts';
import { exportCustomer } from '../../operations/export-customer.ts';
import { listContacts, ORDER_BY } from '../../operations/list-contacts.ts';
import { listSessionsOf } from '../../operations/list-sessions.ts';
import type { Services } from '../../operations/services.ts';
import { updateContact } from '../../operations/update-contact.ts';
import { callerOf } from '../authenticate.ts';
import {
  Contact,
  ContactSessionList,
  GroupNames,
  ProfileMembers,
  SessionId,
  SessionsEnded,
} from '../customer-schemas.ts';
import type { KeyPolicy } from '../policy.ts';
import type { App } from '../route.ts';
import { atLeastOneOf, CuRefNo, Email, list, Success, text } from '../schemas.ts';

const TAGS = ['Admin'];

/** Only ROOT keys may, until operators sign in. */
const OPERATORS: KeyPolicy = { access: 'key', scope: null, ledger: true };

const Id = Type.String({ ...CuRefNo, description: 'The cuRefNo of the customer.' });
const Reason = text(2_000, 'Why; kept with the account.', 'Asked by e-mail');
const flag = (description: string) => Type.Optional(Type.Boolean({ description, examples: [true] }));
const day = (description: string) =>
  Type.Optional(Type.String({ format: 'date-or-instant', description, examples: ['2026-01-31'] }));

const ListQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000, description: '50 unless given.', examples: [50] }),
  ),
  page: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: '1 is the first.', examples: [1] }),
  ),
  filterFulltextQuery: Type.Optional(
    text(
      200,
      'Words that must all be in the names, the e-mail address, the phone number or the cuRefNo.',
      'gym',
    ),
  ),
  orderBy: Type.Optional(
    Type.String({
      pattern: ORDER_BY.source,
      description:
        'credit, email, firstName, lastName, companyName or insertedDate, then `:asc` or `:desc`. The newest first unless given.',
      examples: ['credit:desc'],
    }),
  ),
  isBanned: flag('Only those who are banned, or who are not.'),
  isPremium: flag('Only those who are premium, or who are not.'),
  isRegistered: flag('Only those who have a password, or who have none.'),
  hasCredit: flag('Only those with a balance above 0, or without.'),
  registeredFrom: day('First day, or instant, on which they became customers.'),
  registeredTo: day('Last day, or instant, on which they became customers.'),
});

const UpdateBody = Type.Object(
  {
    id: Id,
    managedBy: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        pattern: '^[A-Za-z0-9]{16}$',
        description: 'The cuRefNo of the customer who may see the detail of this one; null for nobody.',
        examples: ['pX2vT9cQe4LmZ7aB'],
      }),
    ),
    premium: flag('Whether the customer is premium.'),
    groups: Type.Optional(GroupNames),
    meta: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Anything of yours, at most 16 KiB; it replaces what was there.',
        examples: [{ plan: 'gold' }],
      }),
    ),
  },
  atLeastOneOf('managedBy', 'premium', 'groups', 'meta'),
);

/** Customers as operators find, make, mark, ban, erase and export them. */
export function addAdminContact(app: App, services: Services): void {
  app.get(
    '/bff/contact/list',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'List contacts',
        description: 'Customers of the ledger, without those that were erased.',
        querystring: ListQuery,
        response: {
          200: Type.Object({
            items: list(Contact),
            itemCount: Type.Integer({ description: 'Of all pages.', examples: [42] }),
          }),
        },
      },
    },
    (request) => listContacts(services, callerOf(request), request.query),
  );

  app.post(
    '/bff/contact/create',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'Create a contact',
        description: 'Creates the customer of an e-mail address, or finds the one that is there, unchanged.',
        body: Type.Object({ email: Email, ...ProfileMembers, referralId: Type.Optional(CuRefNo) }),
        response: {
          200: Type.Object({
            success: Type.Literal(true),
            id: Id,
            email: Type.String({ examples: ['customer@example.com'] }),
            isNew: Type.Boolean(),
          }),
        },
      },
    },
    async (request) => {
      const { cuRefNo: id, email, isNew } = await createCustomer(services, callerOf(request), request.body);
      return { success: true as const, id, email, isNew };
    },
  );

  app.post(
    '/bff/contact/update',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'Update what operators set',
        description: 'Sets the members that are named; the others stay as they are.',
        body: UpdateBody,
        response: { 200: Success },
      },
    },
    (request) => {
      const { id, ...change } = request.body;
      return updateContact(services, callerOf(request), { customer: { cuRefNo: id }, ...change });
    },
  );

  app.post(
    '/bff/contact/block-contact',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'Ban a contact, or lift the ban',
        description: 'Without `blocked` it bans who is not banned, and lifts the ban of who is.',
        body: Type.Object({
          id: Id,
          reason: Type.Optional(Reason),
          blocked: flag('true bans, false lifts the ban.'),
        }),
        response: {
          200: Type.Object({
            success: Type.Literal(true),
            blocked: Type.Boolean({ description: 'Whether the customer is banned now.' }),
          }),
        },
      },
    },
    (request) => {
      const { id, reason, blocked } = request.body;
      const change = { customer: { cuRefNo: id }, reason, banned: blocked };
      return blockContact(services, callerOf(request), change);
    },
  );

  addErasure(app, services);
  addContactSessions(app, services);
}

function addErasure(app: App, services: Services): void {
  app.post(
    '/bff/contact/delete',
    {
      config: {
        policy: OPERATORS,
        refusals: ['PUBLIC_CUSTOMER_HAS_CREDIT', 'PUBLIC_OUTCOME_IS_UNKNOWN'],
      },
      schema: {
        tags: TAGS,
        summary: 'Erase a contact',
        description:
          'Erases all personal data of a customer for good. The account stays, banned, with its entries but without their descriptions and addresses. Refused while there is balance, debt or a hold, unless `writeOff` is true.',
        body: Type.Object({
          id: Id,
          reason: Type.Optional(Reason),
          writeOff: flag('true: holds are released, a balance or a debt is taken away. Needs a reason.'),
        }),
        response: { 200: Success },
      },
    },
    (request) => {
      const { id, reason, writeOff } = request.body;
      return eraseCustomer(services, callerOf(request), { customer: { cuRefNo: id }, reason, writeOff });
    },
  );

  app.get(
    '/bff/contact/export',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'Export a contact',
        description:
          'All that is kept of a customer as one JSON object, without what would let anybody log in.',
        querystring: Type.Object({ id: Id }),
        response: {
          200: Type.Object(
            {
              exportedAt: Type.String({ format: 'date-time' }),
              customer: Type.Record(Type.String(), Type.Unknown()),
              entries: list(Type.Record(Type.String(), Type.Unknown()), 'The credit log, newest first.'),
            },
            { additionalProperties: true },
          ),
        },
      },
    },
    async (request, reply) => {
      const pieces = await exportCustomer(services, callerOf(request), { cuRefNo: request.query.id });
      reply.header('content-type', 'application/json; charset=utf-8');
      // The pieces are the answer that the schema describes; as a stream they are never held whole.
      return reply.send(Readable.from(pieces) as never);
    },
  );
}

function addContactSessions(app: App, services: Services): void {
  app.get(
    '/bff/contact/session/list',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'List the sessions of a contact',
        description: 'Where a customer is logged in.',
        querystring: Type.Object({ id: Id }),
        response: { 200: ContactSessionList },
      },
    },
    (request) => listSessionsOf(services, callerOf(request), { cuRefNo: request.query.id }),
  );

  app.post(
    '/bff/contact/invalidate-sessions',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'End sessions of a contact',
        description: 'Ends one session of a customer, or all of them, at once and on every process.',
        body: Type.Object({ id: Id, sessionId: Type.Optional(SessionId) }),
        response: { 200: SessionsEnded },
      },
    },
    (request) => {
      const { id, sessionId } = request.body;
      const customer = { cuRefNo: id };
      return endSessionsOfCustomer(services, callerOf(request), { customer, sessionId });
    },
  );
}
