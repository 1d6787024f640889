import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import {
  type Fault,
  REFUSALS,
  Refusal,
  type RefusalCode,
  refusalBody,
  validationFailed,
} from '../refusals.ts';
import { CommitInDoubtError } from '../store/database.ts';
import { requestFaults } from './authenticate.ts';
import { faultsOf } from './faults.ts';
import { InvalidJson } from './parse-json.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What a caller should wait before it tries again, in seconds, while the database is away. */
const RETRY_AFTER_OVERLOAD = 1;

const MALFORMED = 'PUBLIC_REQUEST_IS_NOT_VALID_JSON';

/** Fastify's own refusals of a body, before our schemas see it. */
const FRAMEWORK_CODES: Readonly<Record<string, RefusalCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PUBLIC_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'PUBLIC_MEDIA_TYPE_NOT_SUPPORTED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: MALFORMED,
  FST_ERR_BAD_URL: 'INTERNAL_RESOURCE_NOT_FOUND',
  FST_ERR_MAX_PARAM_LENGTH: 'INTERNAL_RESOURCE_NOT_FOUND',
};

/**
 * Answers anything that was thrown: a refusal as itself, all else as a fault of ours that tells nothing.
 *
 * @param send how it is told, in the published shape unless given.
 */
export function createErrorHandler(log: Logger, send = sendRefusal) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const refusal = refusalOf(error, request);
    const isOurs = refusal.code === 'INTERNAL_ERROR' || refusal.code === 'INTERNAL_OVERLOADED';
    if (isOurs || error instanceof CommitInDoubtError) {
      const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
      const level = refusal.code === 'INTERNAL_ERROR' ? 'error' : 'warn';
      log[level]({ err: error, requestId: request.id, route }, 'a request failed');
    }
    send(request, reply, refusal);
  };
}

/** Answers a refusal in the one published shape. */
export function sendRefusal(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): void {
  const { status } = REFUSALS[refusal.code];
  request.refusalCode = refusal.code;
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (refusal.code === 'INTERNAL_OVERLOADED') reply.header('retry-after', RETRY_AFTER_OVERLOAD);
  // Fastify closes the connection after any fault of a body; ours was read to its end.
  if (refusal.code === MALFORMED && reply.hasHeader('connection')) reply.removeHeader('connection');
  reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .send(refusalBody(refusal.code, request.id, refusal.details));
}

/** @returns the refusal that says what was thrown. */
export function refusalOf(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return withRequestFaults(error, request);
  if (error instanceof InvalidJson) return new Refusal(MALFORMED, { reason: error.message });
  if (error instanceof CommitInDoubtError) {
    return new Refusal('PUBLIC_OUTCOME_IS_UNKNOWN', { outcome: 'unknown' });
  }
  if (isUnreachable(error)) return new Refusal('INTERNAL_OVERLOADED', { outcome: 'none' });
  const { validation, code, statusCode } = membersOf(error);
  if (Array.isArray(validation)) {
    const faults = faultsOf(validation);
    return validationFailed([...faults, ...moreFaults(request, faults), ...requestFaults(request)]);
  }
  const known = typeof code === 'string' ? FRAMEWORK_CODES[code] : undefined;
  if (known !== undefined && known !== MALFORMED) return new Refusal(known);
  // What else Fastify calls the client's fault is a body that ended early.
  if (known === MALFORMED || statusCode === 400)
    return new Refusal(MALFORMED, { reason: 'the body is not as long as Content-Length says' });
  return new Refusal('INTERNAL_ERROR', { outcome: 'none' });
}

/** What a schema cannot say of a member is told together with what it says of others. */
function moreFaults({ routeOptions, body }: FastifyRequest, faults: readonly Fault[]): readonly Fault[] {
  const find = routeOptions.config.moreFaults;
  // Without a body that is an object there are no members to look at.
  if (find === undefined || faults.some(({ pointer }) => pointer === '')) return [];
  const refused = new Set(faults.map(({ pointer }) => pointer.split('/')[1]));
  return find(Object.fromEntries(Object.entries(Object(body)).filter(([name]) => !refused.has(name))));
}

/** Faults found outside the schema stand beside those within: all faults, in one answer. */
function withRequestFaults(refusal: Refusal, request: FastifyRequest): Refusal {
  if (refusal.code !== 'INTERNAL_VALIDATION_FAILED' || !Array.isArray(refusal.details.errors)) return refusal;
  const faults: Fault[] = refusal.details.errors;
  const more = requestFaults(request).filter((fault) => !faults.includes(fault));
  return more.length === 0 ? refusal : validationFailed([...faults, ...more]);
}

function membersOf(error: unknown): { validation?: unknown; code?: unknown; statusCode?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
]);

/**
 * SQLSTATEs of a database that cannot serve us now: connection lost, resources used up (a full disk, too many
 * connections), cancelled or timed out, shutting down or starting, a standby that only reads, input and output.
 */
const UNAVAILABLE_STATE = /^(08...|53...|57...|58030|55P03|25006|25P0[34]|40001|40P01)$/;

/** The pool and the client of `pg` have no codes for these. */
const POOL_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Query read timeout|Cannot use a pool after calling end/;

/** @returns whether this error says that the database could not be reached or could not serve us in time. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall }: NodeJS.ErrnoException = error;
  if (typeof code === 'string') {
    if (SOCKET_CODES.has(code) || UNAVAILABLE_STATE.test(code)) return true;
    // A unix socket that is not there.
    if (code === 'ENOENT' || code === 'EACCES') return syscall === 'connect';
  }
  return POOL_MESSAGES.test(error.message) || isUnreachable(error.cause);
}
