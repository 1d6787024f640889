/**
 * Every "no" that Purser can say: one registry feeds the answers, the OpenAPI document and the pages under
 * /errors. The order is the order of precedence: where several apply, the first one is answered.
 */

/** One row of the registry. `message` and `description` are answered; `whatToDo` stands on the error's page. */
export interface RefusalKind {
  readonly status: number;
  readonly message: string;
  readonly description: string;
  readonly whatToDo: string;
  /** Members that stand inside `error` beside `code`, each with a sample value. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const CREDIT_HINT = 'Top the customer up, or ask for less. The same Idempotency-Key replays this refusal.';

export const REFUSALS = {
  INTERNAL_RESOURCE_NOT_FOUND: {
    status: 404,
    message: 'Resource was not found.',
    description: 'There is nothing here that this API key can see.',
    whatToDo:
      'Check the path, the reference and the ledger. What belongs to another ledger looks the same as what does not exist.',
  },
  PUBLIC_METHOD_NOT_ALLOWED: {
    status: 405,
    message: 'Method is not allowed.',
    description: 'This address exists, but not with this HTTP method.',
    whatToDo: 'Use a method that the Allow header names: GET reads, POST changes.',
  },
  PUBLIC_BODY_TOO_LARGE: {
    status: 413,
    message: 'Request body is too large.',
    description: 'A request body may have at most 64 KiB, that of credit-spend-batch 512 KiB.',
    whatToDo: 'Send a shorter body, or a batch in several parts.',
  },
  PUBLIC_MEDIA_TYPE_NOT_SUPPORTED: {
    status: 415,
    message: 'Media type is not supported.',
    description: 'Request bodies are JSON.',
    whatToDo: 'Send the header Content-Type: application/json.',
  },
  PUBLIC_REQUEST_IS_NOT_VALID_JSON: {
    status: 400,
    message: 'Request is not valid.',
    description: 'The request could not be read, or could be read in two ways; reason says what is wrong.',
    whatToDo:
      'Send one JSON object in UTF-8 without duplicate members or __proto__, at most 8 levels deep, one API key and at most one Idempotency-Key. A batch has a key for each member instead.',
    details: { reason: 'the body is not JSON: an unexpected character at position 17' },
  },
  PUBLIC_API_KEY_IS_EMPTY: {
    status: 401,
    message: 'Organisation API key is empty.',
    description: 'Please send your API key as query parameter apiKey or as Bearer token.',
    whatToDo: 'Add ?apiKey=... to the address, or the header Authorization: Bearer ...',
  },
  PUBLIC_API_KEY_IS_NOT_IN_VALID_FORMAT: {
    status: 401,
    message: 'Organisation API key does not match expected format.',
    description: 'Please use 32 char length key generated from system.',
    whatToDo:
      'A key is PROD, DEV_ or ROOT followed by 28 letters and digits. Check that all of it was copied.',
  },
  PUBLIC_API_KEY_SAMPLE_VALUE: {
    status: 401,
    message: 'Organisation API key is the sample value of the documentation.',
    description: 'Please replace the sample by a key of your own.',
    whatToDo: 'Make a key: npm run purser -- key create --kind DEV',
  },
  PUBLIC_API_KEY_DOES_NOT_EXIST: {
    status: 401,
    message: 'Organisation API key does not exist.',
    description: 'This key is not registered here.',
    whatToDo: 'Check that the key belongs to this server: npm run purser -- key list',
  },
  PUBLIC_API_KEY_IS_NOT_ACTIVE: {
    status: 401,
    message: 'Organisation API key is not active.',
    description: 'The organisation of this key is suspended.',
    whatToDo: 'Ask the operator, who can lift it: npm run purser -- organisation resume <slug>',
  },
  PUBLIC_API_KEY_HAS_BEEN_DELETED: {
    status: 401,
    message: 'Organisation API key has been deleted.',
    description: 'This key was deactivated, which is final.',
    whatToDo: 'Use another key, or make one: npm run purser -- key create --kind PROD',
  },
  PUBLIC_API_KEY_HAS_BEEN_EXPIRED: {
    status: 401,
    message: 'Organisation API key has been expired.',
    description: 'The life of this key is over.',
    whatToDo: 'Make the next one: npm run purser -- key create --kind PROD --replaces <id>',
  },
  PUBLIC_API_KEY_TOO_MANY_REQUEST: {
    status: 429,
    message: 'Too many requests.',
    description: 'More requests came within the last 60 seconds than are allowed.',
    whatToDo:
      'Wait for as many seconds as the Retry-After header says. A batch counts as many requests as it has members.',
  },
  PUBLIC_API_KEY_SCOPE_NOT_ALLOWED: {
    status: 403,
    message: 'Scope of the API key does not allow this endpoint.',
    description:
      'The key lacks the scope that is named in scope. Where none is named, only ROOT keys may do this.',
    whatToDo:
      'Make a key with the scope: npm run purser -- key create --kind DEV --scope default,credit-grant,credit-refund. A cuRefNo in the place of an identityId needs any-customer.',
    details: { scope: 'credit-refund' },
  },
  INTERNAL_VALIDATION_FAILED: {
    status: 422,
    message: 'Request validation failed.',
    description: 'At least one member has a value that cannot be accepted; errors names each.',
    whatToDo: 'Correct the members that errors points at. Nothing has happened.',
    details: { errors: [{ pointer: '/amount', message: 'must be greater than 0' }] },
  },
  PUBLIC_SANDBOX_ONLY: {
    status: 403,
    message: 'Only a sandbox can do this.',
    description: 'The clock of live data cannot be moved, and live data cannot be reset.',
    whatToDo: 'Use a DEV_ key, or name the sandbox: X-Purser-Ledger: <organisation>/sandbox',
  },
  PUBLIC_CUSTOMER_DETAIL_NOT_PERMITTED: {
    status: 404,
    message: 'Customer detail is not permitted.',
    description:
      'A customer sees its own detail and that of customers it manages. An unknown one looks the same.',
    whatToDo: 'Ask for the customer itself, or let an operator set managedBy.',
  },
  INTERNAL_USER_MUST_BE_AUTHORIZED: {
    status: 401,
    message: 'User must be authorized.',
    description: 'The identity is not a living session of a customer in this ledger.',
    whatToDo: 'Let the customer log in again and use the new identityId.',
  },
  PUBLIC_IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: 'Idempotency key was used with another request.',
    description: 'This Idempotency-Key already belongs to a different request for the same customer.',
    whatToDo: 'Use a new key for a new request, and the old key only to repeat the old request unchanged.',
  },
  PUBLIC_CUSTOMER_IS_BANNED: {
    status: 403,
    message: 'Customer is banned.',
    description: 'A banned customer cannot spend or reserve credit.',
    whatToDo: 'An operator can lift the ban: npm run purser -- customer ban customer@example.com --lift',
  },
  PUBLIC_CREDIT_HOLD_HAS_ENDED: {
    status: 409,
    message: 'Hold has ended.',
    description: 'This hold was captured, released or has expired, and reserves nothing any more.',
    whatToDo: 'Create a new hold, or spend the credit directly. Prolong a hold before its expiresAt.',
    details: { endedBy: 'expired', endedAt: '2026-01-10T16:19:41.675Z' },
  },
  PUBLIC_CREDIT_REFUND_TOO_LARGE: {
    status: 409,
    message: 'Not that much is left to undo.',
    description:
      'A refund gives back at most what is left of its transaction, a void takes what is still there.',
    whatToDo:
      'Ask for at most refundable, or leave the amount out for all that is left. A void with debt: true also takes what was used, as debt.',
    details: { refundable: 40 },
  },
  PUBLIC_CREDIT_BATCH_NOT_APPLIED: {
    status: 409,
    message: 'Batch was not applied.',
    description: 'Another spend of this atomic batch was refused, so none of them was done.',
    whatToDo:
      'Look at the results of the others, mend what they name, and send the batch again with new idempotency keys: where one was refused with 402, 403 or 409, the old keys replay that for all of them.',
  },
  PUBLIC_CUSTOMER_HAS_CREDIT: {
    status: 409,
    message: 'Customer still has credit.',
    description:
      'A customer with a balance, a debt or an open hold is not erased unless that is written off, nor while an order is being paid or cancelled.',
    whatToDo:
      'Let the credit be used, refund it, or send writeOff: true with the reason; on the command line --write-off. Where all figures are 0, an order is under way: try again in a minute.',
    details: { creditBalance: 410, held: 0, debt: 0 },
  },
  PUBLIC_ORDER_IS_CANCELLED: {
    status: 409,
    message: 'Order is cancelled.',
    description: 'An order that was cancelled cannot be paid.',
    whatToDo: 'Create a new order.',
  },
  PUBLIC_CREDIT_TOO_LARGE: {
    status: 409,
    message: 'Credit would become too large.',
    description: 'A balance, a debt, a sum of money or a limited month may not go beyond 6,000,000,000.',
    whatToDo: 'Use a smaller amount.',
  },
  PUBLIC_CREDIT_LIMIT_REACHED: {
    status: 402,
    message: 'Monthly limit is reached.',
    description: 'This would take the customer above the hard limit of the month. Nothing was deducted.',
    whatToDo: 'Wait until resetsAt, ask for less, or let an operator raise the limit.',
    details: { limit: 1000, used: 950, held: 0, resetsAt: '2026-02-01T00:00:00.000Z' },
  },
  PUBLIC_CREDIT_IS_NOT_SUFFICIENT: {
    status: 402,
    message: 'Credit is not sufficient.',
    description: 'The customer has less available credit than this needs. Nothing was deducted.',
    whatToDo: CREDIT_HINT,
    details: { creditBalance: 10, held: 0, available: 10, required: 100, shortBy: 90 },
  },
  INTERNAL_ERROR: {
    status: 500,
    message: 'Internal error.',
    description: 'Something went wrong on our side. Nothing has happened to any credit.',
    whatToDo: 'Try again. If it stays, look for the requestId in the log of the server.',
    details: { outcome: 'none' },
  },
  INTERNAL_OVERLOADED: {
    status: 503,
    message: 'Service is temporarily not available.',
    description: 'The database could not be reached in time. Nothing has happened.',
    whatToDo: 'Wait for as many seconds as the Retry-After header says, then send the request again.',
    details: { outcome: 'none' },
  },
  PUBLIC_OUTCOME_IS_UNKNOWN: {
    status: 503,
    message: 'Outcome is unknown.',
    description:
      'The connection to the database was lost while the change was being written. It may have happened.',
    whatToDo:
      'Repeat the request with the same Idempotency-Key. Without one, look up the transactionId, or the holdId, with GET credit-transaction before repeating. A change that is not of credit has no id: look whether it is there.',
    details: { outcome: 'unknown', transactionId: 'HxanU4a1n4El61zx' },
  },
} as const satisfies Record<string, RefusalKind>;

export type RefusalCode = keyof typeof REFUSALS;

/** One fault of a request's members; `pointer` is a JSON pointer into the body, or `/name` of a query parameter. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** Thrown by operations; `details` are the members that stand beside `code`, credits as JSON numbers. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: RefusalCode, details: Readonly<Record<string, unknown>> = {}) {
    super(REFUSALS[code].message);
    this.code = code;
    this.details = details;
  }
}

/** @returns the refusal of a request with these faults; at most 20 are told. */
export function validationFailed(faults: readonly Fault[]): Refusal {
  return new Refusal('INTERNAL_VALIDATION_FAILED', { errors: faults.slice(0, 20) });
}

/** @returns the published error envelope as JSON text, the one form in which a refusal leaves or is kept. */
export function refusalBody(
  code: RefusalCode,
  requestId: string,
  details: Readonly<Record<string, unknown>> = {},
): string {
  const { message, description } = REFUSALS[code];
  const fixed = { code, message, description, requestId };
  return JSON.stringify({ success: false, error: { ...fixed, ...details } });
}
