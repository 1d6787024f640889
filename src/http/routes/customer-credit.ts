import { Type } from 'typebox';
import { grantCredit } from '../../operations/grant-credit.ts';
import { readCreditLog } from '../../operations/read-credit-log.ts';
import { readTransaction } from '../../operations/read-transaction.ts';
import type { Services } from '../../operations/services.ts';
import { spendCredit } from '../../operations/spend-credit.ts';
import { callerOf } from '../authenticate.ts';
import { customerOf, ipOf, maybeMicroOf, microOf, spenderOf } from '../decode-members.ts';
import { readIdempotencyKey } from '../idempotency-key.ts';
import { HoldItem } from '../insight-schemas.ts';
import { type App, answerDecided, contextOf } from '../route.ts';
import {
  amount,
  CreditLogItem,
  CreditLogPage,
  CustomerMembers,
  CustomerRealIp,
  Description,
  exactlyOneOf,
  Moved,
  SpenderMembers,
  TransactionId,
  text,
} from '../schemas.ts';

const TAGS = ['Credit'];

const PUBLISHED_EXAMPLE = {
  identityId: 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg',
  amount: 100,
  description: 'video.rewrite:15m',
  customerRealIp: '1.1.1.1',
};

const SpendBody = Type.Object(
  {
    ...SpenderMembers,
    amount: amount('Credits to deduct, greater than 0.', 100),
    description: Type.Optional(Description),
    customerRealIp: Type.Optional(CustomerRealIp),
  },
  { ...exactlyOneOf('identityId', 'cuRefNo'), examples: [PUBLISHED_EXAMPLE] },
);

const GrantBody = Type.Object(
  {
    ...CustomerMembers,
    amount: amount('Credits to add, greater than 0.', 100),
    amountMoney: Type.Optional(
      Type.Number({
        format: 'credits',
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'What the credits are worth in money; as much as `amount` unless given.',
        examples: [90],
      }),
    ),
    expirationDate: Type.Optional(
      Type.String({
        format: 'date-or-instant',
        description:
          'When what is left expires: an instant with an offset, or a date, which means good through that day in the time zone of the organisation.',
        examples: ['2030-12-31'],
      }),
    ),
    priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: 'Lower burns first; 50 unless given.',
        examples: [50],
      }),
    ),
    description: Type.Optional(Description),
    order: Type.Optional(
      Type.Object({
        orderNumber: Type.String({ format: 'text', minLength: 1, maxLength: 200, examples: ['25000087'] }),
        hash: Type.Optional(text(200, 'Hash of the order.', 'sSO98YxzR4KJiOu66Jn6K3wRwa4FPI7S')),
        groupName: Type.Optional(text(200, 'Name of the group of the order.', 'GymRoom Vinohrady')),
      }),
    ),
  },
  {
    ...exactlyOneOf('identityId', 'cuRefNo', 'email'),
    examples: [{ email: 'customer@example.com', amount: 100, amountMoney: 90, expirationDate: '2030-12-31' }],
  },
);

const LogQuery = Type.Object(
  {
    ...SpenderMembers,
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        description: 'Rows a page. Without it and without a cursor: up to 10,000 rows.',
        examples: [100],
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        format: 'text',
        minLength: 1,
        maxLength: 200,
        description: 'nextCursor of the page before.',
      }),
    ),
  },
  exactlyOneOf('identityId', 'cuRefNo'),
);

const TransactionQuery = Type.Object(
  {
    transactionId: Type.Optional(
      Type.Unsafe<string>({
        ...TransactionId,
        description: 'Id of an entry in the credit log, or of a hold.',
      }),
    ),
    idempotencyKey: Type.Optional(
      Type.String({
        format: 'idempotency-key',
        maxLength: 600,
        description:
          'Idempotency-Key of the request; the customer must be named as well. Not that of an order: say that once more instead.',
        examples: ['order-25000087'],
      }),
    ),
    ...CustomerMembers,
  },
  exactlyOneOf('transactionId', 'idempotencyKey'),
);

/** Credit is spent, granted and looked up here. */
export function addCustomerCredit(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/credit-spend',
    {
      config: {
        policy: { access: 'key', scope: 'credit-spend', ledger: true, anyCustomer: true },
        takesIdempotencyKey: true,
        refusals: [
          'INTERNAL_USER_MUST_BE_AUTHORIZED',
          'PUBLIC_CUSTOMER_IS_BANNED',
          'PUBLIC_CREDIT_BATCH_NOT_APPLIED',
          'PUBLIC_CREDIT_TOO_LARGE',
          'PUBLIC_CREDIT_LIMIT_REACHED',
          'PUBLIC_CREDIT_IS_NOT_SUFFICIENT',
        ],
      },
      schema: {
        tags: TAGS,
        summary: 'Spend credit',
        description: 'Deducts credit of a customer: all of `amount` or nothing.',
        body: SpendBody,
        response: { 200: Moved },
      },
    },
    (request, reply) => {
      const { amount: credits, description, customerRealIp } = request.body;
      const spend = {
        ...spenderOf(request.body),
        amount: microOf(credits),
        description,
        customerRealIp: ipOf(customerRealIp),
      };
      answerDecided(request, reply, spendCredit(services, callerOf(request), spend, contextOf(request)));
    },
  );

  app.post(
    '/api/v1/customer/credit-grant',
    {
      config: {
        policy: { access: 'key', scope: 'credit-grant', ledger: true },
        takesIdempotencyKey: true,
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED', 'PUBLIC_CREDIT_TOO_LARGE'],
      },
      schema: {
        tags: TAGS,
        summary: 'Grant credit',
        description: 'Tops a customer up. The scope `credit-grant` must be named in the key.',
        body: GrantBody,
        response: { 200: Moved },
      },
    },
    (request, reply) => {
      const { amount: credits, amountMoney, expirationDate, priority, description, order } = request.body;
      const command = {
        customer: customerOf(request.body),
        amount: microOf(credits),
        amountMoney: maybeMicroOf(amountMoney),
        expirationDate,
        priority,
        description,
        order,
      };
      answerDecided(request, reply, grantCredit(services, callerOf(request), command, contextOf(request)));
    },
  );

  app.get(
    '/api/v1/customer/credit-log',
    {
      config: {
        policy: { access: 'key', scope: 'credit-log', ledger: true, anyCustomer: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Read the credit log',
        description: 'The balance of a customer and every entry behind it, newest first.',
        querystring: LogQuery,
        response: { 200: CreditLogPage },
      },
    },
    (request) => {
      const { limit, cursor } = request.query;
      return readCreditLog(services, callerOf(request), { ...spenderOf(request.query), limit, cursor });
    },
  );

  app.get(
    '/api/v1/customer/credit-transaction',
    {
      config: {
        policy: { access: 'key', scope: 'credit-transaction', ledger: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Find one transaction',
        description:
          'Finds an entry or a hold by its id, or by Idempotency-Key and customer. 404 means that it did not and will not happen.',
        querystring: TransactionQuery,
        response: { 200: Type.Union([CreditLogItem, HoldItem]) },
      },
    },
    (request) => {
      const { transactionId, idempotencyKey } = request.query;
      if (transactionId !== undefined) return readTransaction(services, callerOf(request), { transactionId });
      const key = readIdempotencyKey(idempotencyKey ?? '') ?? '';
      const name = { idempotencyKey: key, customer: customerOf(request.query) };
      return readTransaction(services, callerOf(request), name);
    },
  );
}
