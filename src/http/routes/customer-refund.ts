import { Type } from 'typebox';
import { refundCredit } from '../../operations/refund-credit.ts';
import type { Services } from '../../operations/services.ts';
import { voidCredit } from '../../operations/void-credit.ts';
import { callerOf } from '../authenticate.ts';
import { maybeMicroOf } from '../decode-members.ts';
import { type App, answerDecided, contextOf } from '../route.ts';
import { amount, Description, Moved, Refunded, TransactionId } from '../schemas.ts';

const TAGS = ['Credit'];
const REFUSED = ['PUBLIC_CREDIT_REFUND_TOO_LARGE', 'PUBLIC_CREDIT_TOO_LARGE'] as const;

/** Mistakes are undone here. */
export function addCustomerRefund(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/credit-refund',
    {
      config: {
        policy: { access: 'key', scope: 'credit-refund', ledger: true },
        takesIdempotencyKey: true,
        refusals: REFUSED,
      },
      schema: {
        tags: TAGS,
        summary: 'Refund a spend',
        description:
          'Gives back what a spend or a capture took, to the credit it came from. The scope `credit-refund` must be named in the key.',
        body: Type.Object({
          transactionId: TransactionId,
          amount: Type.Optional(amount('Credits to give back; all that is left unless given.', 40)),
          description: Type.Optional(Description),
        }),
        response: { 200: Refunded },
      },
    },
    (request, reply) => {
      const { transactionId, amount: credits, description } = request.body;
      const refund = { transactionId, amount: maybeMicroOf(credits), description };
      answerDecided(request, reply, refundCredit(services, callerOf(request), refund, contextOf(request)));
    },
  );

  app.post(
    '/api/v1/customer/credit-void',
    {
      config: {
        policy: { access: 'key', scope: 'credit-void', ledger: true },
        takesIdempotencyKey: true,
        refusals: REFUSED,
      },
      schema: {
        tags: TAGS,
        summary: 'Void a grant',
        description:
          'Takes back what is left of a top-up: a charge-back, a wrong customer. The scope `credit-void` must be named in the key.',
        body: Type.Object({
          transactionId: TransactionId,
          description: Type.Optional(Description),
          debt: Type.Optional(
            Type.Boolean({
              description: 'Whether the customer shall owe what was used of it already; false unless given.',
              examples: [false],
            }),
          ),
        }),
        response: { 200: Moved },
      },
    },
    (request, reply) =>
      answerDecided(
        request,
        reply,
        voidCredit(services, callerOf(request), request.body, contextOf(request)),
      ),
  );
}
