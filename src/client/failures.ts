/** Why there is no answer that can be told. */
export type FailureReason =
  /** No connection could be made. */
  | 'not-connected'
  /** The connection ended before the answer was there. */
  | 'connection-lost'
  /** The time was over. */
  | 'time-out'
  /** What came is no answer of Purser: something else answers at this address. */
  | 'unreadable-answer'
  /** The signal of the caller ended it. */
  | 'aborted'
  /** Purser says that it does not know. */
  | 'told-by-purser';

const WORDS: Readonly<Record<FailureReason, string>> = {
  'not-connected': 'could not connect',
  'connection-lost': 'the connection was lost',
  'time-out': 'no answer came in time',
  'unreadable-answer': 'the answer is not of Purser',
  aborted: 'the caller ended it',
  'told-by-purser': 'Purser does not know either',
};

/** What a failure tells of itself: of the last attempt, or where it may have happened, of the last that may have. */
export interface Failure {
  /** Such as `POST customer/credit-spend`. */
  readonly call: string;
  readonly reason: FailureReason;
  /** Of the HTTP answer, if there was one. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  /** Of the last attempt. */
  readonly cause?: unknown;
}

/** No answer, and nothing has happened: it never arrived, or it only reads. Try again as you like. */
export class PurserUnreachable extends Error {
  override readonly name = 'PurserUnreachable';
  readonly call: string;
  readonly reason: FailureReason;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor({ call, reason, status, requestId, cause }: Failure) {
    super(`${call}: ${WORDS[reason]}. Nothing has happened.`, { cause });
    this.call = call;
    this.reason = reason;
    this.status = status;
    this.requestId = requestId;
  }
}

/** The members of which one names a customer. */
export interface NamedCustomer {
  readonly identityId?: string;
  readonly cuRefNo?: string;
  readonly email?: string;
}

/** How an uncertain change can be found. */
export interface Traces {
  readonly idempotencyKey?: string | undefined;
  readonly idempotencyKeys?: readonly string[] | undefined;
  readonly transactionId?: string | undefined;
  readonly holdId?: string | undefined;
  readonly customer?: NamedCustomer | undefined;
}

/**
 * It may have happened. Repeat the same request with the same `idempotencyKey`: that gets the first answer if it
 * has, and does it if it has not. Without a key ask `lookUp(error)` before you repeat anything.
 */
export class PurserOutcomeUnknown extends Error {
  override readonly name = 'PurserOutcomeUnknown';
  readonly call: string;
  readonly reason: FailureReason;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** The key that was sent, be it yours or the client's. */
  readonly idempotencyKey: string | undefined;
  /** Of a batch: the keys of its members, in their order. */
  readonly idempotencyKeys: readonly string[] | undefined;
  /** What the entry would have, where Purser has told it. */
  readonly transactionId: string | undefined;
  /** What the hold would have, where Purser has told it. */
  readonly holdId: string | undefined;
  declare readonly customer: NamedCustomer | undefined;

  constructor({ call, reason, status, requestId, cause }: Failure, traces: Traces) {
    super(`${call}: ${WORDS[reason]}. It may have happened.`, { cause });
    this.call = call;
    this.reason = reason;
    this.status = status;
    this.requestId = requestId;
    this.idempotencyKey = traces.idempotencyKey;
    this.idempotencyKeys = traces.idempotencyKeys;
    this.transactionId = traces.transactionId;
    this.holdId = traces.holdId;
    // An identityId lets its reader spend, so it does not go where errors are logged.
    Object.defineProperty(this, 'customer', { value: traces.customer, enumerable: false });
  }
}
