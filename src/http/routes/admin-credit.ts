import { Type } from 'typebox';
import { setLimits } from '../../operations/change-account.ts';
import { listContactCredit } from '../../operations/list-contact-credit.ts';
import { listEvents } from '../../operations/list-events.ts';
import type { Services } from '../../operations/services.ts';
import { callerOf } from '../authenticate.ts';
import { maybeMicroOf, microOf } from '../decode-members.ts';
import { CustomerRealIpKept, IpContextKept } from '../ip-schemas.ts';
import type { KeyPolicy } from '../policy.ts';
import { type App, answerDecided } from '../route.ts';
import { atLeastOneOf, CreditLogItem, Credits, CuRefNo, Instant, list, Success, text } from '../schemas.ts';

const TAGS = ['Admin'];

/** Only ROOT keys may, until operators sign in. */
const OPERATORS: KeyPolicy = { access: 'key', scope: null, ledger: true };

const LARGEST = 1_000_000_000;

function limit(description: string, example: number) {
  return Type.Optional(
    Type.Number({ format: 'credits', minimum: 0, maximum: LARGEST, description, examples: [example] }),
  );
}

const LimitsBody = Type.Object(
  {
    customerId: CuRefNo,
    debtLimit: limit('Credits of debt allowed; 0 for none.', 50),
    monthlySoftLimit: limit('Use of a month above which an event is written; 0 for none.', 800),
    monthlyHardLimit: limit('Use of a month that nothing goes beyond; 0 for none.', 1000),
    lowBalance: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['number', 'null'],
        format: 'credits',
        minimum: -LARGEST,
        maximum: LARGEST,
        description: 'Balance below which an event is written; null for none.',
        examples: [20],
      }),
    ),
    reason: Type.Optional(text(2_000, 'Kept with the change.', 'Agreed by phone')),
  },
  atLeastOneOf('debtLimit', 'monthlySoftLimit', 'monthlyHardLimit', 'lowBalance'),
);

const EventPage = Type.Object({
  items: list(
    Type.Object({
      id: Type.String({ examples: ['1042'] }),
      kind: Type.String({
        description: 'soft-limit, low-balance, credit-expiring or debt-begun.',
        examples: ['low-balance'],
      }),
      customerId: CuRefNo,
      at: Instant,
      details: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String()]), {
        description:
          'Figures of the crossing, by kind. Of credit-expiring: `transactionId` of the entry that brought the credit, `amount`, `expiresAt`.',
        examples: [{ balance: 12, lowBalance: 20 }],
      }),
    }),
    'Newest first.',
  ),
  nextCursor: Type.Optional(Type.String({ description: 'Names the next page; absent on the last.' })),
});

const ContactCredit = Type.Object({
  credit: Credits('Balance, less debt.', 3300),
  creditMoney: Credits('The same in money.', 3000),
  currency: Type.String({ examples: ['CZK'] }),
  items: list(
    Type.Object({
      ...CreditLogItem.properties,
      customerRealIp: CustomerRealIpKept,
      ipContext: IpContextKept,
    }),
    'Newest first.',
  ),
  itemCount: Type.Integer({ description: 'Of the whole history.', examples: [42] }),
});

/** What operators set and hear of. */
export function addAdminCredit(app: App, services: Services): void {
  app.get(
    '/bff/contact-credit/list',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'List credit of a customer',
        description:
          'All entries of a customer, as its credit-log shows them, with the addresses they came from.',
        querystring: Type.Object({
          customerId: CuRefNo,
          limit: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 10_000,
              description: 'Entries at most; 10,000 unless given.',
              examples: [100],
            }),
          ),
        }),
        response: { 200: ContactCredit },
      },
    },
    (request) => {
      const { customerId, limit: most } = request.query;
      return listContactCredit(services, callerOf(request), { cuRefNo: customerId, limit: most });
    },
  );

  app.post(
    '/bff/contact-credit/limits',
    {
      config: { policy: OPERATORS, refusals: ['PUBLIC_CREDIT_TOO_LARGE'] },
      schema: {
        tags: TAGS,
        summary: 'Set limits of a customer',
        description: 'Sets the limits that are named; the others stay as they are.',
        body: LimitsBody,
        response: { 200: Success },
      },
    },
    (request, reply) => {
      const { customerId, debtLimit, monthlySoftLimit, monthlyHardLimit, lowBalance, reason } = request.body;
      const limits = {
        customer: { cuRefNo: customerId },
        debtLimit: maybeMicroOf(debtLimit),
        monthlySoftLimit: maybeMicroOf(monthlySoftLimit),
        monthlyHardLimit: maybeMicroOf(monthlyHardLimit),
        lowBalance: typeof lowBalance === 'number' ? microOf(lowBalance) : lowBalance,
        reason,
      };
      answerDecided(request, reply, setLimits(services, callerOf(request), limits, request.id));
    },
  );

  app.get(
    '/bff/event/list',
    {
      config: { policy: OPERATORS },
      schema: {
        tags: TAGS,
        summary: 'List events',
        description:
          'What an operator may want to hear of, once per crossing: soft limits, low balances, credit that expires within 7 days, debt begun. Kept for 90 days.',
        querystring: Type.Object({
          limit: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1_000,
              description: 'Events a page; 100 unless given.',
              examples: [100],
            }),
          ),
          cursor: Type.Optional(
            Type.String({ pattern: '^[0-9]{1,15}$', description: 'nextCursor of the page before.' }),
          ),
        }),
        response: { 200: EventPage },
      },
    },
    (request) => listEvents(services, callerOf(request), request.query),
  );
}
