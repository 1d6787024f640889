import type { FailureReason } from './failures.ts';
import type { Settings } from './options.ts';
import { isObject, type Received } from './refusals.ts';

/** A request as it is sent, the same at each attempt. */
export interface PreparedRequest {
  readonly method: 'GET' | 'POST';
  /** Below /api/v1/, with its query. */
  readonly target: string;
  readonly body: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** What came of one attempt. */
export type Attempted =
  | ({ readonly kind: 'answer'; readonly body: Record<string, unknown> } & Received)
  | ({ readonly kind: 'unreadable'; readonly cause: unknown } & Received)
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly cause: unknown };

/** Sends a request once. It never throws: what goes wrong is what came of it. */
export async function attemptOnce(
  settings: Settings,
  request: PreparedRequest,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Attempted> {
  const ending = new AbortController();
  const passOn = () => ending.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    ending.abort();
  }, timeoutMs);
  signal?.addEventListener('abort', passOn, { once: true });
  if (signal?.aborted) passOn();
  try {
    const response = await settings.fetch(`${settings.apiUrl}/${request.target}`, {
      method: request.method,
      headers: headersOf(settings, request),
      // Purser never redirects, and a key must not be carried to another place.
      redirect: 'manual',
      signal: ending.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    const text = await response.text();
    return read(response, text);
  } catch (cause) {
    if (signal?.aborted) return { kind: 'failed', reason: 'aborted', cause: signal.reason };
    if (isLate) return { kind: 'failed', reason: 'time-out', cause };
    return { kind: 'failed', reason: isBeforeSending(cause) ? 'not-connected' : 'connection-lost', cause };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', passOn);
  }
}

function headersOf(settings: Settings, { body, idempotencyKey }: PreparedRequest): Record<string, string> {
  return {
    ...settings.headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': quoteKey(idempotencyKey) }),
  };
}

/** A key that begins with a quote would be read as a quoted one, so it is quoted itself. */
export function quoteKey(key: string): string {
  return key.startsWith('"') ? `"${key.replace(/["\\]/g, '\\$&')}"` : key;
}

function read(response: Response, text: string): Attempted {
  const received: Received = {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? '',
    retryAfterMs: readRetryAfter(response.headers.get('retry-after'), Date.now()),
  };
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return { kind: 'answer', body, ...received };
    return { kind: 'unreadable', cause: new TypeError('The answer is no JSON object.'), ...received };
  } catch (cause) {
    return { kind: 'unreadable', cause, ...received };
  }
}

/** @returns milliseconds; a Retry-After is seconds or a date. */
export function readRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** @returns whether the connection was never there; of anything in doubt it says no. */
function isBeforeSending(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as { readonly code?: unknown; readonly syscall?: unknown };
  if (typeof code === 'string' && NEVER_SENT.has(code)) return true;
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  // fetch goes to no port of the list of the Fetch standard, such as 9.
  if (error.message === 'bad port') return true;
  // A name with several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isBeforeSending);
  return isBeforeSending(error.cause);
}
