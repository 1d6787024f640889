/** One fault of a request's members; `pointer` is a JSON pointer into the body, or `/name` of a query parameter. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

type Nothing = Record<never, never>;

/** Every refusal of the API under its code, with the members that stand beside the code. Credits are numbers. */
export interface RefusalMembers {
  INTERNAL_RESOURCE_NOT_FOUND: Nothing;
  PUBLIC_METHOD_NOT_ALLOWED: Nothing;
  PUBLIC_BODY_TOO_LARGE: Nothing;
  PUBLIC_MEDIA_TYPE_NOT_SUPPORTED: Nothing;
  PUBLIC_REQUEST_IS_NOT_VALID_JSON: { readonly reason: string };
  PUBLIC_API_KEY_IS_EMPTY: Nothing;
  PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT: Nothing;
  PUBLIC_API_KEY_SAMPLE_VALUE: Nothing;
  PUBLIC_API_KEY_DOES_NOT_EXIST: Nothing;
  PUBLIC_API_KEY_IS_NOT_ACTIVE: Nothing;
  PUBLIC_API_KEY_HAS_BEEN_DELETED: Nothing;
  PUBLIC_API_KEY_HAS_BEEN_EXPIRED: Nothing;
  PUBLIC_API_KEY_TOO_MANY_REQUEST: Nothing;
  /** `scope` is absent where only a ROOT key may do this. */
  PUBLIC_API_KEY_SCOPE_NOT_ALLOWED: { readonly scope?: string };
  INTERNAL_VALIDATION_FAILED: { readonly errors: readonly Fault[] };
  PUBLIC_SANDBOX_ONLY: Nothing;
  PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED: Nothing;
  INTERNAL_USER_MUST_BE_AUTHORIZED: Nothing;
  PUBLIC_IDEMPOTENCY_KEY_REUSED: Nothing;
  PUBLIC_CUSTOMER_IS_BANNED: Nothing;
  PUBLIC_CREDIT_HOLD_HAS_ENDED: {
    readonly endedBy: 'captured' | 'released' | 'expired';
    readonly endedAt: string;
  };
  PUBLIC_CREDIT_REFUND_TOO_LARGE: { readonly refundable: number };
  PUBLIC_CREDIT_BATCH_NOT_APPLIED: Nothing;
  PUBLIC_CUSTOMER_HAS_CREDIT: {
    readonly creditBalance: number;
    readonly held: number;
    readonly debt: number;
  };
  PUBLIC_ORDER_IS_CANCELLED: Nothing;
  PUBLIC_CREDIT_TOO_LARGE: Nothing;
  PUBLIC_CREDIT_LIMIT_REACHED: {
    readonly limit: number;
    readonly used: number;
    readonly held: number;
    readonly resetsAt: string;
  };
  PUBLIC_CREDIT_IS_NOT_SUFFICIENT: {
    readonly creditBalance: number;
    readonly held: number;
    readonly available: number;
    readonly required: number;
    /** The least top-up that would let it pass. */
    readonly shortBy: number;
  };
  INTERNAL_ERROR: { readonly outcome: 'none' };
  INTERNAL_OVERLOADED: { readonly outcome: 'none' };
  /** Thrown as `PurserOutcomeUnknown`; among the results of a batch it stands as it is. */
  PUBLIC_OUTCOME_IS_UNKNOWN: {
    readonly outcome: 'unknown';
    readonly transactionId?: string;
    readonly holdId?: string;
  };
}

/** The name of a refusal; `/errors/<CODE>` of your server explains each. */
export type RefusalCode = keyof RefusalMembers;

/** `error` of a refused request, as it is answered. Its `code` tells which further members it has. */
export type RefusalError = {
  [Code in RefusalCode]: {
    readonly code: Code;
    readonly message: string;
    readonly description: string;
    readonly requestId: string;
  } & RefusalMembers[Code];
}[RefusalCode];

/** The body of a refused request. */
export interface RefusalBody {
  readonly success: false;
  readonly error: RefusalError;
}

/** What all refusals have in common. */
interface Refused<Code extends RefusalCode> extends Error {
  readonly name: 'PurserRefusal';
  readonly code: Code;
  /** Of the HTTP answer. */
  readonly status: number;
  /** Names the request in the server's log. */
  readonly requestId: string;
  /** A sentence more than `message`. */
  readonly description: string;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

type ThrownCode = Exclude<RefusalCode, 'PUBLIC_OUTCOME_IS_UNKNOWN'>;

/**
 * Purser has said no, and nothing has happened. `code` tells which no, and which members stand beside it:
 *
 *     if (error instanceof PurserRefusal && error.code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT') error.shortBy;
 */
export type PurserRefusal = { [Code in ThrownCode]: Refused<Code> & RefusalMembers[Code] }[ThrownCode];

/** What an answer gives beside its body. */
export interface Received {
  readonly status: number;
  readonly requestId: string;
  readonly retryAfterMs: number | undefined;
}

class RefusalOfPurser extends Error {
  override readonly name = 'PurserRefusal';

  constructor(error: RefusalError, { status, requestId, retryAfterMs }: Received) {
    super(error.message);
    const { code, description = '' } = error;
    Object.assign(this, membersOf(error), { code, status, requestId, description, retryAfterMs });
  }
}

// An instance has the members of its code only at run time; this lets `instanceof` narrow to the union above.
export const PurserRefusal = RefusalOfPurser as unknown as new (
  error: RefusalError,
  received: Received,
) => PurserRefusal;

const OWN_MEMBERS = new Set(['code', 'message', 'description', 'requestId', 'name', 'stack', 'cause']);

/** @returns the members of the code alone; none of them may replace what every error has. */
function membersOf(error: RefusalError): Record<string, unknown> {
  return Object.fromEntries(Object.entries(error).filter(([name]) => !OWN_MEMBERS.has(name)));
}

/** @returns the refusal in a body of the one published shape, or undefined where it is something else. */
export function readRefusal(body: unknown): RefusalError | undefined {
  if (!isObject(body) || body.success !== false || !isObject(body.error)) return undefined;
  const { code, message } = body.error;
  return typeof code === 'string' && typeof message === 'string'
    ? (body.error as unknown as RefusalError)
    : undefined;
}

/** @returns whether this is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
