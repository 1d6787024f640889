import { Type } from 'typebox';
import { explainTransaction } from '../../operations/explain-transaction.ts';
import { forecastCredit } from '../../operations/forecast-credit.ts';
import { previewSpend } from '../../operations/preview-spend.ts';
import { readBalanceAt } from '../../operations/read-balance-at.ts';
import type { Services } from '../../operations/services.ts';
import { callerOf } from '../authenticate.ts';
import { ipOf, microOf, spenderOf } from '../decode-members.ts';
import { CreditBalanceAt, CreditExplanation, CreditForecast, CreditPreview } from '../insight-schemas.ts';
import type { App } from '../route.ts';
import {
  amount,
  CustomerRealIp,
  Description,
  exactlyOneOf,
  SpenderMembers,
  TransactionId,
} from '../schemas.ts';

const TAGS = ['Insight'];

const NAMED = exactlyOneOf('identityId', 'cuRefNo');

const PreviewBody = Type.Object(
  {
    ...SpenderMembers,
    amount: amount('Credits that the spend would deduct, greater than 0.', 100),
    description: Type.Optional(Description),
    customerRealIp: Type.Optional(CustomerRealIp),
  },
  { ...NAMED, examples: [{ identityId: 'Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg', amount: 100 }] },
);

const BalanceQuery = Type.Object(
  {
    ...SpenderMembers,
    at: Type.String({
      format: 'instant',
      maxLength: 40,
      description: 'An instant with an offset, not in the future of the ledger. Write + as %2B.',
      examples: ['2026-01-10T16:19:41.675Z'],
    }),
  },
  NAMED,
);

/** Customers are told here where their credit went, goes and will go; nothing is changed. */
export function addCustomerInsight(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/credit-preview',
    {
      config: {
        policy: { access: 'key', scope: 'credit-preview', ledger: true, anyCustomer: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Preview a spend',
        description:
          'Says what credit-spend with the same members would come to now, and changes nothing: which lots would pay, or which refusal would be answered and the least top-up that would let it pass.',
        body: PreviewBody,
        response: { 200: CreditPreview },
      },
    },
    (request) => {
      const { amount: credits, description, customerRealIp } = request.body;
      const spend = {
        ...spenderOf(request.body),
        amount: microOf(credits),
        description,
        customerRealIp: ipOf(customerRealIp),
      };
      return previewSpend(services, callerOf(request), spend, { requestId: request.id });
    },
  );

  app.get(
    '/api/v1/customer/credit-explain',
    {
      config: { policy: { access: 'key', scope: 'credit-explain', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Explain a transaction',
        description:
          'Which lots paid, in which order and why; what was owed, and what has paid it since; what fell due before; the limits in force; what was refunded since; the hold behind it. For every kind of entry.',
        querystring: Type.Object({ transactionId: TransactionId }),
        response: { 200: CreditExplanation },
      },
    },
    (request) => explainTransaction(services, callerOf(request), request.query),
  );

  app.get(
    '/api/v1/customer/credit-balance',
    {
      config: {
        policy: { access: 'key', scope: 'credit-balance', ledger: true, anyCustomer: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Read the balance at an instant',
        description:
          'The balance as it was at any past instant, all that is dated up to it included; 0 before the first entry. The answer for an instant never changes.',
        querystring: BalanceQuery,
        response: { 200: CreditBalanceAt },
      },
    },
    (request) => {
      const { at } = request.query;
      return readBalanceAt(services, callerOf(request), { ...spenderOf(request.query), at });
    },
  );

  app.get(
    '/api/v1/customer/credit-forecast',
    {
      config: {
        policy: { access: 'key', scope: 'credit-forecast', ledger: true, anyCustomer: true },
        refusals: ['INTERNAL_USER_MUST_BE_AUTHORIZED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Forecast credit',
        description:
          'What expires when, how fast credit was used in the last 7 and 30 days, and, if it goes on like that, when it runs out and what will expire unused.',
        querystring: Type.Object(SpenderMembers, NAMED),
        response: { 200: CreditForecast },
      },
    },
    (request) => forecastCredit(services, callerOf(request), spenderOf(request.query)),
  );
}
