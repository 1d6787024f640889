import { type Static, type TSchema, Type } from 'typebox';

/** Members that several endpoints share, each with the words of the reference. */

export const IdentityId = Type.String({
  pattern: '^[A-Za-z0-9]{32}$',
  description: 'Identity of the logged-in customer: the session that the shop keeps in its cookie.',
  examples: ['Z9CPkS2o3UV163VQn5OUv0T8BQi8Fvdg'],
});

export const CuRefNo = Type.String({
  pattern: '^[A-Za-z0-9]{16}$',
  description: 'Public reference of the customer; it never changes.',
  examples: ['pX2vT9cQe4LmZ7aB'],
});

export const Email = Type.String({
  format: 'email',
  maxLength: 300,
  description: 'E-mail address; it is trimmed and compared in lower case.',
  examples: ['customer@example.com'],
});

export const TransactionId = Type.String({
  pattern: '^[A-Za-z0-9]{16}$',
  description: 'Id of an entry in the credit log.',
  examples: ['HxanU4a1n4El61zx'],
});

export const HoldId = Type.String({
  pattern: '^[A-Za-z0-9]{16}$',
  description: 'Id of a hold.',
  examples: ['k3VbT0aLq9ZpX1eR'],
});

export const CustomerRealIp = Type.String({
  format: 'ip-address',
  maxLength: 64,
  description:
    'IPv4 or IPv6 address of the customer. `::1`, `0.0.0.0`, `localhost` and the empty string become `127.0.0.1`.',
  examples: ['1.1.1.1'],
});

/** Credits or money that a request names: more than 0, at most 6 decimal places. */
export function amount(description: string, example: number): ReturnType<typeof Type.Number> {
  return Type.Number({
    format: 'credits',
    exclusiveMinimum: 0,
    maximum: 1_000_000_000,
    description: `${description} At most 6 decimal places, never rounded.`,
    examples: [example],
  });
}

/** A text of ours to keep: no U+0000, no lone surrogate. */
export function text(maxLength: number, description: string, ...examples: string[]) {
  return Type.String({
    format: 'text',
    maxLength,
    description,
    ...(examples.length > 0 ? { examples } : {}),
  });
}

export const Description = text(
  2_000,
  'For you: what this was for. It is kept as given and shown in the log.',
  'video.rewrite:15m',
);

/** The members of which exactly one names a customer. */
export const CustomerMembers = {
  identityId: Type.Optional(IdentityId),
  cuRefNo: Type.Optional(CuRefNo),
  email: Type.Optional(Email),
};

/** The members of which exactly one names a customer whose credit is used or read. */
export const SpenderMembers = {
  identityId: Type.Optional(IdentityId),
  cuRefNo: Type.Optional(
    Type.String({
      ...CuRefNo,
      description: 'Instead of identityId, for keys whose scopes name `any-customer`: no session is needed.',
    }),
  ),
};

/** What a schema says beside its members: exactly one of these must be there. */
export function exactlyOneOf(...members: string[]) {
  return { exactlyOneOf: members, description: `Exactly one of ${members.join(', ')}.` };
}

/** What a schema says beside its members: one of these must be there, or several. */
export function atLeastOneOf(...members: string[]) {
  return { atLeastOneOf: members, description: `At least one of ${members.join(', ')}.` };
}

/** A list that operations answer and nobody changes. */
export function list<Item extends TSchema>(item: Item, description?: string) {
  const schema = Type.Array(item, description === undefined ? {} : { description });
  return Type.Unsafe<readonly Static<Item>[]>(schema);
}

/** Credits, or money, in an answer. */
export const Credits = (description: string, example: number) =>
  Type.Number({ description, examples: [example] });

export const Instant = Type.String({ format: 'date-time', examples: ['2026-01-10T16:19:41.675Z'] });

export const Moved = Type.Object(
  {
    success: Type.Literal(true),
    transactionId: TransactionId,
    oldCreditBalance: Credits('Balance before this entry.', 510),
    newCreditBalance: Credits('Balance after this entry.', 410),
  },
  { description: 'Done, on disk, exactly once.' },
);

export const Captured = Type.Object(
  {
    ...Moved.properties,
    holdId: HoldId,
    captured: Credits('What all captures of this hold have taken.', 40),
    remaining: Credits('What the hold reserves now; 0 once it has ended.', 60),
  },
  { description: 'Taken, on disk, exactly once.' },
);

export const Refunded = Type.Object(
  {
    ...Moved.properties,
    refundable: Credits('What of the transaction can still be refunded.', 60),
  },
  { description: 'Given back, on disk, exactly once.' },
);

export const Held = Type.Object(
  {
    success: Type.Literal(true),
    holdId: HoldId,
    amount: Credits('What the hold reserves now.', 100),
    expiresAt: Instant,
    creditBalance: Credits('Balance, held credit included.', 510),
    available: Credits('What can be spent: the balance less what is held, plus what may be owed.', 410),
  },
  { description: 'Set aside, on disk, exactly once.' },
);

export const Released = Type.Object({
  success: Type.Literal(true),
  holdId: HoldId,
  released: Credits('What the hold reserved until now.', 100),
  creditBalance: Credits('Balance.', 510),
  available: Credits('What can be spent: the balance less what is held, plus what may be owed.', 510),
});

export const Order = Type.Object({
  orderNumber: Type.String({ examples: ['25000087'] }),
  hash: Type.Optional(Type.String({ examples: ['sSO98YxzR4KJiOu66Jn6K3wRwa4FPI7S'] })),
  groupName: Type.Optional(Type.String({ examples: ['GymRoom Vinohrady'] })),
});

export const CreditLogItem = Type.Object({
  id: TransactionId,
  amount: Credits('Negative for what was taken or expired.', 100),
  amountMoney: Credits('The same in money.', 90),
  balance: Credits('Balance after this entry.', 410),
  balanceMoney: Credits('The same in money.', 370),
  order: Type.Optional(Order),
  expiration: Type.Optional(
    Type.Object({
      date: Instant,
      status: Type.String({ description: 'pending, processed or spent.', examples: ['pending'] }),
      processed: Type.Optional(Instant),
    }),
  ),
  description: Type.Optional(Type.String({ examples: ['Order 25000087'] })),
  insertedDate: Instant,
  kind: Type.String({
    description: 'grant, spend, capture, refund, expiry, adjustment or settlement.',
    examples: ['grant'],
  }),
  relatedId: Type.Optional(
    Type.String({
      description:
        'Of a refund: the spend or capture that it undoes. Of a void: the grant. Of a capture: its hold.',
      examples: ['HxanU4a1n4El61zx'],
    }),
  ),
});

export const CreditLogPage = Type.Object({
  creditBalance: Credits('Balance, from the same snapshot as the first page.', 510),
  creditMoneyBalance: Credits('The same in money.', 460),
  currency: Type.String({ examples: ['CZK'] }),
  items: list(CreditLogItem, 'Newest first.'),
  nextCursor: Type.Optional(Type.String({ description: 'Names the next page; absent on the last.' })),
});

const Maybe = <Schema extends TSchema>(schema: Schema) => Type.Optional(Type.Union([schema, Type.Null()]));

export const AccountInfo = Type.Object({
  loggedIn: Type.Literal(true),
  identityId: IdentityId,
  cuRefNo: CuRefNo,
  creditBalance: Credits('Balance, less debt.', 510),
  held: Credits('What open holds reserve.', 0),
  available: Credits('What can be spent: the balance less what is held, plus what may be owed.', 510),
  email: Type.String({ examples: ['customer@example.com'] }),
  phone: Maybe(Type.String()),
  firstName: Maybe(Type.String()),
  lastName: Maybe(Type.String()),
  companyName: Maybe(Type.String()),
  premium: Type.Boolean(),
  ban: Type.Boolean(),
  groups: list(Type.Object({ name: Type.String(), slug: Type.String() })),
  meta: Type.Record(Type.String(), Type.Unknown()),
  referral: Maybe(
    Type.Object({
      code: Type.String(),
      email: Type.String(),
      firstName: Maybe(Type.String()),
      lastName: Maybe(Type.String()),
    }),
  ),
  runningSubscriptionList: list(Type.Unknown()),
});

export const NotLoggedIn = Type.Object({ loggedIn: Type.Literal(false) });

export const Success = Type.Object({ success: Type.Literal(true) });

export const LoggedIn = Type.Object({ success: Type.Literal(true), identityId: IdentityId });

export const LoginFailed = Type.Object({
  success: Type.Literal(false),
  errorCode: Type.String({ examples: ['E005'] }),
  message: Type.String({ examples: ['Customer account has been banned.'] }),
});
