import { Type } from 'typebox';
import { callerOf } from '../src/http/authenticate.ts';
import { normaliseCustomerIp } from '../src/http/customer-ip.ts';
import { type App, contextOf, sendDecided } from '../src/http/route.ts';
import { amount, CustomerRealIp, Description, IdentityId, Moved } from '../src/http/schemas.ts';
import { toMicro } from '../src/ledger/amount.ts';
import { Refusal } from '../src/refusals.ts';
import { NAIVE_PATH, NOOP_PATH } from './bench.ts';
import type { NaiveSpender } from './naive.ts';

/** The same body as credit-spend has, so that the same is read and validated. */
const SpendBody = Type.Object({
  identityId: IdentityId,
  amount: amount('Credits to deduct, greater than 0.', 100),
  description: Type.Optional(Description),
  customerRealIp: Type.Optional(CustomerRealIp),
});

const ROUTE = {
  config: { policy: { access: 'key', scope: 'credit-spend', ledger: true }, takesIdempotencyKey: true },
  schema: { body: SpendBody, response: { 200: Moved } },
} as const;

function microOf(credits: number): bigint {
  const micro = toMicro(credits);
  if (micro === undefined) throw new Refusal('INTERNAL_VALIDATION_FAILED');
  return micro;
}

/**
 * Adds what credit-spend is compared with, under the same checks, log and metrics: a route that reads the
 * request and does nothing, and the naive one.
 */
export function addBenchRoutes(app: App, naive: NaiveSpender): void {
  app.post(NOOP_PATH, ROUTE, (request, reply) => {
    const { amount: credits, customerRealIp } = request.body;
    callerOf(request);
    contextOf(request);
    microOf(credits);
    if (customerRealIp != null) normaliseCustomerIp(customerRealIp);
    const body =
      '{"success":true,"transactionId":"HxanU4a1n4El61zx","oldCreditBalance":510,"newCreditBalance":410}';
    sendDecided(request, reply, { status: 200, body, replayed: false });
  });
  app.post(NAIVE_PATH, ROUTE, async (request, reply) => {
    const { identityId, amount: credits, description, customerRealIp } = request.body;
    const { ledgerId, author } = callerOf(request);
    const ip = customerRealIp == null ? undefined : normaliseCustomerIp(customerRealIp);
    const answer = await naive.spend({
      identityId,
      amount: microOf(credits),
      description,
      ip,
      ledgerId,
      author,
    });
    sendDecided(request, reply, { status: 200, body: JSON.stringify(answer), replayed: false });
    return reply;
  });
}
