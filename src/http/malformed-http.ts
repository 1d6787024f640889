import type { Duplex } from 'node:stream';
import { refusalBody } from '../refusals.ts';

/** Where HTTP has a status of its own for what Node's parser refuses. */
const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  CONNECT: '405 Method Not Allowed',
};

const REASONS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'the headers are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
};

/** Answers what is no HTTP request that a route could see, in the published shape, and ends the connection. */
export function answerMalformedHttp(
  error: { readonly code?: string },
  socket: Duplex,
  requestId: string,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const isConnect = error.code === 'CONNECT';
  const reason = REASONS[error.code ?? ''] ?? 'this is no HTTP request';
  const body = isConnect
    ? refusalBody('PUBLIC_METHOD_NOT_ALLOWED', requestId)
    : refusalBody('PUBLIC_REQUEST_IS_NOT_VALID_JSON', requestId, { reason });
  const lines = [
    `HTTP/1.1 ${STATUS_LINES[error.code ?? ''] ?? '400 Bad Request'}`,
    ...(isConnect ? ['Allow: GET, POST'] : []),
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ];
  socket.end(lines.join('\r\n'));
}
