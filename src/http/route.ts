import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from 'fastify';
import type { DecidedAnswer, RequestContext } from '../operations/services.ts';
import { validationFailed } from '../refusals.ts';
import { IDEMPOTENCY_KEY_FAULT, readIdempotencyKey } from './idempotency-key.ts';

/** The app that routes are added to; their schemas give their handlers' types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** @returns what an operation needs to know of the request; refuses an Idempotency-Key that is none (422). */
export function contextOf(request: FastifyRequest): RequestContext {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return { requestId: request.id };
  const idempotencyKey = readIdempotencyKey(String(header));
  if (idempotencyKey === undefined) throw validationFailed([IDEMPOTENCY_KEY_FAULT]);
  return { requestId: request.id, idempotencyKey };
}

/** Sends a decided answer as it was decided, byte for byte. */
export function sendDecided(request: FastifyRequest, reply: FastifyReply, answer: DecidedAnswer): void {
  if (answer.replayed) reply.header('idempotency-replayed', 'true');
  if (answer.status >= 400) request.refusalCode = codeOf(answer.body);
  // As on a refusal that was thrown: an ended session and an unknown one look the same.
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer');
  reply.code(answer.status).header('content-type', 'application/json; charset=utf-8').send(answer.body);
}

/** Answers with what an operation decides, or has thrown. Callbacks instead of await: where credit is spent a tick counts. */
export function answerDecided(
  request: FastifyRequest,
  reply: FastifyReply,
  decided: Promise<DecidedAnswer>,
): void {
  decided.then(
    (answer) => sendDecided(request, reply, answer),
    (error: unknown) => void reply.send(error instanceof Error ? error : new Error(String(error))),
  );
}

function codeOf(body: string): string {
  return /"code":"([A-Z_]+)"/.exec(body)?.[1] ?? '';
}
