import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../refusals.ts';
import type { AllowedMethods } from './allowed-methods.ts';

/** A body may have this many bytes. */
export const BODY_LIMIT = 64 * 1024;

/** Node drops or joins a second one of these silently; two could mean two things to a proxy and to us. */
const AT_MOST_ONCE: Readonly<Record<number, string>> = {
  4: 'host',
  13: 'authorization',
  15: 'idempotency-key',
};

/** @throws Refusal for a request whose headers or framing we do not serve, before its body is read. */
export function guardRequest(request: FastifyRequest, reply: FastifyReply, allowed: AllowedMethods): void {
  if (request.is404) refuseRoute(request, reply, allowed);
  const { headers, rawHeaders } = request.raw;
  const length = Number(headers['content-length'] ?? 0);
  if (length > BODY_LIMIT && length > request.routeOptions.bodyLimit) {
    // What follows would have to be read only to be thrown away.
    reply.header('connection', 'close');
    throw new Refusal('PUBLIC_BODY_TOO_LARGE');
  }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    throw new Refusal('PUBLIC_MEDIA_TYPE_NOT_SUPPORTED');
  if (headers.host === undefined && request.raw.httpVersion !== '1.0')
    throw malformed('the header Host is missing');
  if (headers.upgrade !== undefined && isUpgrade(headers.upgrade))
    throw malformed('another protocol is asked for with the header Upgrade');
  if (hasDuplicates(rawHeaders))
    throw malformed('a header Host, Authorization or Idempotency-Key is there twice');
}

function refuseRoute(request: FastifyRequest, reply: FastifyReply, allowed: AllowedMethods): never {
  const methods = allowed.of(request.url);
  if (methods === undefined) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  reply.header('allow', methods);
  throw new Refusal('PUBLIC_METHOD_NOT_ALLOWED');
}

/** Some clients offer HTTP/2 with every first request; to go on in HTTP/1.1 is the answer that refuses it. */
function isUpgrade(upgrade: string): boolean {
  return upgrade.trim().toLowerCase() !== 'h2c';
}

function hasDuplicates(rawHeaders: readonly string[]): boolean {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const single = AT_MOST_ONCE[name.length];
    if (single === undefined || name.toLowerCase() !== single) continue;
    const bit = 1 << name.length;
    if ((seen & bit) !== 0) return true;
    seen |= bit;
  }
  return false;
}

function malformed(reason: string): Refusal {
  return new Refusal('PUBLIC_REQUEST_IS_NOT_VALID_JSON', { reason });
}
