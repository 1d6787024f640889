import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../ip/loopback.ts';

/** What proxies add. One on this machine connects from loopback as well: what it forwards is not local. */
const FORWARDED = [
  'x-forwarded-for',
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
];

/** @returns whether a request comes from a loopback address, and no proxy says that it forwards it. */
export function isFromThisMachine({ headers, socket }: FastifyRequest): boolean {
  return FORWARDED.every((name) => headers[name] === undefined) && isLoopback(socket.remoteAddress ?? '');
}
