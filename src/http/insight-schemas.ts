import { Type } from 'typebox';
import { CustomerRealIpKept, IpContextKept } from './ip-schemas.ts';
import { CreditLogItem, Credits, HoldId, Instant, list } from './schemas.ts';

/** Answers of the endpoints that explain credit, each with the words of the reference. */

const HoldEnd = Type.String({ description: 'captured, released or expired.', examples: ['captured'] });

/** A hold as credit-transaction tells it. */
export const HoldItem = Type.Object({
  id: HoldId,
  kind: Type.Literal('hold'),
  amount: Credits('All that it was asked to reserve, extensions included.', 100),
  reserved: Credits('What it reserves now; 0 once it has ended.', 60),
  captured: Credits('What its captures have taken.', 40),
  expiresAt: Instant,
  endedBy: Type.Optional(HoldEnd),
  endedAt: Type.Optional(Instant),
  description: Type.Optional(Type.String({ examples: ['video.rewrite:15m'] })),
  insertedDate: Instant,
});

const Priority = Type.Integer({ description: 'Lower burns first.', examples: [50] });
const idOf = (what: string) => Type.String({ description: `Id of ${what}.`, examples: ['HxanU4a1n4El61zx'] });
const OpenedBy = idOf('the entry that brought the credit of this lot: a grant, an adjustment or a refund');

export const CreditPreview = Type.Object({
  success: Type.Literal(true),
  wouldSucceed: Type.Boolean({ description: 'Whether this spend would pass now.' }),
  refusal: Type.Optional(
    Type.Object(
      {
        code: Type.String({ examples: ['PUBLIC_CREDIT_IS_NOT_SUFFICIENT'] }),
        message: Type.String({ examples: ['Credit is not sufficient.'] }),
        description: Type.String(),
        requestId: Type.String(),
      },
      { additionalProperties: true, description: 'The `error` that would be answered.' },
    ),
  ),
  oldCreditBalance: Credits('Balance before the spend.', 510),
  newCreditBalance: Credits('Balance after it; the same where it would be refused.', 410),
  lots: list(
    Type.Object({
      transactionId: OpenedBy,
      amount: Credits('Credits that this lot would pay.', 100),
      amountMoney: Credits('The same in money.', 90),
      priority: Priority,
      expirationDate: Type.Optional(Instant),
    }),
    'Which lots would pay, first the one that burns first.',
  ),
  debt: Type.Optional(Credits('The part that would be owed, within the debt limit.', 0)),
  smallestChange: Type.Optional(
    Type.Object(
      { amount: Credits('The least top-up that would let it pass.', 90) },
      { description: 'Where credit is missing and nothing else.' },
    ),
  ),
});

const Why = Type.String({
  description: 'The reason in words.',
  examples: ['Burns first: priority 10, expires 2026-12-31T23:00:00.000Z.'],
});

export const CreditExplanation = Type.Object({
  transaction: CreditLogItem,
  summary: Type.String({
    description: 'All of it in a sentence or two.',
    examples: ['Spent 100 credits: 60 from a lot that expires first, 40 from one that never expires.'],
  }),
  oldCreditBalance: Credits('Balance before this entry.', 510),
  newCreditBalance: Credits('Balance after it.', 410),
  lots: list(
    Type.Object({
      transactionId: OpenedBy,
      amount: Credits('Negative: taken from this lot; positive: brought or given back.', -100),
      amountMoney: Credits('The same in money.', -90),
      priority: Priority,
      expirationDate: Type.Optional(Instant),
      why: Why,
    }),
    'What each lot gave or took, in the order in which it happened.',
  ),
  debts: list(
    Type.Object({
      transactionId: idOf('the entry whose debt this is'),
      amount: Credits('Negative: owed; positive: paid, or given up by a refund.', -5),
      why: Why,
    }),
    'What was owed or paid, in the order in which it happened.',
  ),
  opened: list(
    Type.Object({
      amount: Credits('What this entry brought.', 300),
      remaining: Credits('What is left of it now, held credit included.', 36),
      held: Credits('What open holds have set aside of it.', 0),
      expired: Credits('What of it has expired.', 0),
      priority: Priority,
      expirationDate: Type.Optional(Instant),
    }),
    'What has become of the credit that this entry brought.',
  ),
  fellDueBefore: list(
    Type.Object({
      kind: Type.String({ description: 'expiry, settlement or hold-expiry.', examples: ['expiry'] }),
      id: Type.String({ description: 'Id of the entry, or of the hold that ended.' }),
      amount: Credits('Of a hold-expiry: what it reserved until then.', -20),
      insertedDate: Instant,
    }),
    'What fell due and was booked directly before, oldest first; at most the last 100.',
  ),
  settledBy: list(
    Type.Object({
      transactionId: idOf('the settlement'),
      insertedDate: Instant,
      amount: Credits('What it paid of what this entry owed.', 5),
      lots: list(
        Type.Object({
          transactionId: OpenedBy,
          amount: Credits('Taken from this lot.', -5),
          amountMoney: Credits('The same in money.', -4.5),
        }),
        'What paid, in burn order.',
      ),
    }),
    'What has paid since what this entry owed, oldest first; at most the first 1,000.',
  ),
  limits: Type.Object(
    {
      debtLimit: Credits('How much may be owed.', 0),
      monthlySoftLimit: Credits('Monthly use above which an event tells; 0 is off.', 0),
      monthlyHardLimit: Credits('Monthly use that is not passed; 0 is off.', 0),
      held: Credits('What open holds reserved.', 0),
      available: Credits('What could then be spent.', 410),
    },
    { description: 'In force right after this entry.' },
  ),
  undoneBy: list(
    CreditLogItem,
    'Refunds, or voids, of this entry since, oldest first; at most the first 1,000.',
  ),
  refundable: Type.Optional(Credits('Of a spend or capture: what can still be refunded.', 100)),
  hold: Type.Optional(HoldItem),
  customerRealIp: CustomerRealIpKept,
  ipContext: IpContextKept,
});

export const CreditBalanceAt = Type.Object({
  at: Instant,
  creditBalance: Credits('Balance at that instant, less debt.', 510),
  creditMoneyBalance: Credits('The same in money.', 460),
  currency: Type.String({ examples: ['CZK'] }),
  held: Credits('What open holds reserved then.', 0),
  available: Credits('What could be spent then.', 510),
  debtLimit: Credits('What could be owed then.', 0),
});

const ExpiringCredit = Type.Object({
  expirationDate: Type.Optional(Instant),
  amount: Credits('Credits, without what open holds have set aside.', 36),
  amountMoney: Credits('The same in money.', 36),
});

export const CreditForecast = Type.Object({
  at: Instant,
  creditBalance: Credits('Balance, less debt.', 510),
  held: Credits('What open holds reserve; their jobs decide what becomes of it.', 0),
  available: Credits('What can be spent.', 510),
  currency: Type.String({ examples: ['CZK'] }),
  buckets: list(ExpiringCredit, 'Free credit by its expiry, soonest first; what never expires is last.'),
  rates: list(
    Type.Object({
      days: Type.Integer({ description: 'Over how many days the rate is measured.', examples: [7] }),
      used: Credits('Spent and captured in these days, less what was refunded of that.', 70),
      perDay: Credits('The same a day.', 10),
      runsOutAt: Type.Optional(Instant),
      expiresUnused: Credits('What will have expired unused if it goes on like this.', 0),
      unusedBuckets: list(ExpiringCredit, 'The same by expiry.'),
    }),
    'If it goes on as in the last 7, and the last 30, days. `runsOutAt` is absent where credit is left for ever, or beyond the year 9999.',
  ),
});
