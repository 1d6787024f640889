import type { SeededBug } from './seeded-bug.ts';

const CRASHES = 'src/operations/finish-orders.test.ts';
const MADE = 'src/operations/create-order.test.ts';
const KEYED = 'src/operations/order-request.test.ts';

/** Faults of orders, which are paid in several steps. */
export const BUGS_OF_ORDERS: readonly SeededBug[] = [
  {
    name: 'the grants of an order have no Idempotency-Key of their own',
    patches: [
      {
        file: 'src/operations/finish-payment.ts',
        is: `idempotency: hashIdempotency({ requestId, idempotencyKey }, ['order-grant', amount, money])`,
        becomes: 'idempotency: undefined',
      },
    ],
    test: {
      file: CRASHES,
      name: 'while it is being paid, behind the entries, is finished by whoever comes next',
    },
  },
  {
    name: 'an order that was refused its credit is paid with the keys of that try',
    patches: [
      {
        file: 'src/operations/finish-payment.ts',
        is: 'payment, author, paidBy } = order;',
        becomes: 'payment, author, paidBy } = { ...order, payment: 1 };',
      },
    ],
    test: { file: MADE, name: 'whose credit would be too much grants nothing of it and waits on' },
  },
  {
    name: 'an order is cancelled while its grants are on their way',
    patches: [
      {
        file: 'src/store/order-states.ts',
        is: `SET state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE 'cancelling' END`,
        becomes: `SET state = CASE state WHEN 'paid' THEN 'cancelling' ELSE 'cancelled' END`,
      },
      {
        file: 'src/store/order-states.ts',
        is: `WHERE order_id = $1 AND state IN ('waiting', 'paid')`,
        becomes: `WHERE order_id = $1 AND state IN ('waiting', 'paying', 'paid')`,
      },
      {
        file: 'src/operations/cancel-order.ts',
        is: `    case 'paying':\n    case 'cancelling':`,
        becomes: `    case 'cancelling':`,
      },
      {
        file: 'src/operations/cancel-order.ts',
        is: `    case 'waiting':\n`,
        becomes: `    case 'paying':\n    case 'waiting':\n`,
      },
    ],
    test: { file: CRASHES, name: 'grants nothing any more once the order was paid and cancelled by others' },
  },
  {
    name: 'an order is read without a lock before its state is changed',
    patches: [{ file: 'src/store/order-rows.ts', is: ' FOR NO KEY UPDATE', becomes: '' }],
    test: { file: CRASHES, name: 'leave it paid with its credit or cancelled without' },
  },
  {
    name: 'the customer of an order is not locked before it',
    patches: [{ file: 'src/store/order-rows.ts', is: '$2) FOR KEY SHARE', becomes: '$2)' }],
    test: { file: CRASHES, name: 'is paid and keeps the customer, or is cancelled with it' },
  },
  {
    name: 'two orders with one Idempotency-Key are made at once',
    patches: [{ file: 'src/store/order-requests.ts', is: ' FOR NO KEY UPDATE', becomes: '' }],
    test: { file: KEYED, name: 'is answered the same again, byte for byte, and done once' },
  },
];
