import { type Static, Type } from 'typebox';
import { cancelOrder } from '../../operations/cancel-order.ts';
import { type CreateOrderRequest, createOrder } from '../../operations/create-order.ts';
import { markOrderPaid } from '../../operations/mark-order-paid.ts';
import { scopeAllows } from '../../operations/scopes.ts';
import type { Services } from '../../operations/services.ts';
import { Refusal } from '../../refusals.ts';
import { callerOf } from '../authenticate.ts';
import { ipOf, maybeMicroOf, microOf } from '../decode-members.ts';
import { type App, answerDecided, contextOf } from '../route.ts';
import { CustomerRealIp, Email, Success, text } from '../schemas.ts';

const TAGS = ['Orders'];
const LARGEST = 1_000_000_000;
const MOST_ITEMS = 100;
const TOO_LARGE = 'PUBLIC_CREDIT_TOO_LARGE';

const OrderHash = Type.String({
  pattern: '^[A-Za-z0-9]{32}$',
  description: 'Hash of the order, as order/create answered it.',
  examples: ['sSO98YxzR4KJiOu66Jn6K3wRwa4FPI7S'],
});

const OrderNumber = Type.String({
  pattern: '^[0-9]{8,12}$',
  description: 'The `orderNumber`, as order/create answered it.',
  examples: ['26000001'],
});

const Item = Type.Object({
  label: Type.String({
    format: 'text',
    minLength: 1,
    maxLength: 500,
    description: 'What is sold, as the order’s page shows it.',
    examples: ['100 credits'],
  }),
  price: Type.Number({
    format: 'credits',
    minimum: 0,
    maximum: LARGEST,
    description: 'Price of one piece, VAT included. At most 6 decimal places, never rounded.',
    examples: [90],
  }),
  vat: Type.Optional(
    Type.Number({
      format: 'credits',
      minimum: 0,
      maximum: 100,
      description: 'VAT in per cent, shown on the order’s page.',
      examples: [21],
    }),
  ),
  count: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LARGEST, description: 'Pieces; 1 unless given.', examples: [1] }),
  ),
  creditAmount: Type.Optional(
    Type.Number({
      format: 'credits',
      minimum: 0,
      maximum: LARGEST,
      description: 'Credit that one piece brings once the order is paid; none unless given.',
      examples: [100],
    }),
  ),
});

const CreateBody = Type.Object(
  {
    customer: Type.Object({ email: Email }, { description: 'Who orders; created when new.' }),
    items: Type.Array(Item, {
      minItems: 1,
      maxItems: MOST_ITEMS,
      description: `Up to ${MOST_ITEMS} lines; prices and credit of all together at most 1,000,000,000 each.`,
    }),
    currency: Type.Optional(text(3, 'Must be the currency of the organisation, if given.', 'CZK')),
    orderGroupId: Type.Optional(
      text(200, 'What the order belongs to; the credit log shows it as `groupName`.', 'GymRoom Vinohrady'),
    ),
    returnUrl: Type.Optional(
      text(
        2_000,
        'Where the order’s page leads back to; at an origin that the organisation has listed.',
        'https://shop.example.com/thanks',
      ),
    ),
    notificationUrl: Type.Optional(
      text(
        2_000,
        'Is sent a POST of `{orderNumber, hash, state}` when the order is `paid` or `cancelled`; at a listed origin.',
        'https://shop.example.com/order-news',
      ),
    ),
    customerRealIp: Type.Optional(CustomerRealIp),
  },
  {
    examples: [
      {
        customer: { email: 'customer@example.com' },
        items: [{ label: '100 credits', price: 90, vat: 21, count: 1, creditAmount: 100 }],
      },
    ],
  },
);

const Link = Type.String({ examples: ['https://credit.example.com/order/sSO98YxzR4KJiOu66Jn6K3wRwa4FPI7S'] });

const CreatedOrder = Type.Object(
  {
    orderNumber: Type.String({ examples: ['26000001'] }),
    hash: OrderHash,
    links: Type.Object({ orderPageLink: Link, payLink: Link }),
  },
  { description: 'Made. It waits to be paid, or is paid already where it was free.' },
);

/** Shops let their customers top up by orders. */
export function addShopOrder(app: App, services: Services): void {
  addCreate(app, services);
  addMarkPaid(app, services);
  addStorno(app, services);
}

function addCreate(app: App, services: Services): void {
  app.post(
    '/api/v1/shop/order/create',
    {
      config: {
        policy: { access: 'key', scope: 'shop/order/create', ledger: true },
        takesIdempotencyKey: true,
        refusals: [TOO_LARGE],
      },
      schema: {
        tags: TAGS,
        summary: 'Create an order',
        description:
          'An order whose prices are all 0 is paid at once and grants its credit; for that the key must name the scope `credit-grant` too. Any other waits until shop/order/mark-paid says that it is paid. An unknown e-mail address creates the customer.',
        body: CreateBody,
        response: { 200: CreatedOrder },
      },
    },
    (request, reply) => {
      const order = decodeOrder(request.body);
      const isFree = order.items.every(({ price }) => price === 0n);
      const brings = order.items.some(({ creditAmount = 0n }) => creditAmount > 0n);
      const { apiKey } = request;
      // Whoever may not give credit away may not do it by way of an order that costs nothing.
      if (
        isFree &&
        brings &&
        apiKey?.kind !== 'ROOT' &&
        !scopeAllows(apiKey?.scopes ?? new Set(), 'credit-grant')
      ) {
        throw new Refusal('PUBLIC_API_KEY_SCOPE_NOT_ALLOWED', { scope: 'credit-grant' });
      }
      answerDecided(request, reply, createOrder(services, callerOf(request), order, contextOf(request)));
    },
  );
}

function decodeOrder({
  customer,
  items,
  customerRealIp,
  ...rest
}: Static<typeof CreateBody>): CreateOrderRequest {
  return {
    ...rest,
    email: customer.email,
    items: items.map(({ label, price, vat, count, creditAmount }) => ({
      ...{ label, vat, count },
      price: microOf(price),
      creditAmount: maybeMicroOf(creditAmount),
    })),
    customerRealIp: ipOf(customerRealIp),
  };
}

function addMarkPaid(app: App, services: Services): void {
  app.post(
    '/api/v1/shop/order/mark-paid',
    {
      config: {
        policy: { access: 'key', scope: 'shop/order/mark-paid', ledger: true },
        takesIdempotencyKey: true,
        refusals: ['PUBLIC_ORDER_IS_CANCELLED', TOO_LARGE],
      },
      schema: {
        tags: TAGS,
        summary: 'Mark an order as paid',
        description:
          'Grants the credit of the order. Said again it is answered the same, and nothing is granted twice. The scope `shop/order/mark-paid` must be named in the key.',
        body: Type.Object({ hash: OrderHash }),
        response: { 200: Success },
      },
    },
    (request, reply) => {
      const { hash } = request.body;
      answerDecided(request, reply, markOrderPaid(services, callerOf(request), { hash }, contextOf(request)));
    },
  );
}

function addStorno(app: App, services: Services): void {
  app.post(
    '/api/v1/shop/order/storno',
    {
      config: {
        policy: { access: 'key', scope: 'shop/order/storno', ledger: true },
        takesIdempotencyKey: true,
      },
      schema: {
        tags: TAGS,
        summary: 'Cancel an order',
        description:
          'An order that waits can be paid no more. Of one that was paid the credit is voided: what is left of it is taken back. What an open hold has set aside stays; say it again once the hold has ended. The scope `shop/order/storno` must be named in the key.',
        body: Type.Object({
          orderId: OrderNumber,
          debt: Type.Optional(
            Type.Boolean({
              description:
                'Whether the customer shall owe what was used of the credit already; false unless given.',
              examples: [false],
            }),
          ),
        }),
        response: { 200: Success },
      },
    },
    (request, reply) => {
      const { orderId, debt } = request.body;
      const cancel = { order: { orderNumber: orderId }, debt };
      answerDecided(request, reply, cancelOrder(services, callerOf(request), cancel, contextOf(request)));
    },
  );
}
