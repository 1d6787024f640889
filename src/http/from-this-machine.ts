import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

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

/** @returns whether a host, with or without a port, is a name of this machine itself. */
export function isLoopbackHost(host: string): boolean {
  const [, name = ''] = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host) ?? [];
  return name.toLowerCase() === 'localhost' || isLoopback(name.replace(/^\[|\]$/g, ''));
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
