import { type Attempted, attemptOnce, type PreparedRequest } from './attempt.ts';
import {
  type Failure,
  type FailureReason,
  PurserOutcomeUnknown,
  PurserUnreachable,
  type Traces,
} from './failures.ts';
import { type CallOptions, checkWhole, type Settings } from './options.ts';
import { PurserRefusal, type RefusalCode, type RefusalError, readRefusal } from './refusals.ts';

/** A call as it goes through all its attempts. */
export interface PreparedCall {
  readonly request: PreparedRequest;
  /** Whether it changes something: an attempt of which nothing is known may then have happened. */
  readonly changes: boolean;
  /** Whether it may be repeated after such an attempt: it reads only, or has a key that makes twice the same as once. */
  readonly repeatable: boolean;
  readonly traces: Traces;
  /** Says of an answer with 200 that asking again may tell more. */
  readonly isUnsettled?: (body: Record<string, unknown>) => boolean;
}

/** What to do after an attempt. */
type Verdict =
  | { readonly kind: 'answer'; readonly body: Record<string, unknown> }
  | {
      readonly kind: 'again' | 'give-up';
      /** Whether this attempt may have changed something. */
      readonly uncertain: boolean;
      readonly failure: Omit<Failure, 'call'>;
      readonly refusal?: { readonly error: RefusalError; readonly thrown: PurserRefusal };
      readonly retryAfterMs?: number | undefined;
      readonly body?: Record<string, unknown>;
    };

/**
 * Sends a call until it is answered or may not be repeated.
 *
 * @throws PurserRefusal, PurserUnreachable, PurserOutcomeUnknown, or the reason of a signal that ended it in time.
 */
export async function call(
  settings: Settings,
  prepared: PreparedCall,
  options: CallOptions = {},
): Promise<Record<string, unknown>> {
  const { signal } = options;
  const timeoutMs = checkWhole('timeoutMs', options.timeoutMs ?? settings.timeoutMs, 1);
  const maxAttempts = checkWhole('maxAttempts', options.maxAttempts ?? settings.maxAttempts, 1);
  /** The last attempt that may have happened, unless the doubt is over. */
  let doubt: Doubt | undefined;
  let { traces } = prepared;
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw ended(prepared.request, doubt && traces, signal.reason);
    const verdict = judge(prepared, await attemptOnce(settings, prepared.request, { timeoutMs, signal }));
    if (verdict.kind === 'answer') return verdict.body;
    doubt = doubtAfter(verdict, doubt);
    traces = { ...traces, ...idsIn(verdict.refusal?.error) };
    const waitMs = waitBefore(settings, attempt, verdict.retryAfterMs);
    const mayRepeat = verdict.kind === 'again' && (!doubt || prepared.repeatable);
    if (!mayRepeat || attempt >= maxAttempts || waitMs === undefined) {
      if (verdict.body) return verdict.body;
      throw giveUp(prepared.request, verdict, doubt && { doubt, traces });
    }
    await wait(waitMs, signal);
  }
}

function judge(prepared: PreparedCall, attempted: Attempted): Verdict {
  if (attempted.kind === 'failed') return judgeFailure(prepared, attempted.reason, attempted.cause);
  const { status, requestId, retryAfterMs } = attempted;
  const refusal = attempted.kind === 'answer' ? readRefusal(attempted.body) : undefined;
  if (attempted.kind === 'unreadable' || (status !== 200 && !refusal)) {
    const cause = attempted.kind === 'unreadable' ? attempted.cause : undefined;
    const failure = { reason: 'unreadable-answer', status, requestId, cause } as const;
    // A proxy's 5xx may hide a change that was done; its 4xx says that it was not passed on, but for a late one.
    const passedOn = status < 300 || status >= 500 || status === 408;
    const again = passedOn || status === 429;
    const uncertain = passedOn && prepared.changes;
    return { kind: again ? 'again' : 'give-up', uncertain, failure, retryAfterMs };
  }
  if (!refusal) return judgeAnswer(prepared, attempted);
  const thrown = new PurserRefusal(refusal, { status, requestId: refusal.requestId, retryAfterMs });
  const told = refusal.code === 'PUBLIC_OUTCOME_IS_UNKNOWN';
  return {
    kind: told || status === 429 || status >= 500 ? 'again' : 'give-up',
    uncertain: told && prepared.changes,
    failure: { reason: 'told-by-purser', status, requestId: refusal.requestId, cause: thrown },
    refusal: { error: refusal, thrown },
    retryAfterMs,
  };
}

function judgeAnswer(prepared: PreparedCall, answer: Attempted & { readonly kind: 'answer' }): Verdict {
  const { body, status, requestId, retryAfterMs } = answer;
  if (!prepared.isUnsettled?.(body)) return { kind: 'answer', body };
  const failure = { reason: 'told-by-purser', status, requestId } as const;
  return { kind: 'again', uncertain: false, failure, retryAfterMs, body };
}

function judgeFailure(prepared: PreparedCall, reason: FailureReason, cause: unknown): Verdict {
  return {
    kind: reason === 'aborted' ? 'give-up' : 'again',
    uncertain: prepared.changes && reason !== 'not-connected',
    failure: { reason, cause },
  };
}

/** Refusals that Purser keeps under the key, so that they speak of the first attempt as well. */
const DECIDED = new Set<RefusalCode>([
  'PUBLIC_CUSTOMER_IS_BANNED',
  'PUBLIC_CREDIT_HOLD_HAS_ENDED',
  'PUBLIC_CREDIT_REFUND_TOO_LARGE',
  'PUBLIC_ORDER_IS_CANCELLED',
  'PUBLIC_CREDIT_TOO_LARGE',
  'PUBLIC_CREDIT_LIMIT_REACHED',
  'PUBLIC_CREDIT_IS_NOT_SUFFICIENT',
]);

type NoAnswer = Exclude<Verdict, { kind: 'answer' }>;
type Doubt = NoAnswer['failure'];

/**
 * After an attempt that may have happened, only a decision on its key ends the doubt: that a later attempt was not
 * let in (a key that ended, too many requests) says nothing of the first.
 */
function doubtAfter({ uncertain, failure, refusal }: NoAnswer, before: Doubt | undefined): Doubt | undefined {
  if (uncertain) return failure;
  return refusal && DECIDED.has(refusal.error.code) ? undefined : before;
}

/** @param open what may have happened, and why that is not known; undefined where nothing has. */
function giveUp(
  request: PreparedRequest,
  { failure, refusal }: NoAnswer,
  open: { readonly doubt: Doubt; readonly traces: Traces } | undefined,
): unknown {
  const name = nameOf(request);
  if (open) {
    // Why it is not known, and beside it what kept the last attempt from finding out.
    const told = { call: name, ...open.doubt, cause: failure.cause ?? open.doubt.cause };
    return new PurserOutcomeUnknown(told, open.traces);
  }
  if (failure.reason === 'aborted') return failure.cause;
  return refusal?.thrown ?? new PurserUnreachable({ call: name, ...failure });
}

/** What a call throws that the caller has ended between two attempts. */
function ended(request: PreparedRequest, traces: Traces | undefined, cause: unknown): unknown {
  if (!traces) return cause;
  return new PurserOutcomeUnknown({ call: nameOf(request), reason: 'aborted', cause }, traces);
}

function idsIn(error: RefusalError | undefined): Pick<Traces, 'transactionId' | 'holdId'> {
  if (error?.code !== 'PUBLIC_OUTCOME_IS_UNKNOWN') return {};
  const { transactionId, holdId } = error;
  return { transactionId, holdId };
}

/** The query is left out: it may hold an identityId. */
function nameOf({ method, target }: PreparedRequest): string {
  return `${method} ${target.split('?', 1)[0]}`;
}

/**
 * Waits grow, and differ by chance, so that callers that failed together do not come back together.
 *
 * @returns milliseconds, or undefined where the server asks for a longer wait than the client shall take.
 */
function waitBefore(settings: Settings, attempt: number, retryAfterMs = 0): number | undefined {
  const { backoffMs, maxWaitMs } = settings;
  if (retryAfterMs > maxWaitMs) return undefined;
  const grown = Math.min(maxWaitMs, backoffMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  return retryAfterMs > 0 ? retryAfterMs + grown / 2 : grown;
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
    if (signal?.aborted) finish();
  });
}
